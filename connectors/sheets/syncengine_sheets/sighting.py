"""Looking until every row at stake has been seen where it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from syncengine.connector import Operation
from syncengine_sheets import journal
from syncengine_sheets.client import Client
from syncengine_sheets.known import Known
from syncengine_sheets.looking import Look, looked, ranges
from syncengine_sheets.marks import JOURNAL, chosen
from syncengine_sheets.remarks import Key
from syncengine_sheets.standing import print_of_id

_LOOKS = 4


class Sighting:
    """The tabs that a push is about, as they are right before it."""

    def __init__(
        self,
        client: Client,
        known: Known,
        told: Callable[[str], bool],
        own: Mapping[str, Mapping[str, str]],
    ) -> None:
        """`told`: whether the read told of a row without an id under this handle."""
        self._client, self._known, self._told, self._own = client, known, told, own
        self._rows = {kind: one.rows() for kind, one in known.standing.items()}
        self.looks: dict[str, Look] = {}
        self.journal_size = (0, 0)
        self.relocated = False
        """Whether somebody chose another locale for the spreadsheet: texts in it are read otherwise since."""

    def look(self, operations: Sequence[Operation], notes: Mapping[Key, str], about: set[str]) -> None:
        """Look until every row at stake has been seen where it is now. Raises `Refused`, `LookupError`."""
        wanted: dict[str, set[int]] = {kind: set() for kind in about}
        for operation in operations:
            row = self._read_at(operation.kind, operation.handle or operation.id)
            _, emptied = self._known.emptied.get(operation.id, ("", None))
            wanted[operation.kind] |= {one for one in (row, emptied) if one is not None}
        for kind, handle, _ in notes:
            if kind in wanted and (row := self._read_at(kind, handle)) is not None:
                wanted[kind].add(row)
        creates = {kind: sum(o.action == "create" and o.kind == kind for o in operations) for kind in about}
        for kind, count in creates.items():
            wanted[kind].update(
                self._known.standing[kind].free[:count] if kind in self._known.standing else ()
            )
        for _ in range(_LOOKS):
            self._ask(wanted)
            missing = self._unseen(operations, notes, creates)
            if not any(missing.values()):
                break
            for kind, rows in missing.items():
                wanted[kind] |= rows

    def _ask(self, wanted: Mapping[str, set[int]]) -> None:
        asked = [self.journal_range()] if JOURNAL in self._known.own else []
        tails = {
            kind: max(
                self._known.standing[kind].used if kind in self._known.standing else 0,
                self._known.tabs[kind].heading_row + 1,
            )
            for kind in wanted
        }
        for kind, rows in wanted.items():
            asked += ranges(self._known.tabs[kind], rows, tails[kind])
        said = self._client.cells(self._known.spreadsheet, asked)
        locale = said.get("properties", {}).get("locale", "")
        if locale and locale != self._known.locale:
            self.relocated, self._known.locale = True, locale
        for one in said.get("sheets", []):
            if one["properties"].get("sheetId", 0) == chosen("tab", JOURNAL):
                grid = one["properties"].get("gridProperties", {})
                self.journal_size = grid.get("rowCount", 0), grid.get("columnCount", 0)
        for kind, rows in wanted.items():
            tab = self._known.tabs[kind]
            self.looks[kind] = looked(tab, said, rows, tails[kind], self._own.get(kind, {}))
            self._known.tabs[kind] = self.looks[kind].tab

    def journal_range(self) -> str:
        return journal.head_range(self._known.own[JOURNAL][1])

    def _unseen(
        self, operations: Sequence[Operation], notes: Mapping[Key, str], creates: Mapping[str, int]
    ) -> dict[str, set[int]]:
        missing: dict[str, set[int]] = {kind: set() for kind in self.looks}
        for operation in operations:
            row = self.row(operation)
            if row is not None and not self.looks[operation.kind].knows(row):
                missing[operation.kind].add(row)
        for kind, handle, _ in notes:
            if (
                kind in missing
                and (row := self.row_of(kind, handle)) is not None
                and not self.looks[kind].knows(row)
            ):
                missing[kind].add(row)
        for kind, count in creates.items():
            free = [
                row
                for text, rows in self.looks[kind].by_id.items()
                if text.startswith("free")
                for row in rows
            ]
            missing[kind] |= {row for row in sorted(free)[:count] if not self.looks[kind].knows(row)}
        return missing

    def row(self, operation: Operation) -> int | None:
        """The row that the operation is about: at its handle, else with its id, else the one that somebody emptied."""
        row = self.row_of(operation.kind, operation.handle or "")
        row = row if row is not None else self.row_of(operation.kind, operation.id)
        if row is not None or operation.id not in self._known.emptied:
            return row
        _, emptied = self._known.emptied[operation.id]
        look = self.looks[operation.kind]
        taken = emptied is None or any(not look.cell(emptied, at).blank for at in look.tab.ours.values())
        return None if taken else emptied

    def row_of(self, kind: str, handle: str) -> int | None:
        """Where an item is now."""
        look = self.looks[kind]
        if handle.startswith("row:"):
            return self._read_at(kind, handle)
        found = look.by_id.get(handle, [])
        if len(found) > 1 and (known := self._read_at(kind, handle)) in found:
            return known  # somebody copied the row: the original is where it was
        return found[0] if found else None

    def _read_at(self, kind: str, handle: str) -> int | None:
        """Where the read found it."""
        if handle.startswith("row:"):
            return int(handle.rpartition(":")[2]) if self._told(handle) else None
        return self._rows.get(kind, {}).get(print_of_id(handle))
