"""The wire: the few calls that the connector makes, each by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from syncengine_google.calls import Bucket, Caller
from syncengine_google.credentials import SignIn, identity
from syncengine_google.session import Session

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
_AFTER = (
    "replies,updatedSpreadsheet(sheets(properties(sheetId),"
    "data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue)))))"
)

Said = dict[str, Any]


@dataclass
class Values:
    """An answer to `values.batchGet`."""

    content: bytes
    digest: str
    _rows: list[list[list[Any]]] | None = None

    def rows(self) -> list[list[list[Any]]]:
        """The rows of each range. Raises `ValueError` for half an answer."""
        if self._rows is None:
            self._rows = [one.get("values", []) for one in orjson.loads(self.content).get("valueRanges", [])]
        return self._rows


class Client:
    """One spreadsheet of one identity. Signs in with the first call. Calls raise what `Caller` says."""

    def __init__(self, settings: Mapping[str, Any], where: str, counted: Callable[[], None]) -> None:
        """`counted` is called for every request."""
        how: SignIn = settings["sign_in"]
        scopes = SCOPES if settings.get("spreadsheet") else OWN_FILES
        self.identity = identity(how, scopes, settings["base"])
        self._session = Session(self.identity, settings.get("api_endpoint"))
        buckets = {"read": Bucket(READS_A_MINUTE), "write": Bucket(WRITES_A_MINUTE)}
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
        """The same, not yet taken apart where its digest is `known`: then it is what it was."""

        def taken(_response: object, content: bytes) -> Values:
            values = Values(content, hashlib.blake2b(content, digest_size=16).hexdigest())
            if values.digest != known:
                values.rows()  # half an answer shows here, and is asked for again
            return values

        request = self._spreadsheets.values().batchGet(
            spreadsheetId=id, ranges=list(ranges), valueRenderOption="UNFORMATTED_VALUE", dateTimeRenderOption="SERIAL_NUMBER"
        )  # fmt: skip
        request.postproc = taken
        found: Values = self.call(request)
        return found

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
