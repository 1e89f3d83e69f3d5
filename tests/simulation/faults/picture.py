"""What people see in all tools, and what the state has, without ids and moments of writing: to be compared."""

from __future__ import annotations

import re
from collections import Counter
from itertools import takewhile
from typing import Any

import openpyxl

from syncengine.model.ids import is_id
from syncengine.model.kinds import all_kinds
from tests.simulation.faults.people import People
from tests.simulation.faults.workplace import Workplace

Picture = dict[str, list[str]]
_OURS = re.compile(r"(?m)^(UID|X-MENTORSYNC-\w+|DTSTAMP|LAST-MODIFIED|SEQUENCE|CREATED)[:;].*")
_OPEN_IN = re.compile(r"""(\\+n)*Open in \w+: [^\\'"]+""")
"""The addresses in an agenda wait for the next change of their pair."""
_WORD = re.compile(r"[^\s,;\\\[\]{}'\"]+")
"""Lists and agendas are in the order in which their parts came to be known."""


def picture(place: Workplace) -> Picture:
    """Place or table to its lines, in no order."""
    people = People(place)
    seen: dict[str, list[str]] = {}
    for path in (place.folder / "notes").rglob("*.md"):
        text = re.sub(r"(?m)^(id|mentorsync-id): .*\n", "", path.read_text(encoding="utf-8"))
        seen[str(path.relative_to(place.folder))] = sorted(text.split("\n"))
    for path in (place.folder / "calendar").glob("*.ics"):
        text = path.read_bytes().decode().replace("\r\n ", "").replace(r"\n", "\n")
        seen[path.name] = sorted(_OURS.sub("", text).split("\n"))
    seen |= {f"book {name}": rows for name, rows in _book(place).items()}
    for kind in all_kinds().values():
        if people.place.program.template.kinds.get(kind.name) is None or kind.audience == "pair":
            continue
        rows = [
            people.notion.shows(kind.plural, people.notion.title(row)) for row in _once(people, kind.plural)
        ]
        seen[f"notion {kind.plural}"] = sorted(
            str({k: v for k, v in row.items() if "id" not in k}) for row in rows
        )
        seen[f"sheet {kind.plural}"] = _tab(people, kind.name)
    seen["gcal"] = _events(people)
    seen["records"] = _records(place)
    return seen


def _once(people: People, table: str) -> list[Any]:
    """The rows of a table; two of one title, or of one id, are told of."""
    rows = people.notion.rows(table)
    twice = [title for title, times in Counter(people.notion.title(row) for row in rows).items() if times > 1]
    assert not twice, f"notion {table} has twice: {twice}"
    return rows


def _book(place: Workplace) -> dict[str, list[str]]:
    book = openpyxl.load_workbook(place.folder / "program.xlsx")
    found = {}
    for sheet in book.worksheets:
        lines = list(sheet.iter_rows(values_only=True))
        hidden = (
            {at for at, head in enumerate(lines[0]) if head is not None and "id" in str(head).split()}
            if lines
            else set()
        )
        rows = [[str(v) for at, v in enumerate(line) if v is not None and at not in hidden] for line in lines]
        found[sheet.title] = sorted(str(row) for row in rows if row)
    book.close()
    return found


def _tab(people: People, kind: str) -> list[str]:
    hands = people.sheet.hands(kind)
    heads = {column: str(cell.value) for column, cell in hands.tab.row(0).items() if cell.value is not None}
    shown = [c for c, head in heads.items() if "id" not in head.split()]
    rows = [{heads[c]: hands.see(n, c) for c in shown} for n in range(1, len(hands.tab.rows))]
    return sorted(str(row) for row in rows if any(row.values()))


def _events(people: People) -> list[str]:
    found = []
    for stored in people.gcal.events.calendar.events.values():
        if stored.cancelled:
            continue
        says = ("summary", "start", "end", "recurrence", "location", "attendees", "description")
        found.append(str({k: stored.body.get(k) for k in says}))
        found += [
            f"{stored.body['summary']} {slot}: { {k: own.get(k) for k in (*says, 'status')} }"
            for slot, own in stored.exceptions.items()
        ]
    return sorted(found)


def _records(place: Workplace) -> list[str]:
    """The living records; ids in them are named by what they are called."""
    with place.store() as store:
        titles = {
            id: title
            for kind in all_kinds()
            for deleted in (False, True)
            for id, title in store.titles(kind, deleted=deleted)
        }
        return sorted(
            f"{r.kind} { {k: _named(v, titles) for k, v in sorted(r.fields.items()) if v is not None} }"
            for r in store.all_records()
        )


def _named(value: Any, titles: dict[str, str]) -> Any:
    if isinstance(value, list):
        return sorted(str(_named(one, titles)) for one in value)
    return titles.get(value, value) if isinstance(value, str) and is_id(value) else value


def mails(place: Workplace) -> Counter[tuple[str, str, str]]:
    """Who was told what about which meeting."""
    return Counter((mail.to, mail.kind, mail.summary) for mail in place.calendar.outbox.mails)


def differences(before: Picture, after: Picture) -> list[str]:
    """Where two pictures differ, line by line; of lines that are much the same only from where they differ."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        one, two = Counter(before.get(name, [])), Counter(after.get(name, []))
        lacks, has = sorted((one - two).elements()), sorted((two - one).elements())
        for was, now in zip(lacks, has, strict=False):
            same = max(
                0, sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(was, now, strict=False))) - 30
            )
            found.append(f"{name}: …{was[same : same + 120]}… is …{now[same : same + 120]}…")
        found += [f"{name}: lacks {line}" for line in lacks[len(has) :]]
        found += [f"{name}: has as well {line}" for line in has[len(lacks) :]]
    return found


def words(shown: Picture) -> Picture:
    """Of each line its words, in no order."""
    return {
        name: sorted(
            filter(None, (" ".join(sorted(_WORD.findall(_OPEN_IN.sub("", line)))) for line in lines))
        )
        for name, lines in shown.items()
    }
