"""The sandbox's endpoints: Sheets v4, and as much of Drive v3 as making and finding a spreadsheet takes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from syncengine.testing.loopback import Answer, Loopback, Request
from syncengine_sheets.sandbox import values
from syncengine_sheets.sandbox.batch import Batch
from syncengine_sheets.sandbox.drive import drive
from syncengine_sheets.sandbox.grid import Tab
from syncengine_sheets.sandbox.people import Hands
from syncengine_sheets.sandbox.requests import matches
from syncengine_sheets.sandbox.showing import masked, spreadsheet_of, value_range
from syncengine_sheets.sandbox.spreadsheet import Refusal, Spreadsheet, invalid

Said = dict[str, Any]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Sandbox(Loopback):
    """A stand-in for Google Sheets, over real HTTP on this machine. Use it as a context manager.

    `api_endpoint = sandbox.address` and `credentials = "token:env:…"` with any token (or `token`, if that is set) in a config
    lead to it. Formulas are kept but not calculated; what people's formulas show is told by `Hands.compute`.
    """

    def __init__(
        self, seed: int = 1, now: Callable[[], datetime] = lambda: datetime(2026, 3, 2, 9, tzinfo=UTC)
    ) -> None:
        super().__init__(self._handle)
        self.now = now
        self.files: dict[str, Spreadsheet] = {}
        self.token: str | None = None
        """The only token that is let in; `None`: any."""
        self.private: set[str] = set()
        """Files that are not shared with us: 403."""
        self.office: set[str] = set()
        """Files that are .xlsx in Drive: 400."""
        self.storage = True
        """Whether we may create files: a service account may not."""
        self.per_minute: int | None = None
        """How many reads and how many writes a minute are let through."""
        self.inspect: Callable[[Request, Answer], None] = lambda _request, _answer: None
        """Sees every request with its answer, for tests that check the contract."""
        self._ids = random.Random(seed)  # noqa: S311 - ids of a test
        self._used: dict[tuple[str, int], int] = {}

    # -- what tests and demos do without HTTP

    def make(
        self, title: str = "Untitled spreadsheet", *, locale: str = "en_US", time_zone: str = "Etc/GMT"
    ) -> Spreadsheet:
        """A new spreadsheet with one blank tab."""
        id = "1" + "".join(self._ids.choice(_LETTERS) for _ in range(43))
        made = Spreadsheet(id, title, locale, time_zone, [Tab(0, "Sheet1", 0)])
        self.files[id] = made
        return made

    def hands(self, sheet: Spreadsheet, title: str) -> Hands:
        """Somebody's hands on a tab."""
        return Hands(sheet, title)

    # -- HTTP

    def _handle(self, request: Request) -> Answer:
        answer = self._answer(request)
        self.inspect(request, answer)
        return answer

    def _answer(self, request: Request) -> Answer:
        try:
            self._let_in(request)
            body = self._route(request)
        except Refusal as refusal:
            return Answer(refusal.code, refusal.body)
        if body is None:
            return Answer(204)
        fields = _query(request).get("fields", "")
        return Answer(200, masked(body, fields))

    def _let_in(self, request: Request) -> None:
        token = request.headers.get("authorization", "")
        if not token.startswith("Bearer ") or (self.token is not None and token != f"Bearer {self.token}"):
            raise Refusal(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED")
        if self.per_minute is None or not request.path.startswith("/v4/"):
            return
        kind = "Read" if _method(request) == "GET" else "Write"
        key = (kind, int(self.now().timestamp() // 60))
        self._used[key] = self._used.get(key, 0) + 1
        if self._used[key] > self.per_minute:
            message = (f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute per user' "
                       "of service 'sheets.googleapis.com' for consumer 'project_number:1'.")  # fmt: skip
            info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
                    "metadata": {"quota_limit_value": str(self.per_minute), "service": "sheets.googleapis.com"}}  # fmt: skip
            raise Refusal(429, message, "RESOURCE_EXHAUSTED", details=[info])

    def _route(self, request: Request) -> Any:
        method, path = _method(request), request.path
        if path.startswith("/drive/v3/files"):
            return drive(self, method, path, _query(request), _body(request))
        if path == "/v4/spreadsheets" and method == "POST":
            return self._create(request.json or {})
        found = re.fullmatch(
            r"/v4/spreadsheets/([^/:]+)(?::(\w+)|/values(?:/([^/]+?))?(?::(append|clear|batchGet|batchGetByDataFilter|batchUpdate|batchClear))?|/developerMetadata:(search))?",
            path,
        )
        if not found:
            raise Refusal(404, f"Not found: {path}", "NOT_FOUND")
        sheet = self.file(found[1])
        if "/values" in path:
            return self._values(method, sheet, unquote(found[3] or ""), found[4] or "", request)
        if found[5]:
            return self._search(sheet, request.json or {})
        if found[2] == "batchUpdate":
            return self._batch(sheet, request.json or {})
        if found[2] == "getByDataFilter":
            areas = [values.area_of(sheet, one) for one in (request.json or {}).get("dataFilters", [])]
            return spreadsheet_of(sheet, areas, "data" in _query(request).get("fields", ""))
        if found[2] is None and method == "GET":
            query = _query(request)
            ranges = _all(request, "ranges")
            fields = query.get("fields", "")
            grid = "data" in fields if fields else query.get("includeGridData", "").lower() == "true"
            return spreadsheet_of(sheet, [sheet.resolve(one) for one in ranges] if ranges else None, grid)
        raise Refusal(404, f"Not found: {path}", "NOT_FOUND")

    def file(self, id: str) -> Spreadsheet:
        """The spreadsheet with this id. Raises `Refusal`."""
        if id in self.private:
            raise Refusal(403, "The caller does not have permission", "PERMISSION_DENIED")
        if id in self.office:
            raise Refusal(400, "This operation is not supported for this document", "FAILED_PRECONDITION")
        if id not in self.files:
            raise Refusal(404, "Requested entity was not found.", "NOT_FOUND")
        return self.files[id]

    def _create(self, said: Said) -> Said:
        self.may_create()
        about = said.get("properties", {})
        made = self.make(
            about.get("title", "Untitled spreadsheet"),
            locale=about.get("locale", "en_US"),
            time_zone=about.get("timeZone", "Etc/GMT"),
        )
        if said.get("sheets"):
            made.tabs.clear()
            Batch(made, self._ids).apply(
                [{"addSheet": {"properties": one.get("properties", {})}} for one in said["sheets"]]
            )
        return spreadsheet_of(made, None, grid=False)

    def may_create(self) -> None:
        """Raises `Refusal` where there is no storage."""
        if not self.storage:
            message = "Service Accounts do not have storage quota. Leverage shared drives, or use OAuth delegation instead."
            raise Refusal(403, message, "PERMISSION_DENIED", errors=[
                {"message": message, "domain": "usageLimits", "reason": "storageQuotaExceeded"}])  # fmt: skip

    def _batch(self, sheet: Spreadsheet, said: Said) -> Said:
        if not said.get("requests"):
            raise invalid("Must specify at least one request.")
        found: Said = {"spreadsheetId": sheet.id, "replies": Batch(sheet, self._ids).apply(said["requests"])}
        if said.get("includeSpreadsheetInResponse"):
            ranges = [sheet.resolve(one) for one in said.get("responseRanges", [])]
            found["updatedSpreadsheet"] = spreadsheet_of(sheet, ranges or None, grid=True)
        return found

    def _search(self, sheet: Spreadsheet, said: Said) -> Said:
        lookups = [
            one["developerMetadataLookup"]
            for one in said.get("dataFilters", [])
            if "developerMetadataLookup" in one
        ]
        hits = [
            {"developerMetadata": m} for m in sheet.metadata if any(matches(m, lookup) for lookup in lookups)
        ]
        return {"matchedDeveloperMetadata": hits} if hits else {}

    def _values(self, method: str, sheet: Spreadsheet, text: str, action: str, request: Request) -> Said:
        query = _query(request)
        if action == "batchGet":
            return {
                "spreadsheetId": sheet.id,
                "valueRanges": [value_range(sheet, one, query) for one in _all(request, "ranges")],
            }
        if action == "batchGetByDataFilter":
            return {
                "spreadsheetId": sheet.id,
                "valueRanges": values.by_filter(sheet, request.json or {}),
            }
        if action == "batchUpdate":
            sheet.version += 1
            return values.batch_update(sheet, request.json)
        if action == "batchClear":
            cleared = [values.clear(sheet, one) for one in request.json.get("ranges", [])]
            return {"spreadsheetId": sheet.id, "clearedRanges": cleared}
        if action == "append":
            return values.append(sheet, request.json, query, text)
        if action == "clear":
            return {"spreadsheetId": sheet.id, "clearedRange": values.clear(sheet, text)}
        if method == "PUT":
            return values.update(sheet, request.json, query, text)
        return value_range(sheet, text, query)


def _method(request: Request) -> str:
    """The method that is meant: long reads come as a POST that says it is a GET."""
    return request.headers.get("x-http-method-override", request.method)


def _parameters(request: Request) -> dict[str, list[str]]:
    if request.headers.get("x-http-method-override") == "GET":
        return parse_qs(request.body.decode(), keep_blank_values=True)
    return dict(request.query)


def _query(request: Request) -> dict[str, str]:
    return {name: found[-1] for name, found in _parameters(request).items()}


def _all(request: Request, name: str) -> list[str]:
    return _parameters(request).get(name, [])


def _body(request: Request) -> Said:
    return (request.json or {}) if request.method in ("POST", "PATCH") else {}
