"""Finding connectors: plug-ins by entry point, loaded when a program uses them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from syncengine.connector import Connector
from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "syncengine.connectors"
_OURS = "syncengine_"

_PARTS = ("name", "capabilities", "validate", "open", "unchanged")
"""Of every `Connector`; said here because a plug-in may hand us anything."""


def available() -> dict[str, EntryPoint]:
    """Every connector that is installed, by name; of two that share a name, ours, else the first by package."""
    return _available(tuple(sys.path))


@cache
def _available(path: tuple[str, ...]) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in sorted(_points(), key=lambda p: (not p.value.startswith(_OURS), p.value)):
        found.setdefault(point.name, point)
    return found


def _points() -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points  # dear: it looks into every package on the path

    try:
        return entry_points(group=GROUP)
    except (TypeError, ValueError):  # the list of some package is damaged; all others are still there
        return _undamaged()


def _undamaged() -> Iterator[EntryPoint]:
    from importlib.metadata import distributions

    for distribution in distributions():
        try:
            yield from distribution.entry_points.select(group=GROUP)
        except (TypeError, ValueError):
            continue


def places_of(names: Iterable[str]) -> dict[str, str]:
    """Where those of the named connectors are that come with mentorsync: as `load_connector` takes it."""
    points = available()
    return {
        name: points[name].value for name in names if name in points and points[name].value.startswith(_OURS)
    }


def load_connector(name: str, where: str = "", place: str | None = None) -> Connector:
    """The connector called `name`. A broken plug-in fails only the program that uses it. Raises `ConfigError`.

    `place`: where it was found before (`places_of`); it is looked for only if it is not there.
    """
    known = _at(place) if place else None
    if known is not None:
        return known
    points = available()
    if name not in points:
        raise ConfigError(f"there is no connector called {name!r}", where=where,
                          remedy=f"Use one of: {', '.join(sorted(points))}; or install the package that brings it.")  # fmt: skip
    try:
        connector: Connector = points[name].load()
        lacking = [part for part in _PARTS if not hasattr(connector, part)]
        if lacking:
            raise TypeError(f"it has no {', '.join(lacking)}")
    except (
        Exception,
        SystemExit,
    ) as error:  # a plug-in can fail in any way; it must not take the others down
        raise ConfigError(f"the connector {name!r} can't be loaded: {type(error).__name__}: {error}", where=where,
                          remedy=f"Reinstall or remove its package ({points[name].value}).") from error  # fmt: skip
    return connector


def _at(place: str) -> Connector | None:
    module, _, attribute = place.partition(":")
    if not module.startswith(_OURS):
        return None
    try:
        connector: Connector = getattr(import_module(module), attribute)
    except Exception:  # whatever it is, the long way tells it
        return None
    return connector
