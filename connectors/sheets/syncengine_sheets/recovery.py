"""A batch that an earlier run sent and did not live to judge."""

from __future__ import annotations

from collections.abc import Mapping

from syncengine_sheets import a1, journal
from syncengine_sheets.client import Client
from syncengine_sheets.judging import Off, off
from syncengine_sheets.known import Known
from syncengine_sheets.marks import JOURNAL, chosen
from syncengine_sheets.mending import Mender


def look_through(client: Client, known: Known, own: Mapping[str, Mapping[str, str]]) -> bool:
    """Look through a batch that an earlier run sent and did not live to judge; whether anything had to be put back.

    Raises `Unavailable` where that can't be finished now.
    """
    said = client.cells(known.spreadsheet, [a1.quoted(known.own[JOURNAL][1])])
    lines = journal.lines_of(said)
    tabs = {tab.sheet: tab for tab in known.tabs.values()}
    wrong: list[Off] = off(journal.entries_of(lines), lines, tabs)
    if wrong:
        sheet = next(
            one for one in said["sheets"] if one["properties"].get("sheetId", 0) == chosen("tab", JOURNAL)
        )
        grid = sheet["properties"].get("gridProperties", {})
        Mender(client, known, own, (grid.get("rowCount", 0), grid.get("columnCount", 0))).mend(wrong)
    else:
        known.batch = journal.batch_of(lines)
    return bool(wrong)
