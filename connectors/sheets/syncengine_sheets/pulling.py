"""From what was read to what the engine is told: nothing, the rows that changed, or all of them.

Only a complete read may say that something is gone, so whenever an id is missing, or stands in two rows, every row is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from syncengine.connector import Pull, Trouble
from syncengine_sheets.client import Range
from syncengine_sheets.known import Known
from syncengine_sheets.layout import Tab
from syncengine_sheets.locales import file_locale
from syncengine_sheets.marks import ID
from syncengine_sheets.reader import Reader
from syncengine_sheets.reading import TabReading, blank_row, read_tab, stamped, used
from syncengine_sheets.standing import Standing, emptied, print_of_id

_MANY = 4
"""From how many rows on nobody empties all that there are one by one: none of them is filled again."""


class Puller:
    """One replica's pulls in one run."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._before = Known.carried(reader.opening.cursor)
        self.quiet = False
        """Whether the last pull found everything as it was."""
        self._pulled = False
        self._told: set[str] | None = None
        """The handles of which the last pull told; `None`: all there are."""
        self._rows: set[str] = set()
        """Handles of rows without ids."""
        self._emptied: dict[int, tuple[Tab, int | None]] = {}
        """Print of an id to where its row was; see `standing.emptied`."""
        self._left: set[str] = set()

    def told(self, handle: str) -> bool:
        """Whether the last pull told of the item, or would have."""
        return self._told is None or handle in self._told

    def has_row(self, handle: str) -> bool:
        """Whether the last pull told of a row without an id under this handle."""
        return handle in self._rows

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """See `Replica.pull`."""
        reader = self._reader
        known = reader.known
        at_cursor = cursor is not None and cursor == reader.opening.cursor
        self.quiet = not self._pulled and reader.same and at_cursor and not again
        if known is not None and self.quiet:
            tabs = known.tabs.items()
            held = {name: frozenset(tab.columns) for name, tab in tabs if tab.id_column is not None}
            return Pull([], False, held, present=known.present)
        if known is None or not reader.at_hand():
            known = reader.anew()
        values, answer = reader.taken()
        pull = self._read(known, values, again if at_cursor and not reader.moved else None)
        known.digest, known.present = answer.digest if answer else "", pull.present
        self._pulled = True
        return pull

    def _read(self, known: Known, values: Mapping[str, Range], again: Collection[str] | None) -> Pull:
        """`again`: the handles to tell of in any case; `None`: tell of all there are."""
        known.standing, before = {}, self._before.standing
        known.emptied = {}
        self._emptied, self._left, self._rows = {}, set(), set()
        pull = Pull([], True, {})
        holds: dict[str, frozenset[str]] = {}
        for name, tab in known.tabs.items():
            if tab.id_column is None:
                pull.troubles.append(_no_ids(tab))
            else:
                known.standing[name], holds[name] = _standing(tab, values[name]), frozenset(tab.columns)
        skipped = None if again is None else self._unchanged(known, again)
        locale = file_locale(known.locale, self._reader.opening.locale)
        for name in holds:
            tab, skip = known.tabs[name], skipped[name] if skipped else frozenset[int]()
            found = read_tab(tab, values[name].rows, locale, skip)
            self._left |= found.left
            pull.items += found.items
            self._fill_again(tab, found, known.standing[name], pull)
            pull.present += len(skip)
        pull.present += len(pull.items)
        pull.holds, pull.complete = holds, skipped is None
        if pull.complete:
            pull.whole = frozenset(self._missing(known, holds))
        known.standing = {**before, **known.standing}
        self._rows = {item.handle for item in pull.items if item.handle.startswith("row:")}
        handles = {item.handle for item in pull.items} | {trouble.handle for trouble in pull.troubles}
        self._told = None if pull.complete else handles
        return pull

    def _unchanged(self, known: Known, again: Collection[str]) -> dict[str, frozenset[int]] | None:
        """Kind to the rows of which there is nothing to tell; `None` where all have to be told."""
        before = self._before
        if before.emptied or known.tabs.keys() != known.standing.keys():
            return None
        found: dict[str, frozenset[int]] = {}
        look_at = {print_of_id(handle) for handle in again}
        for name, now in known.standing.items():
            was = before.standing.get(name)
            if was is None or was.unstamped:
                return None
            same = now.unchanged(was, look_at)
            if same is None:
                return None
            found[name] = frozenset(same)
        there = {one for now in known.standing.values() for one in now.ids}
        return found if look_at <= there else None

    def _missing(self, known: Known, kinds: Collection[str]) -> set[str]:
        """The kinds of which an id is in no row any more; what is known of it is kept for `confirm`."""
        found = {kind for kind, _ in self._before.emptied.values() if kind in kinds}
        for name in kinds:
            was, now = self._before.standing.get(name), known.standing[name]
            if was is None:
                continue
            gone = {one for one in was.ids if one} - set(now.ids)
            if gone:
                found.add(name)
                empty = emptied(was, now)
                everything = len(empty) >= _MANY and len(empty) == sum(map(bool, was.ids))
                tab = known.tabs[name]
                self._emptied |= {} if everything else {one: (tab, row) for one, row in empty.items()}
        return found

    def _fill_again(self, tab: Tab, found: TabReading, now: Standing, pull: Pull) -> None:
        """Rows that lost everything but their ids tell nothing, so that everything is written to them anew."""
        was = self._before.standing.get(tab.kind.name)
        ids = set(was.ids) if was else set()
        everything = len(found.blank) >= _MANY and len(found.blank) == sum(map(bool, now.ids))
        for id, row in found.blank.items():
            if everything or print_of_id(id) not in ids:
                pull.troubles.append(_hollow(tab, id, row))
                continue
            where = f"{tab.title}, row {row + 1}"
            pull.items.append(blank_row(tab, id, where))
            pull.troubles.append(_emptied(tab, where))

    def confirm(self, handles: Sequence[str]) -> Pull:
        """See `Confirming.confirm`."""
        known = self._reader.known
        assert known is not None, "confirmed without a pull"
        pull = Pull([], False, {})
        for handle in handles:
            tab, row = self._emptied.get(print_of_id(handle), (None, None))
            if tab is None and handle in self._before.emptied:
                tab = known.tabs.get(self._before.emptied[handle][0])
            if tab is None or handle in self._left:
                continue
            known.emptied[handle] = tab.kind.name, row
            where = tab.title if row is None else f"{tab.title}, row {row + 1}"
            pull.items.append(blank_row(tab, handle, where))
            pull.troubles.append(_emptied(tab, where))
        return pull


def _standing(tab: Tab, found: Range) -> Standing:
    first, title = tab.heading_row + 1, tab.columns.get(tab.kind.title[0])
    return Standing.of(
        tab.sheet,
        first,
        found.bottom,
        used(tab, found.rows),
        found.rows,
        lambda row: stamped(tab, row),
        title,
    )


def _emptied(tab: Tab, where: str) -> Trouble:
    label = tab.kind.label.lower()
    return Trouble(
        where, f"the row of a {label} was emptied, not deleted: it is filled again", f"To delete the {label}, delete the whole row."
    )  # fmt: skip


def _hollow(tab: Tab, id: str, row: int) -> Trouble:
    remedy = f"Undo it, or delete the whole row if the {tab.kind.label.lower()} is to go; nothing else was changed."
    where = f"{tab.title}, row {row + 1}"
    return Trouble(where, "has lost everything but its id", remedy, kind=tab.kind.name, handle=id, field=ID)


def _no_ids(tab: Tab) -> Trouble:
    return Trouble(f"tab {tab.title}", "has lost its hidden column of ids",
                   "Undo that, or run setup: it brings the column back and matches the rows anew. Nothing was changed.",
                   kind=tab.kind.name, field=ID)  # fmt: skip
