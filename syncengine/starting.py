"""The people and pairs a program starts with: from `[[person]]`, `[[pair]]` and the list of people (CSV)."""

from __future__ import annotations

import csv
import difflib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from syncengine.config import Program
from syncengine.config.sections import PairSection, PersonSection
from syncengine.errors import ConfigError
from syncengine.model.cadence import cadence_of, read_time, read_zone
from syncengine.model.ids import IdSource, new_id
from syncengine.model.values import Fields, Unreadable
from syncengine.run.work import Wish

Titles = Callable[[str], Sequence[tuple[str, str]]]
"""Kind to (id, title) of every record of it."""

_COLUMNS = ("name", "email", "offers", "wants", "zone")
_STRICT = {"zone": read_zone, "time": read_time}
"""Texts that have to mean something here."""
_LIMIT = 6
"""The largest circle (docs/model.md)."""


@dataclass
class Entry:
    """One person or pair as it is said, and where: for messages."""

    said: dict[str, object]
    where: Callable[[str], str]
    """Key to `mentorsync.toml, line 12`."""
    members: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.said["name"])


def starting_people(program: Program, titles: Titles, now: datetime, ids: IdSource = new_id) -> list[Wish]:
    """Wishes for the people and pairs that the program does not have yet, matched by name.

    Raises `ConfigError` with every line that has to be mended; then nothing is added.
    """
    listed = _Listed(program)
    known: dict[str, list[str]] = {}
    for id, title in titles("person"):
        known.setdefault(title.casefold(), []).append(id)
    wishes: list[Wish] = []
    for person in listed.people.values():
        fields = listed.read("person", person)
        if person.name.casefold() not in known:
            id = ids(now + timedelta(milliseconds=len(wishes)))  # so that they are listed in this order
            known[person.name.casefold()] = [id]
            wishes.append(Wish(id, fields, "mentorsync", "config", kind="person"))
    there = {title.casefold() for _, title in titles("pair")}
    for pair in listed.pairs.values() if "pair" in program.template.kinds else ():
        fields = {**listed.read("pair", pair), "members": listed.members(pair, known)}
        if pair.name.casefold() not in there:
            id = ids(now + timedelta(milliseconds=len(wishes)))
            wishes.append(Wish(id, fields, "mentorsync", "config", kind="pair"))
    if listed.problems:
        raise ConfigError("\n  ".join(["needs mending:", *listed.problems]), where="the people and pairs to start with",
                          remedy="Mend these lines and run setup again; nothing of them was added.")  # fmt: skip
    return wishes


class _Listed:
    """Who is listed, with all that is wrong about it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.problems: list[str] = []
        self.people: dict[str, Entry] = {}
        self.pairs: dict[str, Entry] = {}
        groups: dict[str, Entry] = {}
        for entry, group in [*self._sections("person"), *_rows(program)]:
            self._add(self.people, entry, "the person")
            if group:
                line = entry.where("pair")
                made = groups.setdefault(group, Entry({"name": group}, _at(line)))
                made.members.append(entry.name)
        for pair, _ in [*self._sections("pair"), *((pair, "") for pair in groups.values())]:
            pair.said = {**_defaults(program), **pair.said}
            self._add(self.pairs, pair, "the pair")

    def _sections(self, kind: str) -> Iterator[tuple[Entry, str]]:
        sections: Sequence[PersonSection | PairSection] = (
            self.program.file.person if kind == "person" else self.program.file.pair
        )
        for number, section in enumerate(sections):
            said = {key: value for key, value in asdict(section).items() if value is not None}
            members = said.pop("members", [])
            said.setdefault("name", " & ".join((name.split() or [name])[0] for name in members))
            yield Entry(said, partial(self.program.where, kind, number), members), ""

    def _add(self, to: dict[str, Entry], entry: Entry, what: str) -> None:
        twin = to.setdefault(entry.name.casefold(), entry)
        if twin is not entry:
            already = f"{what} “{entry.name}” is listed already ({twin.where('name')})"
            self._tell(entry, "name", f"{already} → Give each a name of its own.")

    def _tell(self, entry: Entry, key: str, problem: str) -> None:
        self.problems.append(f"{entry.where(key)}: {problem}")

    def read(self, kind: str, entry: Entry) -> Fields:
        """The fields of an entry; what is not understood becomes a problem."""
        fields: Fields = {}
        declared, locale = self.program.template.kinds[kind].fields, self.program.locale
        for name, raw in entry.said.items():
            if name not in declared:
                continue  # the template has no such field
            read = declared[name].type.read(raw, locale)
            strict = _STRICT[name](str(raw)) if name in _STRICT else None
            if isinstance(strict, Unreadable):
                read = strict
            if isinstance(read, Unreadable):
                self._unreadable(entry, name, read)
            else:
                fields[name] = read  # type: ignore[assignment]  # no reference is among these: never `Named`
        cadence = cadence_of(fields, locale.zone.key) if kind == "pair" else None
        if isinstance(cadence, Unreadable):
            key = next((name for name, raw in entry.said.items() if str(raw) == cadence.text), "name")
            self._unreadable(entry, key, cadence)
        return _ending(fields, self.program.template.preset.get("weeks")) if "until" in declared else fields

    def _unreadable(self, entry: Entry, key: str, read: Unreadable) -> None:
        self._tell(entry, key, f"{key} “{read.text}” {read.reason} → {read.remedy}")

    def members(self, pair: Entry, known: Mapping[str, list[str]]) -> list[str]:
        """The ids of a pair's members."""
        if not 2 <= len(pair.members) <= _LIMIT:
            people = "one person" if len(pair.members) == 1 else f"{len(pair.members)} people"
            self._tell(
                pair, "members", f"pair “{pair.name}” has {people} → A pair has two, a circle up to {_LIMIT}."
            )
        found: list[str] = []
        for name in pair.members:
            ids = known.get(name.casefold(), [])
            if len(ids) == 1:
                found += ids
                continue
            like = difflib.get_close_matches(name, [person.name for person in self.people.values()], 1)
            reason = f"there are {len(ids)} people called" if ids else "there is nobody called"
            hint = f"; did you mean {like[0]}?" if like and not ids else ""
            self._tell(
                pair,
                "members",
                f"{reason} “{name}”{hint} → Write a name as in [[person]] or the list of people.",
            )
        return sorted(found)


def _at(line: str) -> Callable[[str], str]:
    """A row is one line, whichever of its cells is meant."""
    return lambda _: line


def _defaults(program: Program) -> dict[str, object]:
    preset = program.template.preset
    return {key: preset[key] for key in ("every", "minutes") if key in preset} | {"status": "active"}


def _ending(pair: Fields, weeks: object) -> Fields:
    """A pair that begins on a day and says no end goes on for as many weeks as its preset (a term has an end)."""
    begins = pair.get("first_meeting")
    if pair.get("until") is not None or not isinstance(begins, str) or not isinstance(weeks, int):
        return pair
    first = date.fromisoformat(begins)
    last = min(first.toordinal() + 7 * weeks - 1, date.max.toordinal())
    return {**pair, "until": date.fromordinal(last).isoformat()}


def _rows(program: Program) -> Iterator[tuple[Entry, str]]:
    """Each row of the list of people, and its group. Raises `ConfigError` for a list that can't be used at all."""
    said = program.file.program.people
    if said is None:
        return
    lines = _lines(said, os.path.join(program.folder, said))
    columns = [_column(program, heading) for heading in (lines[0][1] if lines else [])]
    if "name" not in columns:
        found = ", ".join(lines[0][1]) if lines else "nothing"
        raise ConfigError(f"has no column `name`, but: {found}", where=f"{said}, line 1",
                          remedy=f"Write a heading line: {','.join((*_COLUMNS, 'pair'))} (only `name` is needed).")  # fmt: skip
    for number, cells in lines[1:]:
        row = dict(zip(columns, cells, strict=False))
        if not any(cells):
            continue
        if not row.get("name"):
            raise ConfigError("has no name", where=f"{said}, line {number}",
                              remedy="Fill in the column `name`, or remove the line.")  # fmt: skip
        told: dict[str, object] = {key: row[key] for key in _COLUMNS if row.get(key)}
        yield Entry(told, _at(f"{said}, line {number}")), row.get("pair", "")


def _column(program: Program, heading: str) -> str:
    """The key that a heading means: ours, or what people call it in the tools; "" for a column of their own."""
    said = heading.casefold()
    if said == "pair":
        return said
    declared = program.template.kinds["person"].fields
    fields = [declared[name] for name in _COLUMNS if name in declared]  # `light` has no offers and wants
    return next((f.name for f in fields if said in (f.name, f.label.casefold(), *f.aliases)), "")


def _lines(said: str, path: str) -> list[tuple[int, list[str]]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as handle:
            first = handle.readline()
            handle.seek(0)
            # Excel saves a CSV with semicolons where the comma is for decimals
            reader = csv.reader(handle, delimiter=max(",;\t", key=first.count))
            return [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = "it is not in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigError(f"the list of people can't be read: {reason}", where=said,
                          remedy="Save it as CSV in UTF-8 (Excel: “CSV UTF-8”), with headings name, email, pair.") from error  # fmt: skip
