"""What the engine remembers between runs."""

from __future__ import annotations

from contextlib import AbstractContextManager

from syncengine.store.engine import connect
from syncengine.store.happenings import Happenings
from syncengine.store.program import ProgramState
from syncengine.store.records import Records
from syncengine.store.shadows import Shadows


def open_store(url: str) -> Store:
    """The store at `url`; raises `AccessError`."""
    return Store(connect(url))


class Store(Records, Shadows, Happenings, ProgramState):
    """One open connection. Every write happens inside `transaction()`."""

    def close(self) -> None:
        """What was not committed is undone."""
        self._db.close()

    def transaction(self, *, keep: bool = True) -> AbstractContextManager[None]:
        """All or nothing; with `keep=False` nothing (a dry run)."""
        return self._db.transaction(keep=keep)

    def reading(self) -> AbstractContextManager[None]:
        """Everything read within is of one moment; writers elsewhere are not held up afterwards."""
        return self._db.reading()
