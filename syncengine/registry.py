"""Finding connectors: plug-ins by entry point, loaded when a program uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, distributions, entry_points

from syncengine.connector import Connector
from syncengine.errors import ConfigError

GROUP = "syncengine.connectors"

_PARTS = ("name", "capabilities", "validate", "open", "unchanged")
"""Of every `Connector`; said here because a plug-in may hand us anything."""


def available() -> dict[str, EntryPoint]:
    """Every connector that is installed, by name; of two that share a name, ours, else the first by package."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(_points(), key=lambda p: (not p.value.startswith("syncengine_"), p.value)):
        found.setdefault(point.name, point)
    return found


def _points() -> Iterable[EntryPoint]:
    try:
        return entry_points(group=GROUP)
    except (TypeError, ValueError):  # the list of some package is damaged; all others are still there
        return _undamaged()


def _undamaged() -> Iterator[EntryPoint]:
    for distribution in distributions():
        try:
            yield from distribution.entry_points.select(group=GROUP)
        except (TypeError, ValueError):
            continue


def load_connector(name: str, where: str = "") -> Connector:
    """The connector called `name`. A broken plug-in fails only the program that uses it. Raises `ConfigError`."""
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
