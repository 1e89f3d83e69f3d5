"""Every statement of the store, said in SQLAlchemy Core and worded for a database.

The words for SQLite are kept in `sqlite.json`, so that a run on it loads no SQLAlchemy: that costs more time than all
the queries of a run. A test holds the file to what is said here. To write it anew, after any change:

    python -m syncengine.store.statements
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    Executable,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement

from syncengine.store import schema as t
from syncengine.store.database import SQLITE, Words


class Among(ColumnElement[bool]):
    """`column` is one of the list given as `name`: a single value to bind, however long the list is."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column, self.list = column, bindparam(name, type_=ARRAY(column.type))


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **how: Any) -> str:
    column, list = compiler.process(element.column, **how), compiler.process(element.list, **how)
    return f"{column} IN (SELECT value FROM json_each({list}))"  # noqa: S608 - a column and a parameter, both ours


@compiles(Among)
def _among(element: Among, compiler: Any, **how: Any) -> str:
    return f"{compiler.process(element.column, **how)} = ANY({compiler.process(element.list, **how)})"


def worded(dialect: Dialect) -> dict[str, Words]:
    """Each statement in the words of a database whose driver counts its parameters (PEP 249: qmark, format)."""
    if dialect.name == "postgresql":
        t.for_postgresql()
    return {name: _worded(statement, dialect) for name, statement in _statements(dialect).items()}


def _worded(statement: Executable, dialect: Dialect) -> Words:
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every statement can be
    names = list(compiled.positiontup or ())
    said = {name: value for name, value in compiled.params.items() if value is not None}
    return Words(" ".join(str(compiled).split()), names, said)


def _statements(dialect: Dialect) -> Mapping[str, Executable]:
    return {**_records(dialect), **_shadows(dialect), **_happenings(), **_program(dialect)}


def _records(dialect: Dialect) -> Mapping[str, Executable]:
    records, links = t.records, t.links
    whole = select(records.c.id, records.c.kind, records.c.fields, records.c.deleted)
    living, buried = records.c.deleted.is_(False), records.c.deleted == bindparam("deleted")
    of_kind = records.c.kind == bindparam("kind")
    names = select(records.c.id, records.c.title)
    return {
        "records": whole.where(Among(records.c.id, "ids")),
        "records of all kinds": whole.where(buried).order_by(records.c.id),
        "records of a kind": whole.where(buried, of_kind).order_by(records.c.id),
        "records by title": whole.where(of_kind, records.c.title_key == bindparam("key"), living),
        "records of a pair": whole.where(records.c.pair == bindparam("pair"), living).order_by(records.c.id),
        "titles": names.where(of_kind, buried),
        "records mentioning": select(links.c.record).join(records, records.c.id == links.c.record)
        .where(Among(links.c.target, "ids"), living).distinct(),
        "pairs of records": select(records.c.id, records.c.pair).where(Among(records.c.id, "ids")),
        "count records": select(records.c.kind, func.count()).where(living).group_by(records.c.kind),
        "heads of records": select(records.c.id, records.c.kind, records.c.title, records.c.pair, records.c.deleted)
        .where(Among(records.c.id, "ids")),
        "put records": _put(records, dialect),
        "put fields": update(records).values(fields=bindparam("to")).where(records.c.id == bindparam("record")),
        "links of records": select(links).where(Among(links.c.record, "ids")),
        "put links": insert(links),
        "drop links": delete(links).where(links.c.record == bindparam("from"), links.c.target == bindparam("target")),
    }  # fmt: skip


def _shadows(dialect: Dialect) -> Mapping[str, Executable]:
    shadows = t.shadows.c
    here, these = shadows.replica == bindparam("replica"), Among(shadows.record, "ids")
    open_ones = (here, t.UNSETTLED, shadows.state != "released", shadows.state != "leaving")
    again: Select[Any] = select(shadows.handle).where(
        here, t.UNSETTLED, or_(shadows.state == "stale", shadows.state == "leaving")
    )
    troubled = select(t.troubles.c.handle).where(
        t.troubles.c.replica == bindparam("replica"), t.troubles.c.handle != ""
    )
    return {
        "shadows": select(t.shadows).where(here),
        "shadows of records": select(t.shadows).where(here, these),
        "states of shadows": select(shadows.record, shadows.state).where(here, these),
        "shadows at handles": select(t.shadows).where(here, Among(shadows.handle, "handles")),
        "open shadows": select(t.shadows).where(*open_ones).order_by(shadows.record),
        "doubtful handles": union(again, troubled),
        "holders": select(shadows.record, shadows.replica).where(these),
        "count shadows": select(shadows.kind, func.count()).where(here, shadows.state != "creating").group_by(shadows.kind),
        "put shadows": _put(t.shadows, dialect),
        "mark shadows": _becoming("to").where(here, these),
        "mark created": update(t.shadows).values(handle=bindparam("at"), state=literal_column("'agreed'"))
        .where(here, shadows.record == bindparam("id"), shadows.state == literal_column("'creating'")),
        "mark behind": _becoming("to").where(these, or_(shadows.state == "agreed", shadows.state == "released")),
        "drop shadows": delete(t.shadows).where(here),
        "drop shadows of records": delete(t.shadows).where(here, these),
    }  # fmt: skip


def _becoming(name: str) -> Update:
    # What can't be done ends the transaction: so SQLite need not keep every page for undoing the statement alone.
    return update(t.shadows).values(state=bindparam(name)).prefix_with("OR ROLLBACK", dialect="sqlite")


def _happenings() -> Mapping[str, Executable]:
    """History, conflicts and troubles."""
    history, conflicts, troubles = t.history, t.conflicts, t.troubles
    here = troubles.c.replica == bindparam("replica")
    told = select(history).order_by(history.c.id)
    asked = select(conflicts).order_by(conflicts.c.id)
    return {
        "history": told,
        "history of a record": told.where(history.c.record == bindparam("record")),
        "history of a run": told.where(history.c.run == bindparam("run")),
        "add history": _add(history),
        "conflicts": asked,
        "open conflicts": select(conflicts).where(t.OPEN).order_by(conflicts.c.record),
        "conflicts in a state": asked.where(conflicts.c.state == bindparam("state")),
        "add conflicts": _add(conflicts),
        "answer conflicts": update(conflicts).where(Among(conflicts.c.id, "ids")).values(state=bindparam("to")),
        "troubles": select(troubles).order_by(troubles.c.id),
        "add troubles": _add(troubles),
        "drop troubles": delete(troubles).where(here),
        "drop troubles at handles": delete(troubles).where(here, Among(troubles.c.handle, "handles")),
    }  # fmt: skip


def _program(dialect: Dialect) -> Mapping[str, Executable]:
    """Replicas, runs, notes to self."""
    replicas, runs, meta = t.replicas, t.runs, t.meta
    named = replicas.c.name == bindparam("replica")
    end: dict[Any, Any] = {column: bindparam(column) for column in ("ended", "status", "summary")}
    return {
        "replicas": select(replicas),
        "put replicas": _put(replicas, dialect),
        "drop replica": delete(replicas).where(named),
        "put cursor": update(replicas).where(named).values(cursor=bindparam("to")),
        "runs": select(runs).order_by(runs.c.id.desc()).limit(bindparam("most", type_=runs.c.id.type)),
        "begun": select(runs.c.id, runs.c.started).where(Among(runs.c.id, "ids")),
        "start run": insert(runs).values({c: bindparam(c) for c in ("started", "status", "reason")}).returning(runs.c.id),
        "end run": update(runs).where(runs.c.id == bindparam("run")).values(end),
        "note": select(meta.c.value).where(meta.c.key == bindparam("which")),
        "put notes": _put(meta, dialect),
    }  # fmt: skip


def _add(table: Table) -> Executable:
    """Insert rows whose numbers the database gives: of all other columns, in the table's order."""
    return insert(table).values({c.name: bindparam(c.name) for c in table.columns if c.name != "id"})


def _put(table: Table, dialect: Dialect) -> Executable:
    """Insert or replace rows: of all columns, in the table's order."""
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]  # same interface
    statement = upsert(table).values({c.name: bindparam(c.name) for c in table.columns})
    keys = [column.name for column in table.primary_key]
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def sqlite_words() -> bytes:
    """What `sqlite.json` has to hold."""
    import orjson
    from sqlalchemy.dialects.sqlite import dialect

    words = worded(dialect(paramstyle="qmark"))
    return (
        orjson.dumps({name: list(said) for name, said in words.items()}, option=orjson.OPT_INDENT_2) + b"\n"
    )


if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(__file__), SQLITE), "wb") as handle:
        handle.write(sqlite_words())
