"""What the sandbox promises beyond the recordings (sheets.md): batches, metadata, locales, quotas, grid limits."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from syncengine_sheets.a1 import Area, cell, letters, number, parse, quoted, shown
from syncengine_sheets.sandbox import Sandbox, Spreadsheet
from syncengine_sheets.sandbox.entering import entered, formatted
from syncengine_sheets.sandbox.formulas import shifted

TOKEN = {"Authorization": "Bearer x"}


class Api:
    def __init__(self, sandbox: Sandbox, sheet: Spreadsheet) -> None:
        self.root = f"{sandbox.address}/v4/spreadsheets/{sheet.id}"

    def batch(self, *said: dict[str, Any], **more: Any) -> requests.Response:
        return requests.post(
            f"{self.root}:batchUpdate", json={"requests": list(said), **more}, headers=TOKEN, timeout=5
        )

    def get(self, text: str, **query: str) -> Any:
        return requests.get(f"{self.root}/values/{text}", params=query, headers=TOKEN, timeout=5).json()

    def put(self, text: str, values: list[list[Any]], option: str = "RAW") -> requests.Response:
        return requests.put(
            f"{self.root}/values/{text}",
            params={"valueInputOption": option},
            json={"values": values},
            headers=TOKEN,
            timeout=5,
        )

    def about(self, fields: str) -> Any:
        return requests.get(self.root, params={"fields": fields}, headers=TOKEN, timeout=5).json()


@pytest.fixture
def sheet(sandbox: Sandbox) -> Spreadsheet:
    return sandbox.make("Test")


@pytest.fixture
def api(sandbox: Sandbox, sheet: Spreadsheet) -> Api:
    return Api(sandbox, sheet)


def mark(value: str, dimension: str, index: int) -> dict[str, Any]:
    place = {"sheetId": 0, "dimension": dimension, "startIndex": index, "endIndex": index + 1}
    said = {
        "metadataKey": "k",
        "metadataValue": value,
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": place},
    }
    return {"createDeveloperMetadata": {"developerMetadata": said}}


def marked(sheet: Spreadsheet) -> dict[str, int]:
    return {m["metadataValue"]: m["location"]["dimensionRange"]["startIndex"] for m in sheet.metadata}


def rows(kind: str, start: int, end: int) -> dict[str, Any]:
    return {kind: {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": start, "endIndex": end}}}


def test_one_wrong_request_undoes_the_batch(api: Api, sheet: Spreadsheet) -> None:
    api.put("A1", [["kept"]])
    version = sheet.version
    answer = api.batch(rows("insertDimension", 0, 1), {"deleteSheet": {"sheetId": 4711}})
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert api.get("A1")["values"] == [["kept"]]
    assert sheet.version == version


def test_metadata_follows_inserts_deletes_and_moves_and_dies_with_its_row(
    api: Api, sheet: Spreadsheet
) -> None:
    assert api.batch(mark("row", "ROWS", 2), mark("column", "COLUMNS", 3), mark("doomed", "ROWS", 5)).ok
    api.batch(rows("insertDimension", 0, 2))
    assert marked(sheet) == {"row": 4, "column": 3, "doomed": 7}
    api.batch(rows("deleteDimension", 7, 8), rows("deleteDimension", 0, 1))
    assert marked(sheet) == {"row": 3, "column": 3}
    source = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 3, "endIndex": 4}
    api.batch({"moveDimension": {"source": source, "destinationIndex": 0}})
    assert marked(sheet) == {"row": 3, "column": 0}


def test_metadata_does_not_follow_a_sort(api: Api, sheet: Spreadsheet) -> None:
    api.put("A1:A3", [["c"], ["b"], ["a"]])
    api.batch(mark("row", "ROWS", 0))
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 1}
    api.batch({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}})
    assert api.get("A1:A3")["values"] == [["a"], ["b"], ["c"]]
    assert marked(sheet) == {"row": 0}


def test_ids_may_be_chosen_once(api: Api) -> None:
    said = {"addSheet": {"properties": {"sheetId": 7, "title": "Mine"}}}
    assert api.batch(said).json()["replies"][0]["addSheet"]["properties"]["sheetId"] == 7
    assert api.batch({"addSheet": {"properties": {"sheetId": 7, "title": "Other"}}}).status_code == 400
    assert api.batch({"addSheet": {"properties": {"title": "mine"}}}).status_code == 400


def test_an_answer_can_show_what_the_batch_left(api: Api) -> None:
    write = {
        "start": {"sheetId": 0, "rowIndex": 0, "columnIndex": 0},
        "rows": [{"values": [{"userEnteredValue": {"stringValue": "=1+1"}}]}],
        "fields": "userEnteredValue",
    }
    copy = {
        "copyPaste": {
            "source": {
                "sheetId": 0,
                "startRowIndex": 0,
                "endRowIndex": 1,
                "startColumnIndex": 0,
                "endColumnIndex": 1,
            },
            "destination": {
                "sheetId": 0,
                "startRowIndex": 4,
                "endRowIndex": 5,
                "startColumnIndex": 2,
                "endColumnIndex": 3,
            },
        }
    }
    api.put("A1", [["before"]])
    answer = api.batch(
        copy,
        {"updateCells": write},
        includeSpreadsheetInResponse=True,
        responseIncludeGridData=True,
        responseRanges=["A1", "C5"],
    )
    [a1, c5] = answer.json()["updatedSpreadsheet"]["sheets"][0]["data"]
    assert a1["rowData"][0]["values"][0]["userEnteredValue"] == {"stringValue": "=1+1"}, "no formula"
    assert c5["rowData"][0]["values"][0]["userEnteredValue"] == {"stringValue": "before"}, "in order"
    assert (c5["startRow"], c5["startColumn"]) == (4, 2)


def test_values_are_ragged_and_blanks_are_left_out(api: Api) -> None:
    api.put("A1:C3", [["a", "", "c"], [], ["x"]])
    assert api.get("A1:C9")["values"] == [["a", "", "c"], [], ["x"]]
    assert "values" not in api.get("A5:C9")
    api.put("A1:B1", [[None, ""]])
    assert api.get("A1:C1")["values"] == [["a", "", "c"]], "null leaves a cell alone"


def test_grid_limits(api: Api) -> None:
    assert "exceeds grid limits" in api.put("A1001", [["x"]]).json()["error"]["message"]
    assert "exceeds grid limits" in str(api.get("A1001:B1002"))
    assert "tried writing to" in api.put("A1:A2", [["a", "b"]]).json()["error"]["message"]
    assert api.put("A1", [["x" * 50_001]]).status_code == 400


def test_a_full_quota_and_a_wrong_token(api: Api, sandbox: Sandbox) -> None:
    sandbox.per_minute = 2
    answers = [requests.get(f"{api.root}/values/A1", headers=TOKEN, timeout=5) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    sandbox.token = "right"
    assert requests.get(f"{api.root}/values/A1", headers=TOKEN, timeout=5).status_code == 401


def test_masks(api: Api) -> None:
    assert api.about("properties(title,locale),sheets.properties(sheetId,title)") == {
        "properties": {"title": "Test", "locale": "en_US"},
        "sheets": [{"properties": {"sheetId": 0, "title": "Sheet1"}}],
    }


@pytest.mark.parametrize(
    ("typed", "locale", "kind", "value"),
    [
        ("1.5", "en_US", "", 1.5),
        ("1,5", "de_DE", "", 1.5),
        ("1,5", "en_US", "", "1,5"),
        ("50%", "en_US", "", 0.5),
        ("50 %", "en_US", "", 0.5),
        ("40", "en_US", "PERCENT", 0.4),
        ("TRUE", "en_US", "", True),
        ("007", "en_US", "", 7),
        ("007", "en_US", "TEXT", "007"),
        ("2026-03-01", "en_US", "", 46082),
        ("1.3.2026", "de_DE", "", 46082),
        ("3/1/2026", "en_US", "", 46082),
        ("1/3/2026", "en_GB", "", 46082),
        ("1.3.2026", "en_US", "", "1.3.2026"),
        ("'007", "en_US", "", "007"),
        ("ca. 50", "en_US", "", "ca. 50"),
        ("", "en_US", "", None),
        ("2026-03-01 12:00", "en_US", "", 46082.5),
        ("31.2.2026", "de_DE", "", "31.2.2026"),
        ("1,234", "en_US", "", 1234),
    ],
)
def test_typing_means_what_the_locale_says(typed: str, locale: str, kind: str, value: Any) -> None:
    assert entered(typed, locale, kind).value == value


def test_formulas_are_kept_and_not_calculated_but_for_plain_arithmetic(api: Api) -> None:
    api.put("A1:B1", [["=2*3+1", "=SUM(A1:A2)"]], "USER_ENTERED")
    assert api.get("A1:B1", valueRenderOption="FORMULA")["values"] == [["=2*3+1", "=SUM(A1:A2)"]]
    assert api.get("A1:B1", valueRenderOption="UNFORMATTED_VALUE")["values"] == [[7]]


def test_how_values_are_shown() -> None:
    assert formatted(0.4, {"type": "PERCENT", "pattern": "0%"}, "en_US") == "40%"
    assert (
        formatted(46082.5, {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}, "en_US")
        == "2026-03-01 12:00"
    )
    assert formatted(1.5, None, "de_DE") == "1,5"
    assert formatted(True, None, "en_US") == "TRUE"


def test_copied_formulas_move_along() -> None:
    assert shifted("=A1+$A1+A$1+$A$1", 2, 1) == "=B3+$A3+B$1+$A$1"
    assert shifted('=IF(B2="A1";SUM(C3:D4);B2)', 1, 0) == '=IF(B3="A1";SUM(C4:D5);B3)'
    assert shifted("=A1", -1, 0) == "=#REF!"
    assert shifted(shifted("=B5*2", 7, 6), -7, -6) == "=B5*2"


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("A1", Area(None, 0, 0, 1, 1)),
        ("'My tab'!B2:C3", Area("My tab", 1, 1, 3, 3)),
        ("Tab!A:B", Area("Tab", 0, 0, None, 2)),
        ("'It''s'!A2:C", Area("It's", 1, 0, None, 3)),
        ("'T'!5:7", Area("T", 4, 0, 7, None)),
        ("'T'", Area("T")),
        ("C3:A1", Area(None, 0, 0, 3, 3)),
    ],
)
def test_a1(text: str, area: Area) -> None:
    assert parse(text) == area


def test_a1_words() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert all(number(letters(n)) == n for n in range(2000))
    assert (cell(6, 2), quoted("It's"), shown("A1"), shown("Goals")) == ("C7", "'It''s'", "'A1'", "Goals")
    for wrong in ("A", "1", "A1:", "'open", "A-1"):
        with pytest.raises(ValueError):
            parse(wrong)
