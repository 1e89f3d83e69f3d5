"""Taking somebody out of what a spreadsheet keeps beside its rows: the Archive and the journal. See
`syncengine.connector.Erasing`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from syncengine.model.words import Words
from syncengine_sheets import a1
from syncengine_sheets.client import Client
from syncengine_sheets.journal import FIRST
from syncengine_sheets.marks import ARCHIVE, JOURNAL
from syncengine_sheets.structure import Sheet, Structure

Said = dict[str, Any]

KEEPS = (
    "Google keeps every earlier version of a spreadsheet, and no single one can be deleted: File → Make a copy, name the copy in "
    "the configuration (setup --allow place), then delete the old spreadsheet and empty Drive's bin.",
    "e-mails that Google sent of comments and shared links stay where they were sent.",
)


def erase(client: Client, structure: Structure, ids: Collection[str], words: Words) -> None:
    """Blank what the Archive has of the records `ids`, replace the words in the rest of it, and empty the journal."""
    requests: list[Said] = []
    archive, journal = structure.own(ARCHIVE), structure.own(JOURNAL)
    if archive is not None:
        (rows,) = client.values(structure.id, [a1.quoted(archive.title)])
        requests += _archive(archive, rows, ids, words)
    if journal is not None:
        (rows,) = client.values(structure.id, [a1.quoted(journal.title)])
        if any(words.count(str(cell)) or str(cell) in ids for row in rows[FIRST:] for cell in row):
            # Every sync has looked through it before it got here: what it keeps is not needed any more.
            area = {"sheetId": journal.id, "startRowIndex": FIRST}
            requests.append({"updateCells": {"range": area, "fields": "userEnteredValue"}})
    if requests:
        client.update(structure.id, requests)


def _archive(sheet: Sheet, rows: list[list[Any]], ids: Collection[str], words: Words) -> Iterator[Said]:
    for number, row in enumerate(rows[1:], start=1):
        if any(str(cell) in ids for cell in row):
            yield _written(sheet, number, ["" for _ in row])
        elif any(words.count(str(cell)) for cell in row):
            yield _written(sheet, number, [words.without(str(cell)) for cell in row])


def _written(sheet: Sheet, number: int, texts: list[str]) -> Said:
    values = [{"userEnteredValue": {"stringValue": text}} if text else {} for text in texts]
    start = {"sheetId": sheet.id, "rowIndex": number, "columnIndex": 0}
    return {"updateCells": {"start": start, "rows": [{"values": values}], "fields": "userEnteredValue"}}


def everything(client: Client, structure: Structure) -> Iterator[tuple[str, str]]:
    """Every cell of every tab, hidden ones and people's own included: what was entered, what is shown, notes."""
    yield "the spreadsheet's title", structure.title
    for sheet in structure.sheets:
        where = f"tab {sheet.title}"
        yield where, sheet.title
        for one in client.cells(structure.id, [a1.quoted(sheet.title)]).get("sheets", []):
            for data in one.get("data", []):
                for number, row in enumerate(data.get("rowData", []), start=data.get("startRow", 0) + 1):
                    for cell in row.get("values", []):
                        if cell:
                            yield f"{where}, row {number}", json.dumps(_said(cell), ensure_ascii=False)


def _said(cell: Said) -> list[Any]:
    """What was entered; where that is a formula, what it shows as well; the note."""
    entered = cell.get("userEnteredValue")
    shown = cell.get("effectiveValue") if entered is None or "formulaValue" in entered else None
    return [one for one in (entered, shown, cell.get("note")) if one]
