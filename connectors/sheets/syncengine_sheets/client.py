"""The wire: the few calls that the connector makes, each by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from syncengine_google.calls import Caller, shared_bucket
from syncengine_google.credentials import SignIn, identity
from syncengine_google.session import Session
from syncengine_sheets import a1

SCOPES = ("https://www.googleapis.com/auth/drive.file", "https://www.googleapis.com/auth/spreadsheets")
OWN_FILES = SCOPES[:1]
"""Enough for a spreadsheet that we create ourselves; the narrowest right there is, so it is asked for first."""
READS_A_MINUTE = WRITES_A_MINUTE = 60
"""Quota of one user in one project (sheets.md, 7)."""
MIME = "application/vnd.google-apps.spreadsheet"
_LIGHT = (
    "spreadsheetId,properties(title,locale,timeZone),developerMetadata,sheets(properties,developerMetadata,"
    "bandedRanges(bandedRangeId,range),basicFilter(range),charts(chartId),protectedRanges(protectedRangeId),"
    "data(startColumn,columnMetadata(developerMetadata)))"
)
_CELLS = (
    "spreadsheetId,properties(locale),sheets(properties(sheetId,title,gridProperties),"
    "data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue,note,effectiveFormat(numberFormat))),"
    "columnMetadata(developerMetadata)))"
)
_WHOLE = (
    "spreadsheetId,properties(locale),developerMetadata,sheets(properties(sheetId,title,gridProperties),developerMetadata,"
    "data(startRow,startColumn,rowData(values(effectiveValue)),columnMetadata(developerMetadata)))"
)
_AFTER = (
    "replies,updatedSpreadsheet(sheets(properties(sheetId),"
    "data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue)))))"
)

Said = dict[str, Any]


class Range(NamedTuple):
    """One range of an answer."""

    title: str
    """Of its tab."""
    bottom: int
    """The row below it: of a whole tab, how many rows the grid has."""
    right: int
    rows: list[list[Any]]
    """Ragged, without trailing blanks."""


@dataclass
class Values:
    """An answer to a read of values."""

    content: bytes
    digest: str
    _ranges: list[Range] | None = None

    def ranges(self) -> list[Range]:
        """Taken apart. Raises `ValueError` for half an answer."""
        if self._ranges is None:
            said = orjson.loads(self.content).get("valueRanges", [])
            self._ranges = [_range(one) for one in said]
        return self._ranges

    def rows(self) -> list[list[list[Any]]]:
        """The rows of each range."""
        return [one.rows for one in self.ranges()]


def _range(said: Said) -> Range:
    area = a1.parse(said["range"])
    return Range(area.title or "", area.bottom or 0, area.right or 0, said.get("values", []))


class Client:
    """One spreadsheet of one identity. Signs in with the first call. Calls raise what `Caller` says."""

    def __init__(self, settings: Mapping[str, Any], where: str, counted: Callable[[], None]) -> None:
        """`counted` is called for every request."""
        how: SignIn = settings["sign_in"]
        scopes = SCOPES if settings.get("spreadsheet") else OWN_FILES
        self.identity = identity(how, scopes, settings["base"])
        self._session = Session(self.identity, settings.get("api_endpoint"))
        whose = f"{self.identity.account} {settings.get('api_endpoint')}"
        limits = {"read": READS_A_MINUTE, "write": WRITES_A_MINUTE}
        buckets = {what: shared_bucket(whose, what, limit) for what, limit in limits.items()}
        self.call = Caller(where, self.identity.who, buckets, counted=counted)
        self._sheets: Any = None

    @property
    def _spreadsheets(self) -> Any:
        if self._sheets is None:
            self._sheets = self._session.service("sheets", "v4").spreadsheets()
        return self._sheets

    @property
    def _files(self) -> Any:
        return self._session.service("drive", "v3").files()

    def structure(self, id: str) -> Said:
        """Titles, sizes and developer metadata of everything; no cells."""
        return self._said(self.call(self._spreadsheets.get(spreadsheetId=id, fields=_LIGHT)))

    def cells(self, id: str, ranges: Sequence[str]) -> Said:
        """What was entered into the cells of some ranges, with formats, notes, and their columns' metadata."""
        return self._said(
            self.call(self._spreadsheets.get(spreadsheetId=id, ranges=list(ranges), fields=_CELLS))
        )

    def values(self, id: str, ranges: Sequence[str]) -> list[list[list[Any]]]:
        """The ranges' rows, unformatted, dates as numbers; ragged, without trailing blanks."""
        return self.read(id, ranges).rows()

    def read(self, id: str, ranges: Sequence[str], known: str = "") -> Values:
        """The same, not yet taken apart where its digest is `known`: then it is what it was.

        Most runs make this call alone, so it does without the client library, whose start takes longer than they do.
        """

        def taken(content: bytes) -> Values:
            values = Values(content, hashlib.blake2b(content, digest_size=16).hexdigest())
            if values.digest != known:
                values.ranges()  # half an answer shows here, and is asked for again
            return values

        query = {"ranges": list(ranges), "valueRenderOption": "UNFORMATTED_VALUE",
                 "dateTimeRenderOption": "SERIAL_NUMBER", "prettyPrint": "false"}  # fmt: skip
        request = self._session.read(f"v4/spreadsheets/{quote(id, safe='')}/values:batchGet", query, taken)
        if request is None:
            request = self._spreadsheets.values().batchGet(
                spreadsheetId=id, **{**query, "prettyPrint": False}
            )
            request.postproc = lambda _response, content: taken(content)
        found: Values = self.call(request)
        return found

    def whole(self, id: str, areas: Sequence[Said]) -> Said:
        """Areas (`GridRange`) of tabs that are named by their ids, whatever they are called now: marks and values in one answer.

        Some three times as long as the values alone.
        """
        body = {"dataFilters": [{"gridRange": area} for area in areas]}
        request = self._spreadsheets.getByDataFilter(spreadsheetId=id, body=body, fields=_WHOLE)
        return self._said(self.call(request, repeatable=True))

    def update(self, id: str, requests: Sequence[Said], ranges: Sequence[str] = ()) -> Said:
        """Carry out the requests, all or none; with `ranges`, what stands there right after. Never repeated: `Doubtful`."""
        body: Said = {"requests": list(requests)}
        if ranges:
            body |= {
                "includeSpreadsheetInResponse": True,
                "responseRanges": list(ranges),
                "responseIncludeGridData": True,
            }
        request = self._spreadsheets.batchUpdate(
            spreadsheetId=id, body=body, fields=_AFTER if ranges else "replies"
        )
        return self._said(self.call(request))

    def made_for(self, key: str, place: str | None) -> list[str]:
        """The spreadsheets that an earlier set-up created under this key or for this place, and that are not in the bin."""
        marks = [("mentorsync", key), *([("mentorsync-place", place)] if place else [])]
        either = " or ".join(
            f"appProperties has {{ key='{name}' and value='{value}' }}" for name, value in marks
        )
        answer = self.call(
            self._files.list(q=f"({either}) and trashed = false", fields="files(id)", spaces="drive")
        )
        return [one["id"] for one in answer.get("files", [])]

    def create(self, title: str, key: str, place: str) -> str:
        """A new spreadsheet in Drive, found again by `made_for`; returns its id. Raises `Doubtful` where it may exist."""
        body = {
            "name": title,
            "mimeType": MIME,
            "appProperties": {"mentorsync": key, "mentorsync-place": place},
        }
        return str(self.call(self._files.create(body=body, fields="id", supportsAllDrives=True))["id"])

    @staticmethod
    def _said(answer: Any) -> Said:
        return answer if isinstance(answer, dict) else {}

    def close(self) -> None:
        """Let go of the connections. May be repeated."""
        self._session.close()
