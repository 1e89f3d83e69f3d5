"""What is a pair's own reaches no tool of the whole program and no other pair's, in any connector, wherever it was written.

One program on all connectors at once: in memory, Markdown, workbook, iCalendar, Notion, Sheets, Google Calendar; two pairs with
places of their own. People write signs into everything that is between a pair: new records, edits, values that are not
understood, conflicts, answers, deletions. Then the raw stores are searched. `MENTORSYNC_THOROUGH=1` plays many seeds.
"""

from __future__ import annotations

import os
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncengine.model.kinds import all_kinds
from syncengine.testing.memory import MemoryTool
from tests.unit.office import Office, office_in

SEEDS = range(25) if os.environ.get("MENTORSYNC_THOROUGH") else range(1)
KINDS = all_kinds()
BETWEEN = [(kind.name, field.name) for kind in KINDS.values() for field in kind.fields.values()
           if "pair" in (kind.audience, field.audience) and not field.ref and not field.computed]  # fmt: skip
"""Every field that is a pair's own."""


class House:
    """The program, and what each pair wrote between themselves."""

    def __init__(self, office: Office, folder: Path, seed: int) -> None:
        self.office, self.folder, self.random = office, folder, random.Random(seed)
        self.signs: dict[str, list[str]] = {"One": [], "Two": []}
        self.own: dict[str, list[MemoryTool]] = {}
        for name in ("Ada", "Ben", "Cleo", "Dov"):
            office.other.add("person", name=f"{name} Person", email=f"{name.lower()}@example.org")
        for pair, members in (("One", "Ada Person; Ben Person"), ("Two", "Cleo Person; Dov Person")):
            office.other.add(
                "pair", name=pair, members=members, every="week", first_meeting="2026-03-03", time="17:00"
            )
        office.sync()
        sections = [f'[[replica]]\nname = "vault"\nconnector = "markdown"\npath = "{folder}/vault"',
                    f'[[replica]]\nname = "book"\nconnector = "workbook"\npath = "{folder}/book.xlsx"',
                    f'[[replica]]\nname = "dates"\nconnector = "ical"\npath = "{folder}/dates"']  # fmt: skip
        for pair in self.signs:
            self.own[pair] = [MemoryTool.make(f"{folder}-{pair}-{n}", office.clock) for n in (1, 2)]
            sections += [f"[[replica]]\nname = \"{pair}-{n}\"\nconnector = \"memory\"\naudience = '{pair}'\ntool = '{tool.name}'"
                         for n, tool in enumerate(self.own[pair], 1)]  # fmt: skip
            sections.append(
                f"[[replica]]\nname = \"{pair}-vault\"\nconnector = \"markdown\"\naudience = '{pair}'\npath = '{folder}/{pair}-vault'"
            )
        office.configure(*sections)
        assert not office.setup().problems
        office.sync()

    def sign(self, pair: str, what: str) -> str:
        said = f"{pair}secret{len(self.signs[pair])}x {what}"
        self.signs[pair].append(said.split()[0])
        return said

    def text(self, pair: str, kind: str, name: str) -> Any:
        """A sign that the field can't but show: a text, or what is no date, number or choice at all."""
        return self.sign(pair, f"{kind}.{name}")

    def write(self) -> None:
        """One new record of each kind with a field between a pair, with signs in some of those fields."""
        for pair, tools in self.own.items():
            person = {"One": "Ada Person", "Two": "Cleo Person"}[pair]
            for kind in sorted({kind for kind, _ in BETWEEN}):
                names = [name for of, name in BETWEEN if of == kind]
                texts = [n for n in names if KINDS[kind].fields[n].type.name in ("text", "rich text")]
                said = {name: self.text(pair, kind, name) for name in texts}
                said |= {
                    n: self.text(pair, kind, n)
                    for n in names
                    if n not in texts and self.random.random() < 0.3
                }
                refs = {
                    f.name: person
                    for f in KINDS[kind].fields.values()
                    if f.ref == "person" and not f.type.many
                }
                when = {"starts": "2026-03-20 17:00"} if kind == "checkin" else {}
                self.random.choice(tools).add(kind, pair=pair, **refs, **when, **said)

    def differ(self) -> None:
        """The two of a pair write different things into the same field; one of the questions is answered."""
        for pair, tools in self.own.items():
            for kind, name in BETWEEN:
                if KINDS[kind].fields[name].type.name not in ("text", "rich text"):
                    continue
                for tool in tools:
                    for handle, row in list(tool.rows.items()):
                        if row.kind == kind and row.fields.get(name):
                            tool.edit(handle, **{name: self.sign(pair, "otherwise")})

    def answer(self) -> None:
        for pair, tools in self.own.items():
            asked = [handle for handle, row in tools[0].rows.items() if row.kind == "question"]
            assert asked, "they were asked"
            for handle in asked[:2]:
                tools[0].edit(handle, answer=self.sign(pair, "answered"))

    def delete(self) -> None:
        for tools in self.own.values():
            for handle, row in list(tools[0].rows.items()):
                if row.kind in ("reflection", "feedback"):
                    tools[0].remove(handle)

    def stores(self) -> Iterator[tuple[str, str]]:
        """Every replica's raw store."""
        office = self.office
        yield "notion", office.all_notion()
        yield "sheets", office.all_sheets()
        yield "gcal", office.all_calendars()
        yield "memory", repr(vars(office.other))
        for pair, tools in self.own.items():
            for n, tool in enumerate(tools, 1):
                yield f"{pair}-{n}", repr(vars(tool))
        for path in sorted(self.folder.rglob("*")):
            place = path.relative_to(self.folder).parts[0]
            if path.is_file() and place in ("vault", "book.xlsx", "dates", "One-vault", "Two-vault"):
                yield place, path.read_bytes().decode("utf-8", "replace") + str(path)
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as package:
                        yield (
                            place,
                            "".join(
                                package.read(name).decode("utf-8", "replace") for name in package.namelist()
                            ),
                        )

    def nothing_is_told(self) -> None:
        """Each sign stands in its own pair's places at most; unfolded, as calendar lines are."""
        for place, text in self.stores():
            unfolded = text.replace("\r\n ", "")
            for pair, signs in self.signs.items():
                if place.startswith(pair):
                    continue
                assert [sign for sign in signs if sign in unfolded] == [], f"{place} shows what is {pair}'s"


@pytest.mark.parametrize("seed", SEEDS)
def test_no_word_of_a_pair_reaches_a_tool_that_is_not_theirs(tmp_path: Path, seed: int) -> None:
    with office_in(tmp_path) as office:
        house = House(office, tmp_path, seed)
        for act in (house.write, house.differ, house.answer, house.delete):
            act()
            office.sync()
            office.sync()
            house.nothing_is_told()
        shown = "".join(text for place, text in house.stores() if place.startswith("One"))
        assert any(sign in shown for sign in house.signs["One"]), "it was there to be told"
