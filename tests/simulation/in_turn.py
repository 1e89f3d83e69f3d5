"""Pools of threads that do one thing after the other: so that points come in one order, and a seed is always the same life."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any, Self
from unittest.mock import patch

_POOLS = (
    "concurrent.futures.ThreadPoolExecutor",
    "syncengine_notion.bodies.ThreadPoolExecutor",
    "syncengine_notion.lanes.ThreadPoolExecutor",
    "syncengine_notion.pulling.ThreadPoolExecutor",
)


@contextmanager
def in_turn() -> Iterator[None]:
    """Inside, no pool has threads."""
    with ExitStack() as stack:
        for name in _POOLS:
            stack.enter_context(patch(name, _InTurn))
        yield


class _InTurn:
    """What a pool of threads does, by one."""

    def __init__(self, *_args: object, **_options: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def map(self, act: Callable[..., Any], *among: Iterable[Any]) -> list[Any]:
        return [act(*one) for one in zip(*among, strict=True)]

    def submit(self, act: Callable[..., Any], *args: Any, **options: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(act(*args, **options))
        except Exception as error:
            future.set_exception(error)
        return future
