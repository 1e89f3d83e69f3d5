"""What stands in the spreadsheet, in as few calls as can be: one while everything is where it was.

Values endpoints know tabs by title and columns by place, both of which people change. A read at the known places shows
headings and the journal's mark as well, and so proves or disproves itself; what disproves it says what to ask instead:
moved columns are found by their marks, tabs that were renamed are read by their ids, and only where a tab is gone, or a
run died, the structure is asked for first. Whatever people moved, a sync that writes takes no more than four calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from syncengine.connector import Opening
from syncengine.errors import AccessError
from syncengine_google.reasons import Refused
from syncengine_sheets import journal
from syncengine_sheets import tabs as drawing
from syncengine_sheets.client import Client, Range, Values
from syncengine_sheets.known import Known, mapping_print
from syncengine_sheets.layout import Tab, found_in, headings_of
from syncengine_sheets.marks import JOURNAL, TITLES, chosen
from syncengine_sheets.moved import find_columns, heading_row, read_whole
from syncengine_sheets.structure import Sheet, Structure, known_tabs

Rows = list[list[Any]]


class Reader:
    """Reads one spreadsheet for one replica."""

    def __init__(self, opening: Opening, client: Callable[[], Client]) -> None:
        self.opening, self._client = opening, client
        self.mapping = mapping_print(opening.template, opening.settings, opening.locale)
        self.known = Known.of(opening.cursor, opening.template, self.mapping)
        before = self.known or (None if opening.anew else Known.carried(opening.cursor))
        self.spreadsheet: str = str(
            opening.settings.get("spreadsheet") or (before.spreadsheet if before else "")
        )
        self._answer: Values | None = None
        self._values: dict[str, Range] = {}
        self._fresh = False
        """Whether `answer` or `values` are what the spreadsheet held when it was asked last, just now."""
        self.moved = False
        """Whether columns or headings are not where the cursor has them."""
        self._structure: Structure | None = None

    @property
    def own(self) -> Mapping[str, Mapping[str, str]]:
        """A person's own mapping of headings."""
        own: Mapping[str, Mapping[str, str]] = self.opening.settings.get("columns", {})
        return own

    def forget(self) -> None:
        """Nothing that was read counts any more."""
        self._structure = self.known = self._answer = None
        self._values, self._fresh = {}, False

    @property
    def same(self) -> bool:
        """Whether everything is letter for letter what it was at the cursor."""
        known, answer = self.known, self._answer
        return (
            self._fresh and known is not None and answer is not None and answer.digest == known.digest != ""
        )

    def at_hand(self) -> bool:
        """Whether the values were read just now; takes an answer apart that was the same as before."""
        if not self._fresh or self.known is None:
            return False
        return bool(self._values) or (
            self._answer is not None and bool(self._answer.content) and self._take(self.known, self._answer)
        )

    def taken(self) -> tuple[dict[str, Range], Values | None]:
        """Kind to what its tab holds, and the answer that it came with; both are let go of."""
        found = self._values, self._answer
        self._values, self._answer, self._fresh = {}, None, False
        return found

    # -- the place

    def place(self) -> str | None:
        """From the journal's first row, read with everything else in one call; else from the spreadsheet's metadata."""
        if not self.spreadsheet:
            if not self.find():
                return None
            made = self._as_set_up()
            if made is not None and self._whole(
                made
            ):  # people may have moved things since: the answer has it all
                self.known = made
                return made.place
        known = None if self.opening.anew else self.known  # set-up looks at the structure in any case
        if known is not None and known.place and self._again(known):
            return known.place
        return self.structure().place

    def find(self) -> bool:
        """Whether an earlier set-up made the spreadsheet that the config does not name yet."""
        found = self._client().made_for(self.opening.settings["key"], self.opening.bound)
        if len(found) > 1:
            raise AccessError(
                f"{len(found)} spreadsheets were made for this replica", where=f"replica {self.opening.name!r}",
                remedy=f"Write the right one into the config: spreadsheet = {found[0]!r}",
            )  # fmt: skip
        self.spreadsheet = found[0] if found else ""
        return bool(found)

    def structure(self) -> Structure:
        """The structure as it is now; what was read before is forgotten."""
        if self._structure is None:
            self._structure = Structure.of(self._client().structure(self.spreadsheet))
            self._fresh = False
        return self._structure

    # -- where everything was

    def _as_set_up(self) -> Known | None:
        """What a spreadsheet that set-up has made is like, if it has its tabs yet."""
        if self.opening.anew or self.opening.bound is None:
            return None
        known = Known(self.spreadsheet, self.opening.bound, "")
        for kind in self.opening.template.kinds.values():
            known.tabs[kind.name] = drawing.planned(kind, kind.plural)
        known.own = {name: (chosen("tab", name), title) for name, title in TITLES.items()}
        known.take_over(Known.carried(self.opening.cursor))
        return known

    def _again(self, known: Known) -> bool:
        """Read everything at the places known from last time; False where it is not to be found from there."""
        if known.spreadsheet != self.spreadsheet or JOURNAL not in known.own or not known.tabs:
            return False
        ranges = [journal.head_range(known.own[JOURNAL][1]), *(tab.range for tab in known.tabs.values())]
        try:
            answer = self._client().read(self.spreadsheet, ranges, known.digest)
        except Refused as refusal:
            if refusal.code != 400:
                raise
            return self._whole(known)
        self._answer, self._fresh = answer, True
        if known.digest and answer.digest == known.digest:
            return True
        self._fresh = self._take(known, answer)
        return self._fresh

    def _take(self, known: Known, answer: Values) -> bool:
        """Take up the values, where the journal's marks are what they were and every column is found."""
        head, *values = answer.ranges()
        if not self._proves(known, head):
            return False
        if any(
            headings_of(found.rows[tab.heading_row] if tab.heading_row < len(found.rows) else []) != tab.heads
            for tab, found in zip(known.tabs.values(), values, strict=True)
        ):
            there = find_columns(self._client(), known, values, self.own)
            if there is None:
                return self._whole(known)
            values, self.moved = there, True
        for tab, found in zip(known.tabs.values(), values, strict=True):
            tab.rows, tab.width = found.bottom, found.right
        self._values = dict(zip(known.tabs, values, strict=True))
        return True

    def _proves(self, known: Known, head: Range) -> bool:
        """Whether the journal says that this is the place, and that no batch was sent that nobody looked through."""
        cells = [*(head.rows[0] if head.rows else []), "", "", ""]
        batch = str(head.rows[1][0]) if len(head.rows) > 1 and head.rows[1] else ""
        known.locale = known.locale or str(cells[2])
        return cells[:2] == [known.place, known.spreadsheet] and batch == known.batch and known.locale != ""

    def _whole(self, known: Known) -> bool:
        """Read everything anew by the tabs' ids; False where one of them is gone."""
        found = read_whole(self._client(), known)
        if found is None or not self._proves(known, found.head):
            return False
        known.locale = found.locale or known.locale
        known.tabs = {name: self.tab(name, range.rows, sheet) for name, (sheet, range) in found.tabs.items()}
        self._values = {name: range for name, (_, range) in found.tabs.items()}
        self._answer, self._fresh, self.moved = None, True, True
        return True

    # -- where everything is

    def anew(self) -> Known:
        """Structure, then values; then whatever a run that died left in the journal is looked through."""
        from syncengine_sheets.recovery import look_through

        before = Known.carried(self.opening.cursor)
        for _ in range(3):
            structure = self.structure()
            sheets = known_tabs(self.opening.template, structure)
            own = {sheet.ours: (sheet.id, sheet.title) for sheet in structure.sheets if sheet.ours}
            known = Known(self.spreadsheet, structure.place, structure.locale, own=own)
            known.take_over(before)
            self._structure, self.moved = None, True
            heads = [journal.head_range(own[JOURNAL][1])] if JOURNAL in own else []
            ranges = [*heads, *(sheet.range for sheet in sheets.values())]
            try:
                answer = self._client().read(self.spreadsheet, ranges) if ranges else None
            except Refused as refusal:
                if refusal.code == 400:  # renamed between the two calls
                    continue
                raise
            values = list(answer.ranges()) if answer else []
            head = values.pop(0).rows if heads else []
            self._answer = answer if heads else None
            for (name, sheet), found in zip(sheets.items(), values, strict=True):
                known.tabs[name] = self.tab(name, found.rows, sheet)
            self._values, self._fresh = dict(zip(sheets, values, strict=True)), True
            self.known = known
            batch = str(head[1][0]) if len(head) > 1 and head[1] else ""
            if heads and batch != known.batch and look_through(self._client(), known, self.own):
                before.batch = known.batch
                continue
            known.batch = batch
            return known
        raise AccessError(
            "its tabs are being renamed or moved over and over",
            where="the spreadsheet",
            remedy="Try again in a minute.",
        )

    def tab(self, name: str, rows: Rows, sheet: Sheet) -> Tab:
        """A kind's tab, as its marks and its values have it."""
        kind, own = self.opening.template.kinds[name], self.own.get(name, {})
        at = heading_row(sheet.fields, rows)
        row = rows[at] if at < len(rows) else []
        return found_in(kind, sheet, at, row, own, aliases=False)
