"""Where the configuration names the person: whoever is listed there would be made anew by the next setup."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator

from syncengine.config import Program
from syncengine.core.forget import Forgetting
from syncengine.model.words import Words


def mentions(program: Program, way: Forgetting) -> list[str]:
    """What to change in `mentorsync.toml` and the list of people before anybody is forgotten, line by line; [] for nothing."""
    names = {one.casefold() for one in _called(way)}
    return [*_sections(program, way, names), *_list(program, names), *_other_lines(program, way.words)]


def _called(way: Forgetting) -> Iterator[str]:
    """Name and address of the person, single words too: a section that says exactly this means them."""
    person = way.removed.get(way.person)
    for name in ("name", "email"):
        value = person.fields.get(name) if person else None
        if isinstance(value, str) and value != "(forgotten)":
            yield " ".join(value.split())
    yield from way.words.instead


def _sections(program: Program, way: Forgetting, names: set[str]) -> Iterator[str]:
    for number, person in enumerate(program.file.person):
        if {person.name.casefold(), (person.email or "").casefold()} & names:
            yield f"{program.where('person', number, 'name')}: remove this [[person]] section"
    for number, pair in enumerate(program.file.pair):
        if {member.casefold() for member in pair.members} & names or (pair.name or "").casefold() in names:
            yield (
                f"{program.where('pair', number, 'members')}: remove this [[pair]] section "
                "(the pair itself is in the tools and stays there)"
            )
    for number, replica in enumerate(program.replicas):
        if replica.audience.casefold() in names:
            id = _pair_called(way, replica.audience)
            yield (
                f"{program.where('replica', number, 'audience')}: the pair will have another name; "
                f'write its id: audience = "{id or "…"}"'
            )


def _pair_called(way: Forgetting, title: str) -> str | None:
    return next((id for id, name in way.pairs.items() if name.casefold() == title.casefold()), None)


def _list(program: Program, names: set[str]) -> Iterator[str]:
    said = program.file.program.people
    path = os.path.join(program.folder, said) if said else None
    if path is None or not os.path.exists(path):
        return
    with open(path, encoding="utf-8-sig", newline="") as handle:
        first = handle.readline()
        handle.seek(0)
        for row in (reader := csv.reader(handle, delimiter=max(",;\t", key=first.count))):
            if {" ".join(cell.split()).casefold() for cell in row} & names:
                yield f"{said}, line {reader.line_num}: remove this line"


def _other_lines(program: Program, words: Words) -> Iterator[str]:
    """Whatever else of the file has their name: an address under `share`, a comment."""
    told = set(_lines_of_sections(program))
    for number, line in enumerate(program.text.splitlines(), start=1):
        if words.count(line) and number not in told:
            yield f"{os.path.basename(program.path)}, line {number}: take their name or address out of this line"


def _lines_of_sections(program: Program) -> Iterator[int]:
    """The lines of [[person]], [[pair]] and of `audience`, which are told as such."""
    inside = False
    for number, line in enumerate(program.text.splitlines(), start=1):
        head = line.strip()
        if head.startswith("["):
            inside = head.startswith(("[[person]]", "[[pair]]"))
        if inside or head.startswith("audience"):
            yield number
