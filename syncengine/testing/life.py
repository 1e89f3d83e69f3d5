"""A team's life in small steps: what people, the weather and the engine do to a program (see `script` for whole lives).

Every step is a word and three numbers, read against what is there when its turn comes; so any part of a life is a life.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from syncengine.errors import GuardStop
from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field
from syncengine.model.moments import instant
from syncengine.testing import witness
from syncengine.testing.clock import START
from syncengine.testing.memory import Crash, MemoryTool
from syncengine.testing.people import Desk, Team
from syncengine.testing.tool import Impossible, Row

Step = tuple[str, int, int, int]
Say = Callable[[str], None]

FIRST = ("Ada", "Bob", "Eve")
NASTY = (
    "", "🦊👩‍👩‍👧 ", "שלום ", "=1+1 ", "+49 ", "-- ", "@SUM ", '"it\'s" ', "one\ntwo ", "NaN ", "007 ", "TRUE ", "null; ",
    "a, b & c and d ",
)  # fmt: skip
ADDED = ("person", "goal", "progress", "commitment", "win", "resource")
PAIRS_OWN = (*ADDED, "feedback", "reflection")
ANSWERS = ("keep", "1", "2", "no idea", "word of my own")


def trims(kind: str, name: str, value: Any) -> Any:
    """A tool that keeps twelve characters of long texts."""
    long = name in ("why", "notes", "note", "success", "story")
    return value[:12].strip() if isinstance(value, str) and long else value


def shouts(kind: str, name: str, value: Any) -> Any:
    """A tool that writes some texts in capitals."""
    loud = name in ("why", "notes", "blocker", "unit")
    return value.upper() if isinstance(value, str) and loud else value


def rounds(kind: str, name: str, value: Any) -> Any:
    """A tool that keeps whole numbers only."""
    return round(value) if isinstance(value, float) and name in ("percent", "target", "now") else value


ABILITIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "all": ("memory", {}),
    "forgetful": ("memory", {"incremental": True}),
    "incremental": ("memory", {"incremental": True, "tells_gone": True, "names": True}),
    "incremental, lags": ("memory-lagging", {"incremental": True, "tells_gone": True}),
    "lags": ("memory-lagging", {"names": True}),
    "lags, trims": ("memory-lagging", {"lossy": trims}),
    "minutes, trims": ("memory-minutes", {"lossy": trims}),
    "names": ("memory", {"names": True}),
    "no edit times": ("memory-timeless", {"names": True}),
    "rounds": ("memory", {"lossy": rounds}),
    "shouts": ("memory-timeless", {"lossy": shouts, "names": True}),
}


class Life:
    """The life of a team; `say` is told each step."""

    steps: ClassVar[Mapping[str, Callable[..., None]]]
    """The words that a script is made of; see `STEPS`."""

    def __init__(self, team: Team, say: Say = lambda _line: None) -> None:
        self.team, self.say, self.count = team, say, 0

    def act(self, step: Step) -> None:
        """Do one step; what it can't find to act on, or what its tool does not let people do, it leaves."""
        word, a, b, c = step
        try:
            self.steps[word](self, a, b, c)
        except Impossible as reason:
            self.say(f"… which is not possible: {reason}")

    def end(self) -> list[str]:
        """All faults end and everything is read anew; returns what is wrong then."""
        for report in self.team.heal(syncs=3):
            self.say(str(report.as_json()))
        last = self.team.sync(fresh=True)
        writes = [f"a sync after all agree writes {last.as_json()}"] if last.writes else []
        return [*writes, *self.wrong(), *witness.disagreements(self.team)]

    def wrong(self) -> list[str]:
        """What no moment of a life may show: a lost word, a wrong deletion, a pair's word where all can read it."""
        return [
            *witness.lost_words(self.team),
            *witness.wrongly_deleted(self.team),
            *witness.told(self.team),
        ]

    # -- people

    def add(self, a: int, b: int, c: int) -> None:
        """Somebody adds a row."""
        name = self._desk(a)
        kinds = PAIRS_OWN if name == "Own" else ADDED
        said = self.team.program.template.kinds[kinds[b % len(kinds)]]
        if said.name == "person":
            fields: dict[str, Any] = {"name": f"{FIRST[c % 3]} {self._value(said.fields['name'], 0)}"}
        else:
            some = (f for i, f in enumerate(said.fields.values()) if (c >> i) % 3 == 0)
            fields = {f.name: self._value(f, c + i) for i, f in enumerate(some)}
            fields |= {f: self._value(said.fields[f], c) for f in said.title[:1]}
        self.say(f"{name}: add {said.name} {fields}")
        self.team.add(name, said.name, **fields)

    def edit(self, a: int, b: int, c: int) -> None:
        """Somebody writes into a cell."""
        found = self._row(a, *PAIRS_OWN)
        if found is None:
            return
        desk, handle, seen = found
        kind = self.team.program.template.kinds[seen.kind]
        fields = sorted(set(kind.fields) & self.team.tools[desk].columns[seen.kind])
        name = fields[b % len(fields)]
        value = self._value(kind.fields[name], c)
        if c % 6 == 5 and name not in ("name", "title", "what"):
            value = None
        elif isinstance(kind.fields[name].type, ft.RichText) and seen.fields.get(name):
            lines = (seen.fields[name], value) if c % 2 else (f"word {self.count}", seen.fields[name])
            value = "\n".join(lines)
        elif name == "name":
            value = f"{FIRST[c % 3]} {value}"
        self.say(f"{desk}: edit {seen.kind} {handle} {name} = {value!r}")
        self.team.edit(desk, handle, **{name: value})

    def contradict(self, a: int, b: int, c: int) -> None:
        """Two people write into the same field of one record in two tools."""
        found = self._row(a, *ADDED)
        if found is None or found[2].id is None:
            return
        kind = self.team.program.template.kinds[found[2].kind]
        declared = sorted(kind.fields.values(), key=lambda f: f.name)[b % len(kind.fields)]
        for desk, tool in self.team.tools.items():
            for handle, seen in tool.rows.items():
                if seen.id == found[2].id and declared.name in tool.columns[kind.name]:
                    value = self._value(declared, c if desk == found[0] else c // 64)
                    self.say(f"{desk}: also edit {kind.name} {handle} {declared.name} = {value!r}")
                    self.team.edit(desk, handle, **{declared.name: value})
                    break

    def remove(self, a: int, b: int, c: int) -> None:
        """Somebody takes a row away."""
        found = self._row(a, *PAIRS_OWN, "question")
        if found is not None:
            self.say(f"{found[0]}: remove {found[1]} {found[2]}")
            self.team.remove(found[0], found[1])

    def copy(self, a: int, b: int, c: int) -> None:
        """Somebody copies a row, its id included."""
        found = self._row(a, *PAIRS_OWN)
        if found is not None:
            self.say(f"{found[0]}: copy {found[1]} {found[2]}")
            self.team.copy(found[0], found[1])

    def restamp(self, a: int, b: int, c: int) -> None:
        """Somebody empties the cell of an id, or writes something else into it."""
        found, other = self._row(a, *PAIRS_OWN), self._row(b, *PAIRS_OWN)
        if found is None or other is None:
            return
        id = (None, "not an id", other[2].id, self.team.ids(START))[c % 4]
        self.say(f"{found[0]}: restamp {found[1]} {found[2]} with {id}")
        self.team.restamp(found[0], found[1], id)

    def move(self, a: int, b: int, c: int) -> None:
        """Somebody cuts a row and pastes it elsewhere."""
        found = self._row(a)
        if found is not None and found[2].id is not None:
            self.say(f"{found[0]}: move {found[1]} {found[2]}")
            self.team.move(found[0], found[1])

    def answer(self, a: int, b: int, c: int) -> None:
        """Somebody answers a question."""
        found = self._row(a, "question")
        if found is not None:
            self.say(f"{found[0]}: answer {found[1]} {found[2].fields} with {ANSWERS[b % len(ANSWERS)]}")
            self.team.edit(found[0], found[1], answer=ANSWERS[b % len(ANSWERS)])

    def members(self, a: int, b: int, c: int) -> None:
        """The pair gets other members."""
        found = self._row(a, "pair")
        if found is not None:
            names = {self._name("person", 2 + 5 * (b >> shift)) for shift in range(3)}
            self.say(f"{found[0]}: members {found[1]} {names}")
            self.team.edit(found[0], found[1], members="; ".join(sorted(names)))

    # -- the weather

    def drop_column(self, a: int, b: int, c: int) -> None:
        """Somebody deletes a column."""
        name, kind = self._desk(a), ADDED[b % len(ADDED)]
        columns = sorted(self.team.tools[name].columns.get(kind, ()))
        if len(columns) > 2:
            self.say(f"{name}: drop column {columns[c % len(columns)]} of {kind}")
            self.team.drop_column(name, kind, columns[c % len(columns)])

    def mend_columns(self, a: int, b: int, c: int) -> None:
        """`setup` is run again."""
        self.say("setup")
        self.team.setup()

    def partial(self, a: int, b: int, c: int) -> None:
        """Reads of a tool break off after some items, or no longer do."""
        tool = self.team.tools[self._desk(a)]
        if isinstance(tool, MemoryTool):
            tool.fails_after = b % 7 if c % 2 else None
            self.say(f"{self._desk(a)}: fails after {tool.fails_after}")

    def offline(self, a: int, b: int, c: int) -> None:
        """A tool goes away, or comes back."""
        tool = self.team.tools[self._desk(a)]
        if isinstance(tool, MemoryTool):
            tool.offline = not tool.offline
            self.say(f"{self._desk(a)}: offline {tool.offline}")

    def wait(self, a: int, b: int, c: int) -> None:
        """Time passes."""
        self.team.clock.tick(minutes=(1, 5, 60 * 24)[a % 3])

    # -- the engine

    def sync(self, a: int, b: int, c: int) -> None:
        """A run; every fourth reads everything anew."""
        try:
            self.say(f"sync {self.team.sync(fresh=a % 4 == 0).as_json()}")
        except GuardStop as stop:
            self.say(f"sync stopped: {stop}")
        wrong = self.wrong()
        assert not wrong, wrong

    def die(self, a: int, b: int, c: int) -> None:
        """A run that is killed on its way."""
        try:
            self.team.sync(die_at=1 + a % 40)
        except (Crash, GuardStop) as end:
            self.say(f"sync died at {1 + a % 40}: {end!r}")

    # -- choices

    def _desk(self, number: int) -> str:
        return sorted(self.team.tools)[number % len(self.team.tools)]

    def _row(self, number: int, *kinds: str) -> tuple[str, str, Row] | None:
        rows = [(desk, handle, row) for desk, tool in sorted(self.team.tools.items()) for handle, row in tool.rows.items()
                if not kinds or row.kind in kinds]  # fmt: skip
        return rows[number % len(rows)] if rows else None

    def _value(self, field: Field, flavour: int) -> Any:
        """Something that nobody wrote before, as far as the type allows; now and then something unreadable."""
        self.count += 1
        n, type, odd = self.count, field.type, flavour % 7 == 0
        if isinstance(type, ft.RichText):
            return f"{NASTY[flavour % len(NASTY)]}\n\nword {n}\nlast"
        if isinstance(type, ft.Email):
            return f"p{n}@example.org"
        if isinstance(type, ft.Percent):
            return f"about {n}" if odd else 1 + n / 100
        if isinstance(type, ft.Number):
            return f"many {n}" if odd else (type.least or 1000) + n / 100
        if isinstance(type, ft.Date):
            return f"some day {n}" if odd else (date(1950, 1, 1) + timedelta(n)).isoformat()
        if isinstance(type, ft.Instant):
            return instant(START + timedelta(hours=n), self.team.program.locale.zone)
        if isinstance(type, ft.Choice):
            return f"whatever {n}" if odd else type.options[n % len(type.options)]
        if isinstance(type, ft.Flag):
            return bool(n % 2)
        if isinstance(type, ft.Ref):
            return self._name(type.to, flavour)
        return f"{NASTY[flavour % len(NASTY)]}word {n}"

    def _name(self, kind: str, flavour: int) -> str:
        rows = [row for tool in self.team.tools.values() for row in tool.rows.values() if row.kind == kind]
        names = [str(row.fields.get("name") or row.fields.get("title")) for row in rows]
        known = names[flavour % len(names)] if names else "Nobody"
        return ("Nobody", known.split(" ")[0])[flavour % 5] if flavour % 5 < 2 else known


Life.steps = STEPS = {
    method.__name__: method
    for method in (
        Life.add, Life.edit, Life.contradict, Life.remove, Life.copy, Life.restamp, Life.move, Life.answer, Life.members,
        Life.drop_column, Life.mend_columns, Life.partial, Life.offline, Life.wait, Life.sync, Life.die,
    )
}  # fmt: skip


def in_memory(
    folder: str, abilities: tuple[str, ...], own: str | None, say: Say = lambda _line: None
) -> Life:
    """A team in `folder` whose tools have the named `abilities`; the pair has a place of its own where `own` names one."""
    desks = [Desk(f"T{n}", ABILITIES[a][0], weaknesses=ABILITIES[a][1]) for n, a in enumerate(abilities)]
    team = Team(folder, desks)
    for name in FIRST:
        team.add("T0", "person", name=f"{name} {name}son")
    team.add("T0", "pair", name="Duo", members="Ada; Bob")
    team.sync()
    team.sync()
    if own is not None:
        pair = next(row.id for row in team.tools["T0"].rows.values() if row.kind == "pair")
        team.join(Desk("Own", ABILITIES[own][0], str(pair), ABILITIES[own][1]))
    return Life(team, say)
