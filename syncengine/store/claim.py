"""One run at a time on a state that several machines share (design rule 14): no lock file of one is seen by the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from syncengine.errors import RunInProgress
from syncengine.store.refusal import refused

_OURS = 0x6D656E74
"""Keeps our lock apart from other programs' in the same database; the schema keeps our programs apart."""
_TRY = f"SELECT pg_try_advisory_lock(({_OURS}::bigint << 32) | coalesce(current_schema()::regnamespace::oid::bigint, 0))"
_NOTICED = (
    # A machine that lost its power says no goodbye: the server lets go of its lock after a minute and a half, not two hours.
    "SET tcp_keepalives_idle = 30",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 6",
)


@contextmanager
def claimed(url: str) -> Iterator[None]:
    """Hold the state at `url` (an SQLAlchemy URL) for this run alone, by a session lock of PostgreSQL's that ends with its
    connection; a file is its folder's, whose lock is enough. Raises `RunInProgress`, `AccessError`."""
    if url.startswith("sqlite:"):
        yield
        return
    from sqlalchemy.exc import DatabaseError

    from syncengine.store.engine import engine_of

    engine = engine_of(url)
    where = engine.url.render_as_string(hide_password=True)
    try:
        if engine.dialect.name != "postgresql":
            yield
            return
        try:
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except DatabaseError as error:
            raise refused(error.orig or error, where) from error
        with connection:
            for setting in _NOTICED:
                connection.exec_driver_sql(setting)
            if not connection.exec_driver_sql(_TRY).scalar():
                raise RunInProgress(
                    "another run of this program holds its state, perhaps on another machine",
                    where=where,
                    remedy="Wait until it has finished, then run again.",
                )
            yield
    finally:
        engine.dispose()
