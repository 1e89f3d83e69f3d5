"""One opened spreadsheet: pulled in one read, pushed by `pushing.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from syncengine.connector import Check, Item, Opening, Operation, Outcome, Pull, Step, Trouble
from syncengine.errors import AccessError, MentorsyncError
from syncengine.model.fieldtypes import Flag
from syncengine.model.headings import fold
from syncengine.model.values import Fields
from syncengine_google.reasons import Refused
from syncengine_sheets import a1, journal, remarks
from syncengine_sheets.addresses import Places, linked_row, places_in, read_places, row_link
from syncengine_sheets.client import Client, Values
from syncengine_sheets.known import Known, mapping_print
from syncengine_sheets.layout import (
    ID,
    ID_HEADING,
    JOURNAL,
    Structure,
    Tab,
    found_in,
    headings_of,
    known_tabs,
)
from syncengine_sheets.locales import file_locale
from syncengine_sheets.reading import read_tab, stamped

Rows = list[list[Any]]


class SheetsReplica:
    """Keeps `syncengine.connector.Replica`, `Remarking` and `Checking`; each method's promises are there."""

    def __init__(self, opening: Opening) -> None:
        self.calls = 0
        self._opening, self._settings = opening, opening.settings
        self._mapping = mapping_print(opening.template, self._settings, opening.locale)
        self._known = Known.of(opening.cursor, opening.template, self._mapping)
        self._made_client: Client | None = None
        self._values: dict[str, Rows] = {}
        self._fresh = False
        """Whether `_values` were read in this run and nothing was written since."""
        self._structure: Structure | None = None
        self._rows: dict[str, dict[str, int]] = {}
        self._sizes: dict[str, int] = {}
        self._notes: dict[remarks.Key, str] = {}
        self._spreadsheet: str = str(
            self._settings.get("spreadsheet") or (self._known.spreadsheet if self._known else "")
        )
        self._made = False
        self._adoptable: dict[str, Tab] | None = None
        self._stale = False
        self._answer: Values | None = None
        self._quiet = False
        """Whether the last pull found everything as it was."""
        self._placed: Places | None = None
        """Where each row is, for their addresses; as of the last read."""
        self._moved = False
        """Whether rows were added or taken away since the last pull."""

    @property
    def _client(self) -> Client:
        if self._made_client is None:
            where = f"spreadsheet of replica {self._opening.name!r}"
            self._made_client = Client(self._settings, where, self._count)
        return self._made_client

    def _count(self) -> None:
        self.calls += 1

    @property
    def _own(self) -> Mapping[str, Mapping[str, str]]:
        own: Mapping[str, Mapping[str, str]] = self._settings.get("columns", {})
        return own

    def close(self) -> None:
        """Let go of the connections and of what was read."""
        self._values = {}
        if self._made_client is not None:
            self._made_client.close()

    # -- the place

    def place(self) -> str | None:
        """From the journal's first row, read with everything else in one call; else from the spreadsheet's metadata."""
        if not self._spreadsheet and not self._find():
            return None
        if self._known is not None and self._known.place and self._read_again(self._known):
            return self._known.place
        return self._look().place

    def _find(self) -> bool:
        """Whether an earlier set-up made the spreadsheet that the config does not name yet."""
        found = self._client.made_for(self._settings["key"], self._opening.bound)
        if len(found) > 1:
            raise AccessError(
                f"{len(found)} spreadsheets were made for this replica", where=f"replica {self._opening.name!r}",
                remedy=f"Write the right one into the config: spreadsheet = {found[0]!r}",
            )  # fmt: skip
        self._spreadsheet = found[0] if found else ""
        return bool(found)

    def _read_again(self, known: Known) -> bool:
        """Read everything at the places known from last time; False where something is not as it was."""
        if known.spreadsheet != self._spreadsheet or JOURNAL not in known.own or not known.tabs:
            return False
        ranges = [journal.head_range(known.own[JOURNAL][1]), *(tab.range for tab in known.tabs.values())]
        try:
            answer = self._client.read(self._spreadsheet, ranges, known.digest)
        except Refused as refusal:
            if refusal.code == 400:  # a tab was renamed or is gone
                return False
            raise
        self._answer, self._fresh = answer, True
        if answer.digest == known.digest:
            return True
        self._fresh = self._as_known(known, answer)
        return self._fresh

    def _as_known(self, known: Known, answer: Values) -> bool:
        """Whether the journal's marks and all headings are what they were; the values are then taken up."""
        head, *values = answer.rows()
        marks = [*(head[0] if head else []), "", ""][:2]
        batch = str(head[1][0]) if len(head) > 1 and head[1] else ""
        if marks != [known.place, known.spreadsheet] or batch != known.batch:
            return False
        for tab, rows in zip(known.tabs.values(), values, strict=True):
            row = rows[tab.heading_row] if tab.heading_row < len(rows) else []
            if headings_of(row) != tab.heads:
                return False
        self._values = dict(zip(known.tabs, values, strict=True))
        return True

    def _look(self) -> Structure:
        """The structure as it is now; what was known is forgotten."""
        if self._structure is None:
            self._structure = Structure.of(self._client.structure(self._spreadsheet))
            self._fresh = False
        return self._structure

    # -- set-up

    def survey(self) -> Sequence[Step]:
        """What `provision` would make, adopt and repair."""
        from syncengine_sheets.survey import survey

        if not self._spreadsheet:
            return survey(self._opening.template, None, {})
        return survey(self._opening.template, self._look(), self._adopted())

    def _adopted(self) -> dict[str, Tab]:
        from syncengine_sheets.adoption import tabs_in

        if self._adoptable is None:
            self._adoptable = tabs_in(self._client, self._opening.template, self._look(), self._own)
        return self._adoptable

    def provision(self, place: str) -> None:
        """Make the spreadsheet, or add to the one that is there what it lacks."""
        from syncengine_sheets.provisioning import provision

        if not self._spreadsheet:
            title = f"{self._opening.template.title} – {self._opening.name}"
            self._spreadsheet = self._client.create(title, self._settings["key"], place)
            self._made = True
        structure = self._look()
        zone = str(self._opening.locale.zone) if self._made else None
        provision(self._client, self._opening.template, structure, self._adopted(), place, zone)
        self._structure = self._known = self._adoptable = None
        self._values, self._fresh = {}, False

    def takes(self, kind: str, fields: Fields) -> bool:
        """A row needs more than an id and checkboxes: a record that says nothing has no place in a spreadsheet."""
        declared = self._opening.template.kinds.get(kind)
        return declared is not None and any(
            fields.get(name) not in (None, []) and not (isinstance(field.type, Flag) and not fields.get(name))
            for name, field in declared.fields.items()
        )

    # -- reading

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """Everything, in one read; nothing, where the answer is letter for letter what it was at the cursor."""
        if self._unchanged(cursor, again):
            assert self._known is not None
            tabs = self._known.tabs.items()
            held = {name: frozenset(tab.columns) for name, tab in tabs if tab.id_column is not None}
            return Pull([], False, held, present=self._known.present)
        if not self._fresh or self._known is None:
            self._read_anew()
        self._fresh, self._placed, self._moved = False, None, False
        assert self._known is not None
        items: list[Item] = []
        troubles: list[Trouble] = []
        holds: dict[str, frozenset[str]] = {}
        locale = file_locale(self._known.locale, self._opening.locale)
        for name, tab in self._known.tabs.items():
            if tab.id_column is None:
                troubles.append(_no_ids(tab))
                continue
            rows = self._values[name]
            found = read_tab(tab, rows, locale)
            items += found.items
            troubles += found.troubles
            holds[name] = frozenset(tab.columns)
            self._rows[name] = {item.handle: _row_of(item) for item in found.items}
            self._sizes[name] = _used(tab, rows)
        self._values = {}
        self._known.digest, self._known.present = self._answer.digest if self._answer else "", len(items)
        self._answer = None
        return Pull(items, True, holds, troubles=troubles, present=len(items))

    def _unchanged(self, cursor: bytes | None, again: Collection[str]) -> bool:
        """Whether the answer is, letter for letter, the one at the cursor; else its values are at hand."""
        known, answer = self._known, self._answer
        self._quiet = False
        if not self._fresh or known is None or answer is None or answer.digest != known.digest:
            return False
        if cursor is not None and not again and cursor == self._opening.cursor:
            self._quiet = True
            return True
        self._fresh = self._as_known(known, answer)
        return False

    def _read_anew(self) -> None:
        """Structure, then values; then whatever a run that died left in the journal is looked through."""
        from syncengine_sheets.pushing import look_through

        before = Known.noted_in(self._opening.cursor)
        for _ in range(3):
            structure = self._look()
            sheets = known_tabs(self._opening.template, structure)
            own = {sheet.ours: (sheet.id, sheet.title) for sheet in structure.sheets if sheet.ours}
            known = Known(
                self._spreadsheet,
                structure.place,
                structure.locale,
                own=own,
                batch=before[0],
                noted=before[1],
            )
            self._structure = None
            heads = [journal.head_range(own[JOURNAL][1])] if JOURNAL in own else []
            ranges = [*heads, *(a1.quoted(sheet.title) for sheet in sheets.values())]
            try:
                answer = self._client.read(self._spreadsheet, ranges) if ranges else None
            except Refused as refusal:
                if refusal.code == 400:  # renamed between the two calls
                    continue
                raise
            values = list(answer.rows()) if answer else []
            head = values.pop(0) if heads else []
            self._answer = answer if heads else None
            for (name, sheet), rows in zip(sheets.items(), values, strict=True):
                known.tabs[name] = self._tab(name, rows, sheet)
            self._values = dict(zip(sheets, values, strict=True))
            self._known = known
            batch = str(head[1][0]) if len(head) > 1 and head[1] else ""
            if heads and batch != known.batch and look_through(self._client, known, self._own):
                continue
            known.batch = batch
            return
        raise AccessError(
            "its tabs are being renamed or moved over and over",
            where="the spreadsheet",
            remedy="Try again in a minute.",
        )

    def _tab(self, name: str, rows: Rows, sheet: Any) -> Tab:
        kind, own = self._opening.template.kinds[name], self._own.get(name, {})
        at = heading_row(sheet.fields, rows)
        row = rows[at] if at < len(rows) else []
        return found_in(kind, sheet, at, row, own, aliases=False)

    # -- writing

    def remark(self, troubles: Sequence[Trouble]) -> bool:
        """Notes on the cells that could not be understood; whether any has to be put or taken back."""
        if self._quiet:
            return False  # nothing was read anew; what could not be used before is noted already
        noted = self._known.noted if self._known else {}
        self._notes = remarks.differing(remarks.wanted(troubles), noted)
        return bool(self._notes)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """All of them in one batch of about two megabytes, or several; see `pushing.py`."""
        from syncengine_sheets.pushing import Pusher

        assert self._known is not None, "pushed without a pull"
        if self._quiet:
            self._locate(self._known)
        self._known.digest = ""
        locale = file_locale(self._known.locale, self._opening.locale)
        pusher = Pusher(self._client, self._known, self._rows, self._sizes, locale, self._own)
        try:
            yield from pusher.push(operations, self._notes)
        except MentorsyncError:
            self._stale = True
            raise
        finally:
            self._stale |= pusher.stale
            self._notes = {}
            self._placed, self._moved = None, True

    def _locate(self, known: Known) -> None:
        """Where each row is, after a read that was not taken apart since it was what it was before."""
        assert self._answer is not None
        for (name, tab), rows in zip(known.tabs.items(), self._answer.rows()[1:], strict=True):
            self._rows[name] = {id: number for number, row in enumerate(rows) if (id := stamped(tab, row))}
            self._sizes[name] = _used(tab, rows)

    def cursor(self) -> bytes | None:
        """Where everything is; `None` (find it anew) where a write showed that it is somewhere else."""
        return None if self._known is None or self._stale else self._known.to_bytes(self._mapping)

    # -- addresses

    def link(self, handle: str) -> str | None:
        """The row in its tab. One call, where no read of this run has told where the rows are."""
        place = self._places().get(handle)
        return row_link(self._spreadsheet, place) if place else None

    def linked(self, link: str) -> Sequence[str]:
        """By the tab and the row of an address; the spreadsheet's own means no row, and costs no call."""
        place = linked_row(link, self._spreadsheet or (self._known.spreadsheet if self._known else ""))
        return [handle for handle, at in self._places().items() if at == place] if place else []

    def _places(self) -> Places:
        known = self._known
        if self._placed is None and known is not None and self._rows and not self._moved:
            self._placed = {
                handle: (known.tabs[kind].sheet, row)
                for kind, rows in self._rows.items()
                for handle, row in rows.items()
            }
        if self._placed is None and known is not None and known.tabs:
            self._placed = read_places(self._client, self._spreadsheet, known.tabs)
        if self._placed is None and (self._spreadsheet or self._find()):
            structure = Structure.of(self._client.structure(self._spreadsheet))
            sheets = known_tabs(self._opening.template, structure)
            ranges = [a1.quoted(sheet.title) for sheet in sheets.values()]
            values = self._client.values(self._spreadsheet, ranges) if ranges else []
            pairs = zip(sheets.items(), values, strict=True)
            self._placed = places_in((self._tab(name, rows, sheet), rows) for (name, sheet), rows in pairs)
        return self._placed or {}

    def checks(self) -> Sequence[Check]:
        """For `doctor`: the sign-in, the file, the right to write it, its locale and zone."""
        from syncengine_sheets.access import checks

        return checks(
            lambda: self._client,
            lambda: self._look() if self._spreadsheet or self._find() else None,
            self._opening,
        )


def heading_row(fields: Mapping[int, str], rows: Rows) -> int:
    """The row with the headings: where the hidden column of ids has its own; people put rows above it now and then."""
    at = next((column for column, mark in fields.items() if mark == ID), None)
    if at is not None:
        for number, row in enumerate(rows):
            if at < len(row) and fold(str(row[at])) == ID_HEADING:
                return number
    return 0


def _row_of(item: Item) -> int:
    return int(item.where.rpartition(" ")[2]) - 1


def _used(tab: Tab, rows: Rows) -> int:
    """How many rows are in use: the first below the last with anything in our columns."""
    ours = list(tab.ours.values())
    for number in range(len(rows) - 1, tab.heading_row, -1):
        row = rows[number]
        if any(at < len(row) and row[at] not in ("", None) and row[at] is not False for at in ours):
            return number + 1
    return tab.heading_row + 1


def _no_ids(tab: Tab) -> Trouble:
    return Trouble(f"tab {tab.title}", "has lost its hidden column of ids",
                   "Undo that, or run setup: it brings the column back and matches the rows anew. Nothing was changed.",
                   kind=tab.kind.name, field=ID)  # fmt: skip
