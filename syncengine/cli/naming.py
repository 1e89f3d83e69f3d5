"""A record, a field or a conflict by what a person calls it; the same way in every command that takes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.core.naming import Entry
    from syncengine.model.kind import Record
    from syncengine.store import ConflictRow, Store

_HOW = "Say its title as it is in the tools, part of it, its id, or its address (a link to the page, row, event or file)."
_MOST = 12


def find_record(of: Program, store: Store, text: str, *, deleted_first: bool = False) -> Record:
    """The record that a person means by an id, a title, the beginning or a part of one, or an address from any tool.

    `deleted_first`: of a living record and a deleted one of the same name the deleted is meant. Raises `ConfigError`
    (exit status 2): what is named by nothing; or, where several fit, all of them with kind, pair and the end of the id.
    """
    from syncengine.core.naming import exact, is_address, partial, words_of

    said = text.strip()
    if not said:
        raise ConfigError("no record is named", remedy=_HOW)
    entries = _entries(of, store)
    found = exact(said, entries, deleted_first=deleted_first)
    problems: list[str] = []
    if not found and is_address(said):
        meant, problems = _linked(of, store, said)
        found = [entry for entry in entries if entry.id in meant]
        found = found or exact(words_of(said), entries, deleted_first=deleted_first)
    found = found or partial(said, entries, deleted_first=deleted_first)
    if len(found) == 1:
        return store.records([found[0].id])[found[0].id]
    if found:
        raise ConfigError(
            "\n".join([f"“{text}” could be any of these:", *_candidates(of, store, found)]),
            remedy="Say the whole title, or the end of the id at the end of its line.",
        )
    what = "no tool knows the address" if is_address(said) else "there is no record called"
    raise ConfigError("\n".join([f"{what} “{text}”", *problems]), remedy=_HOW)


def find_field(of: Program, record: Record, text: str) -> str:
    """The field of a record by its name or its heading; raises `ConfigError`."""
    kind = of.template.kinds[record.kind]
    for field in kind.fields.values():
        if text.strip().casefold() in (field.name.casefold(), field.label.casefold()):
            return field.name
    raise ConfigError(
        f"a {kind.label.lower()} has no field “{text}”", remedy=f"Use one of: {', '.join(kind.fields)}."
    )


def find_conflict(of: Program, store: Store, text: str) -> ConflictRow:
    """The open conflict that is meant by its number, or by the record (and field) it is about, or by its question.

    Raises `ConfigError`.
    """
    number = text.strip().removeprefix("#")
    if number.isdecimal() and len(number) < 10:
        return _numbered(store, int(number))
    rows = store.conflicts()
    try:
        record, field = find_record(of, store, text), None
    except ConfigError as error:
        head, dot, name = text.rpartition(".")
        if not dot or not head.strip() or "could be any of" in error.reason:
            raise
        record = find_record(of, store, head)
        field = find_field(of, record, name)
    found = [r for r in rows if record.id in (r.record, r.question) and field in (None, r.field)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(f"there is no open conflict about “{text}”", remedy="See: mentorsync conflicts")
    kind = of.template.kinds[record.kind]
    lines = [f"  #{row.id}  {kind.fields[row.field].label}" for row in found]
    raise ConfigError(
        "\n".join([f"“{text}” has {len(found)} open conflicts:", *lines]),
        remedy="Say the number, or RECORD.FIELD.",
    )


def _numbered(store: Store, number: int) -> ConflictRow:
    found = next((row for row in store.conflicts(state=None) if row.id == number), None)
    if found is None:
        raise ConfigError(f"there is no conflict #{number}", remedy="See: mentorsync conflicts")
    if found.state != "open":
        raise ConfigError(f"conflict #{number} is answered already", remedy="See: mentorsync history RECORD")
    return found


def _entries(of: Program, store: Store) -> list[Entry]:
    from syncengine.core.naming import Entry

    return [
        Entry(kind.name, kind.label, id, title, deleted)
        for kind in of.template.kinds.values()
        for deleted in (False, True)
        for id, title in store.titles(kind.name, deleted=deleted)
    ]


def _linked(of: Program, store: Store, address: str) -> tuple[list[str], list[str]]:
    """The records that a pasted address leads to, and why some tool could not be asked."""
    from syncengine.run.links import linking

    with linking(of, store) as links:
        return links.meant(address), [
            f"  replica {name!r} could not be asked: {problem.reason}"
            for name, problem in links.problems.items()
        ]


def _candidates(of: Program, store: Store, found: list[Entry]) -> list[str]:
    from syncengine.core.naming import told

    pairs = store.pairs([entry.id for entry in found])
    titles = dict(store.titles("pair")) | dict(store.titles("pair", deleted=True))
    whose = {record: titles.get(pair or "", "") for record, pair in pairs.items() if record != pair}
    lines = told(found, whose)
    more = [f"  … and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return [f"  {line}" for line in lines[:_MOST]] + more
