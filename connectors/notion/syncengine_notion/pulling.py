"""Reading a workspace: one query for each table, whole where that costs no more or is due, else what was edited since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from syncengine.connector import Item, Opening, Pull, Trouble
from syncengine.model.ids import is_id
from syncengine.model.kind import Kind
from syncengine.model.values import Named
from syncengine_notion.answers import Refused
from syncengine_notion.bodies import Bodies
from syncengine_notion.client import Wire
from syncengine_notion.doubles import Doubles
from syncengine_notion.finding import look
from syncengine_notion.layout import Layout, Table, title_field
from syncengine_notion.memory import Memory
from syncengine_notion.reading import OVERLAP, SMALL, Rows, minute, read_rows
from syncengine_notion.rows import People, Reader, away, checksum, lies_in, unseen

Json = dict[str, Any]


class Puller:
    """One read, and what it leaves behind for the writes of the same run."""

    def __init__(self, wire: Wire, opening: Opening, memory: Memory, bodies: Bodies, lanes: int) -> None:
        assert memory.layout is not None
        self._wire, self._memory, self._lanes = wire, memory, lanes
        self._opening, self._layout = opening, memory.layout
        self._due = timedelta(minutes=opening.settings["full_read_minutes"])
        self.tables: dict[str, Table] = {}
        self.readers: dict[str, Reader] = {}
        self.people = People(memory.pages, memory.trashed)
        self.rows: dict[str, Json] = {}
        """Page to row, of everything read in this run."""
        self.kinds: dict[str, str] = {}
        self.looked: dict[str, float] = {}
        """Kind to when its table was last looked at, by the wire's clock."""
        self._troubles: list[Trouble] = []
        self._bodies = bodies
        self.doubles = Doubles(wire, memory)

    def pull(self, again: Collection[str]) -> Pull:
        """See `Replica.pull`. Never complete, for only a page that was looked at is gone; see `whole` and `confirm`."""
        self._troubles = []
        self._open()
        found = self._read_all()
        for rows in found:
            self._note(rows.kind, rows.rows.values())
        wanted = set(again) | set(self._memory.again)
        for rows in found:
            self._texts(rows.kind, rows.rows.values(), whole=rows.whole)
        pages, gone = self._look(sorted(wanted - self.rows.keys() - {""}))
        self._memory.again = []
        items = [*self._items(row for rows in found for row in rows.rows.values()), *pages]
        for rows in found:
            self._remember(rows)
        holds = {rows.kind: self._holds(rows) for rows in found if not rows.gone}
        whole = frozenset(rows.kind for rows in found if rows.whole and not rows.gone)
        present = sum(self._memory.rows.get(kind, 0) for kind in holds)
        return Pull(items, False, holds, gone, self._troubles, present, whole)

    def confirm(self, handles: Sequence[str]) -> Pull:
        """Each page by itself: reading one shows its latest state, which a list may lag behind."""
        self._troubles = []
        items, gone = self._look(handles)
        return Pull(items, False, {}, gone, self._troubles)

    def look_again(self, kind: str) -> dict[str, Json]:
        """The rows of a table edited since this run read it: people go on while we write."""
        table, since = self.tables[kind], self._memory.since.get(kind)
        self.looked[kind] = self._wire.now()
        fresh = read_rows(self._wire, kind, table.source, since).rows if since else {}
        newer = {page: row for page, row in fresh.items() if row["last_edited_by"]["id"] != self._memory.bot}
        self._note(kind, newer.values())
        return newer

    # -- tables

    def _open(self) -> None:
        """Which tables there are. Looked at anew when everything is, and when a complete read is due."""
        self.tables = dict(self._layout.tables)
        if self._memory.bot is None:
            self._memory.bot = self._wire.read("GET", "users/me")["id"]
        template = self._opening.template
        if not self._memory.since or self._is_due(min(self._memory.listed.values(), default="")):
            self._verify(self._layout)
        self.tables = {name: table for name, table in self.tables.items() if name in template.kinds}
        for name, table in self.tables.items():
            self.readers[name] = Reader(
                template.kinds[name], table, self._opening.locale, self.people.linked(self._ask), self._whole
            )

    def _verify(self, layout: Layout) -> None:
        for found in look(self._wire, self._opening.template, layout):
            name = found.kind.name
            if found.state == "there" and found.table is not None and name in layout.tables:
                layout.tables[name].options.update(found.table.options)
            elif name in self.tables:
                del self.tables[name]
                self._lost(
                    found.kind, "is in the trash" if found.state == "trashed" else "can't be seen any more"
                )

    def _lost(self, kind: Kind, why: str) -> None:
        remedy = "Restore it and share it with the connection, or run: mentorsync setup"
        self._troubles.append(Trouble(f"database {kind.plural}", why, remedy))

    def _is_due(self, listed: str) -> bool:
        if not listed:
            return True
        return self._wire.today() - datetime.fromisoformat(listed) >= self._due

    def _read_all(self) -> list[Rows]:
        """Every table, several at a time; the wire's pace holds for all together."""
        kinds = list(self.tables)
        if self._lanes == 1 or len(kinds) < 2:
            found = [self._read(kind) for kind in kinds]
        else:
            with ThreadPoolExecutor(self._lanes, thread_name_prefix="notion") as pool:
                found = list(pool.map(self._read, kinds))
        for rows in found:
            if rows.gone:
                del self.tables[rows.kind]
                self._lost(self._opening.template.kinds[rows.kind], "can't be seen any more")
        return found

    def _read(self, kind: str) -> Rows:
        self.looked[kind] = self._wire.now()
        return read_rows(self._wire, kind, self.tables[kind].source, self._start(kind))

    def _start(self, kind: str) -> str | None:
        """Where the read of changes starts; `None` where the table is read whole."""
        small = self._memory.rows.get(kind, 0) <= SMALL
        due = self._is_due(self._memory.listed.get(kind, ""))
        return None if small or due else self._memory.since.get(kind)

    def _remember(self, rows: Rows) -> None:
        memory, moment = self._memory, rows.heard or self._wire.today()
        memory.since[rows.kind] = minute(moment - OVERLAP)
        if rows.whole:
            memory.listed[rows.kind] = moment.isoformat(timespec="seconds")
            memory.rows[rows.kind] = len(rows.rows)
        else:
            memory.rows[rows.kind] = max(memory.rows.get(rows.kind, 0), len(rows.rows))

    def _holds(self, rows: Rows) -> frozenset[str]:
        """The fields the table can hold now: by its rows, else as it was last known."""
        row = next(iter(rows.rows.values()), None)
        if row is not None:
            reader = self.readers[rows.kind]
            self._memory.holds[rows.kind] = sorted(reader.holds(row))
            for name, now in reader.retyped(row):
                label = reader.kind.fields[name].label
                self._troubles.append(Trouble(
                    f"database {reader.kind.plural}, property {now}", f"has another type now, so it does not hold {label} any more",
                    "Change its type back, or run: mentorsync setup (it makes a new property beside it)."))  # fmt: skip
        known = self._memory.holds.get(rows.kind)
        table = self.tables[rows.kind]
        names = [*table.properties, table.body] if known is None else known
        return frozenset(names) & frozenset(self._opening.template.kinds[rows.kind].fields)

    # -- rows

    def _note(self, kind: str, rows: Iterable[Json]) -> None:
        """Who is who, before any reference is read."""
        reader = self.readers[kind]
        made = title_field(reader.kind) is None
        for row in rows:
            page, id, title = row["id"], reader.id_of(row), reader.title_of(row)
            self.rows[page], self.kinds[page] = row, kind
            if self.doubles.note(row, id):
                self.people.trashed[page] = str(id)  # where it is going
                self.people.records.pop(page, None)
            elif id is not None and is_id(id):
                if not self.people.overwritten(page, id):
                    self.people.records[page] = id
                self.people.trashed.pop(page, None)
            elif page not in self.people.records:  # else somebody wrote over its id, and gets that back
                self.people.names[page] = title
            if made and self._memory.titles.get(page, 0) != checksum(title):
                self._memory.titles.pop(page, None)

    def _texts(self, kind: str, rows: Iterable[Json], *, whole: bool = False) -> None:
        """Read the texts of pages that somebody may have changed. A set-up looks at properties only."""
        if not self.readers[kind].prose or self._opening.anew:
            return
        due = whole and self._is_due(self._memory.vouched.get(kind, ""))
        self._bodies.read(rows, due=due)
        if due:
            self._memory.vouched[kind] = self._wire.today().isoformat(timespec="seconds")

    def _items(self, rows: Iterable[Json]) -> list[Item]:
        found = []
        for row in rows:
            reader, text = self.readers[self.kinds[row["id"]]], self._bodies.texts.get(row["id"])
            if reader.blank(row, text):
                continue
            if not self.doubles.theirs(row, text, reader):
                continue
            item = reader.item(row, self._memory.bot, text)
            if any(isinstance(value, Named) for value in item.fields.values()):
                self._memory.again.append(row["id"])  # by the next read what it names has an id
            found.append(item)
        return found

    def _look(self, pages: Sequence[str]) -> tuple[list[Item], list[str]]:
        """Pages one by one: the items that are there, the handles of those in the trash; troubles for the rest."""
        there: list[Json] = []
        gone: list[str] = []
        for page in pages:
            row = self._page(page)
            if row is None:
                kind = self.kinds.get(page, "")
                plural = self._opening.template.kinds[kind].plural if kind else "Notion"
                self._troubles.append(unseen(page, kind, plural))
                continue
            home = next((kind for kind, table in self.tables.items() if lies_in(row, table)), None)
            if row["in_trash"]:
                gone.append(page)
                if page in self.people.records:
                    self.people.trashed[page] = self.people.records.pop(page)
            elif home is None:
                self._troubles.append(away(row, self.kinds.get(page, "")))
            else:
                self._note(home, [row])
                self._texts(home, [row])
                there.append(row)
        return self._items(there), gone

    def _page(self, page: str) -> Json | None:
        try:
            return self._wire.read("GET", f"pages/{page}")
        except Refused as refused:
            if refused.status != 404:
                raise
            return None

    def _ask(self, page: str) -> None:
        """A relation names a page that this run knows nothing of."""
        row = self._page(page)
        home = next((kind for kind, table in self.tables.items() if row and lies_in(row, table)), None)
        if row is None or home is None:
            self.people.names[page] = ""
            return
        id = self.readers[home].id_of(row)
        if id is not None and is_id(id):
            (self.people.trashed if row["in_trash"] else self.people.records)[page] = id
        else:
            self.people.names[page] = self.readers[home].title_of(row)

    def _whole(self, page: str, property: str, kind: str) -> Json:
        """A value of more parts than a page's answer holds, in full."""
        parts = [one[kind] for one in self._wire.listed(f"pages/{page}/properties/{property}")]
        return {"id": property, "type": kind, kind: parts}
