"""The witness: whether what a program's tools and its state hold is what the design promises.

Each function returns what is wrong, in words; nothing when all is well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product

import orjson

from syncengine.model.fieldtypes import Flag, Ref
from syncengine.model.kind import Kind, Record
from syncengine.model.values import Named, Unreadable, Value
from syncengine.store import Store, open_store
from syncengine.testing.people import Team
from syncengine.testing.tool import Row, Tool


@contextmanager
def _state(team: Team) -> Iterator[Store]:
    store = open_store(team.program.state_url)
    try:
        yield store
    finally:
        store.close()


def lost_words(team: Team) -> list[str]:
    """Words that a sync has read and that are now neither in a record, nor in a conflict, nor in the history.

    A box that is not ticked says nothing that a blank does not say.
    """
    with _state(team) as store:
        kept = set(_kept(store))
    return [
        f"{word} is nowhere"
        for word in team.read
        if (value := team.means(word)) is not None
        and value is not False
        and _key(word.field, value) not in kept
    ]


def _kept(store: Store) -> Iterator[bytes]:
    for record in [*store.all_records(), *store.all_records(deleted=True)]:
        yield from (_key(name, value) for name, value in record.fields.items())
    for change in store.history():
        yield from (_key(name, value) for name, both in change.changes.items() for value in both)
    for row in store.conflicts(state=None):
        yield _key(row.field, row.detail["base"])
        yield from (_key(row.field, one["value"]) for one in (row.detail["kept"], *row.detail["lost"]))


def _key(field: str, value: Value) -> bytes:
    return orjson.dumps([field, bool(value) if isinstance(value, bool) else value])


def wrongly_deleted(team: Team) -> list[str]:
    """Records deleted although nobody took them away having seen all that people had written (rules 3, 4)."""
    found = []
    with _state(team) as store:
        records = {r.id: r for deleted in (False, True) for r in store.all_records(deleted=deleted)}
        for record in store.all_records(deleted=True):
            burial = [c for c in store.history(record=record.id) if "deleted" in c.changes][-1]
            if burial.rule != "deleted":
                continue
            there = [d for d in team.deletions if d.desk == burial.source]
            seen = [d.seen for d in there if d.id == record.id or d.id not in records or d.copy]
            unseen = [_unseen(team, record, burial.source, fields, records) for fields in seen]
            if not seen or all(unseen):
                found.append(
                    f"{record} was deleted by {burial.source}: {unseen or 'nobody took it away there'}"
                )
    return found


def _unseen(
    team: Team, record: Record, desk: str, seen: Mapping[str, Sequence[object]], records: Mapping[str, Record]
) -> list[str]:
    """The fields of a record whose value somebody had not seen in the row."""
    kind, tool, locale = team.program.template.kinds[record.kind], team.tools[desk], team.program.locale
    wrong = []
    for name in tool.columns[record.kind] & seen.keys():
        field, value = kind.fields[name], _showable(tool, kind, name, record.fields.get(name), records)
        if field.computed or value is None:
            continue
        lossy = field.type.read(tool.lossy(record.kind, name, value), locale)
        shown = [field.type.read(raw, locale) for raw in seen[name]]
        if not any(
            isinstance(s, Named | Unreadable) or s == lossy or field.type.equal(s, value) for s in shown
        ):
            wrong.append(f"{name}: {shown!r} was seen, {value!r} was it")
    return wrong


def disagreements(team: Team) -> list[str]:
    """Where tools and records differ, and what is somewhere twice, or missing, or where it may not be."""
    with _state(team) as store:
        records = {record.id: record for record in store.all_records()}
        named = records | {record.id: record for record in store.all_records(deleted=True)}
        former = _former(store)
    found = []
    for desk, tool in team.tools.items():
        rows = [row for row in tool.rows.values() if row.kind in team.program.template.kinds]
        desk_is_a_pairs = team.desks[desk].audience != "program"
        counted = Counter(row.id for row in rows)
        if desk_is_a_pairs and team.desks[desk].audience not in records:
            del counted[None]  # nobody reads it any more: what people go on to write there is theirs
        found += [
            f"{desk}: {counted[id]} rows have the id {id}" for id in counted if id is None or counted[id] > 1
        ]
        may = {
            id: kind
            for id, record in records.items()
            if (kind := _may_hold(team, desk, record, records)) is not None
        }
        found += [
            f"{desk} lacks {records[id]}"
            for id in may
            if id not in counted and tool.takes(records[id].kind, records[id].fields)
        ]
        for row in rows:
            if row.id in may:
                found += _differences(team, desk, row, records[row.id], may[row.id], named, former)
            elif (
                row.id in named and _may_hold(team, desk, named[row.id], records) is None and desk_is_a_pairs
            ):
                continue  # it was let go of before it was deleted, and is the pair's to keep (rule 18)
            elif row.id is not None and row.id not in records:
                found.append(f"{desk} has {row}, which is no record")
            elif not desk_is_a_pairs:
                found.append(f"{desk} has {row}, which is not for it")
    return found


def _may_hold(team: Team, desk: str, record: Record, records: Mapping[str, Record]) -> Kind | None:
    kind, audience = team.program.template.kinds[record.kind], team.desks[desk].audience
    if audience == "program":
        private = kind.audience == "pair" or (kind.private_if and record.fields.get(kind.private_if))
        return None if private else kind
    if audience not in records:  # the pair is gone, and its replica waits
        return None
    mine = own_pair(record, records) == audience or record.id in _members(records[audience])
    return kind if mine else None


def _members(pair: Record) -> list[str]:
    members = pair.fields.get("members")
    return members if isinstance(members, list) else []


def own_pair(record: Record, records: Mapping[str, Record]) -> str | None:
    """The pair a record belongs to, found the slow way."""
    said = {"pair": record.fields.get("pair"), "goal": record.fields.get("goal")}
    if record.kind == "pair":
        return record.id
    if isinstance(said["pair"], str):
        return said["pair"]
    if (
        record.kind in ("progress", "win", "resource")
        and isinstance(said["goal"], str)
        and said["goal"] in records
    ):
        through = own_pair(records[said["goal"]], records)
        if through or record.kind != "win":
            return through
    person = record.fields.get({"goal": "person", "commitment": "who", "win": "who"}.get(record.kind, ""))
    pairs = [r.id for r in records.values() if r.kind == "pair" and person in _members(r)]
    return pairs[0] if person and len(pairs) == 1 else None


def _differences(
    team: Team,
    desk: str,
    row: Row,
    record: Record,
    kind: Kind,
    records: Mapping[str, Record],
    former: Mapping[str, set[str]],
) -> list[str]:
    tool, locale = team.tools[desk], team.program.locale
    wrong = []
    for name in tool.columns.get(kind.name, set()) & kind.fields.keys():
        field, wanted = kind.fields[name], _showable(tool, kind, name, record.fields.get(name), records)
        shown = field.type.read(row.fields.get(name), locale)
        if isinstance(shown, Unreadable):
            fine = any(word.raw == row.fields.get(name) for word in team.words)
        elif isinstance(shown, Named):
            fine = _folded(shown.text) in map(_folded, _names(wanted, records, former)) or _unknown(
                team, shown.text, field.ref or "", records
            )
        else:
            fine = field.type.equal(shown, wanted) or shown == field.type.read(
                tool.lossy(kind.name, name, wanted), locale
            )
        if not fine:
            wrong.append(f"{desk} shows {name} {row.fields.get(name)!r} for {wanted!r} of {record}")
    return wrong


def _showable(tool: Tool, kind: Kind, name: str, value: Value, records: Mapping[str, Record]) -> Value:
    """The value of a field without the deleted records that it refers to, where the tool hides those."""
    if not tool.hides_deleted or not kind.fields[name].ref:
        return value
    ids = value if isinstance(value, list) else [str(value)] if value else []
    living = [id for id in ids if id not in records or not records[id].deleted]
    return (living or None) if isinstance(value, list) else value if living else None


def _names(value: Value, records: Mapping[str, Record], former: Mapping[str, set[str]]) -> set[str]:
    """The ways in which a reference may be written: with the end of the id behind a name, where it is another's too.

    What is deleted is called there as it was called when it was written; nobody follows its name.
    """
    ids = value if isinstance(value, list) else [str(value)] if value else []
    titles = [({_title(records[id])} if id in records else {id}, id) for id in ids]
    titles = [(now | former[id] if id in former and records[id].deleted else now, id) for now, id in titles]
    ways = product(*[[f"{one}{end}" for one in said for end in ("", f" ({id[-4:]})")] for said, id in titles])
    return {"; ".join(sorted(way)) for way in ways}


def _folded(text: str) -> str:
    """A name without the signs that a link or a file's name can't have."""
    return re.sub(r"[^\w;]+", " ", text).strip()


def _former(store: Store) -> dict[str, set[str]]:
    """Record to what it was ever called."""
    found: dict[str, set[str]] = {}
    for change in store.history():
        for name in change.changes.keys() & {"name", "title"}:
            said = {" ".join(one.split()) for one in change.changes[name] if isinstance(one, str)}
            found.setdefault(change.record, set()).update(said)
    return found


def _title(record: Record) -> str:
    said = str(record.fields.get("name") or record.fields.get("title") or record.kind.capitalize())
    return " ".join(said.split())


def _unknown(team: Team, text: str, kind: str, records: Mapping[str, Record]) -> bool:
    """Whether somebody typed this name, and it means nobody, or several."""
    typed = any(word.raw == text for word in team.words)
    titles = [_title(r).casefold() for r in records.values() if r.kind == kind and not r.deleted]
    said = " ".join(text.split()).casefold()
    whole = [title for title in titles if title == said]
    first = [title for title in titles if title.split(" ", 1)[0] == said]
    return typed and len(whole or first) != 1


def _says(text: str, word: str) -> bool:
    """Whether the word stands in the text, and not as the beginning of another ("word 1" in "word 12")."""
    return re.search(re.escape(word) + r"(?!\d)", text) is not None


def told(team: Team) -> list[str]:
    """Words of pairs' own fields that stand in a tool of the whole program (names of people, and yes and no, are no secret)."""
    kinds = team.program.template.kinds
    secret = {
        str(word.raw)
        for word in team.words
        if (kinds[word.kind].audience == "pair" or kinds[word.kind].fields[word.field].audience == "pair")
        and not isinstance(kinds[word.kind].fields[word.field].type, Ref | Flag)
    }
    return [
        f"{desk} shows {text!r}"
        for desk, tool in team.tools.items() if team.desks[desk].audience == "program"
        for row in tool.rows.values() for text in map(str, row.fields.values())
        if any(_says(text, word) for word in secret if len(word) > 3)
    ]  # fmt: skip
