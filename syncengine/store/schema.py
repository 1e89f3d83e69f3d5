"""The state's tables (SQLAlchemy Core; SQLite by default, PostgreSQL)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

from syncengine.store.database import VERSION

__all__ = ["VERSION", "metadata"]

metadata = MetaData()

UNSETTLED = text("state != 'agreed'")
"""The few shadows that a run has to look at; a query that says it word for word finds them by their index."""

OPEN = text("state = 'open'")
"""As `UNSETTLED`, for the conflicts that wait for somebody."""

meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))

records = Table(
    "records", metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_key", Text, nullable=False),  # folded: how names are looked up
    Column("pair", String),  # the pair it belongs to; derived, kept for look-up
    Column("deleted", Boolean, nullable=False),
    Column("fields", LargeBinary, nullable=False),  # JSON
    Index("records_title", "kind", "title_key"),
    Index("records_pair", "pair"),
)  # fmt: skip

links = Table(
    "links", metadata,
    Column("record", String, primary_key=True),
    Column("target", String, primary_key=True),  # a record that this one refers to
    Index("links_target", "target"),
)  # fmt: skip

shadows = Table(
    "shadows", metadata,
    Column("replica", String, primary_key=True),
    Column("record", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("handle", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("held", LargeBinary, nullable=False),  # JSON
    Column("extra", LargeBinary),  # JSON: Shadow.extra()
    Index("shadows_handle", "replica", "handle"),
    Index("shadows_unsettled", "replica", "record", sqlite_where=UNSETTLED),
    Index("shadows_record", "record"),
)  # fmt: skip

replicas = Table(
    "replicas", metadata,
    Column("name", String, primary_key=True),
    Column("connector", String, nullable=False),
    Column("place", String),
    Column("mapping", LargeBinary),  # JSON: audience, and kind to the fields it could hold when last read
    Column("cursor", LargeBinary),
)  # fmt: skip

runs = Table(
    "runs", metadata,
    Column("id", Integer, primary_key=True),
    Column("started", String, nullable=False),
    Column("ended", String),
    Column("status", String, nullable=False),
    Column("reason", String, nullable=False),  # sync, setup, resolve, undo of run 7 …
    Column("summary", LargeBinary),  # JSON
)  # fmt: skip

history = Table(
    "history", metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("record", String, nullable=False),
    Column("source", String, nullable=False),  # a replica's name, or "mentorsync" for what the engine made
    Column("rule", String, nullable=False),
    Column("who", String),
    Column("at", String),
    Column("changes", LargeBinary, nullable=False),  # JSON: field to [before, after]
    Index("history_record", "record"),
    Index("history_run", "run"),
)  # fmt: skip

conflicts = Table(
    "conflicts", metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("record", String, nullable=False),
    Column("field", String, nullable=False),
    Column("question", String),  # the record that shows it to people
    Column("state", String, nullable=False),  # open, answered
    Column("detail", LargeBinary, nullable=False),  # JSON: base, kept, lost
    Index("conflicts_open", "record", sqlite_where=OPEN),
)  # fmt: skip

troubles = Table(
    "troubles", metadata,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("replica", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("handle", Text, nullable=False),
    Column("field", String, nullable=False),
    Column("location", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("value", Text, nullable=False),
    Index("troubles_place", "replica", "handle"),
)  # fmt: skip


def for_postgresql() -> None:
    """Give the partial indexes their condition there as well: to declare it would load that dialect in every run."""
    for table in metadata.tables.values():
        for index in table.indexes:
            index.dialect_kwargs["postgresql_where"] = index.dialect_kwargs.get("sqlite_where")
