"""Faults on purpose: a process that dies at any point where it touches a tool or the state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from syncengine.store import Store
from syncengine.testing.memory import Crash


class Fuse:
    """Counts the points that a run passes; at the one it is set for, the process dies there."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.passed: list[str] = []

    def __call__(self, what: str) -> None:
        self.passed.append(what)
        if len(self.passed) == self.at:
            raise Crash(what)


@contextmanager
def state_with(fuse: Fuse) -> Iterator[None]:
    """Inside, every transaction of every state passes the fuse before it begins, before and after it commits."""
    whole = Store.transaction

    @contextmanager
    def transaction(self: Store, *, keep: bool = True) -> Iterator[None]:
        fuse("before begin")
        with whole(self, keep=keep):
            yield
            fuse("before commit")
        fuse("after commit")

    with patch.object(Store, "transaction", transaction):
        yield
