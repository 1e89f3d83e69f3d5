"""Finding connectors: plug-ins by entry point, loaded when a program uses them."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from syncengine.connector import Connector
from syncengine.errors import ConfigError

GROUP = "syncengine.connectors"


def available() -> dict[str, EntryPoint]:
    """Every connector that is installed, by name; of two that share a name, ours, else the first by package."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(
        entry_points(group=GROUP), key=lambda p: (not p.value.startswith("syncengine_"), p.value)
    ):
        found.setdefault(point.name, point)
    return found


def load_connector(name: str, where: str = "") -> Connector:
    """The connector called `name`. A broken plug-in fails only the program that uses it. Raises `ConfigError`."""
    points = available()
    if name not in points:
        raise ConfigError(f"there is no connector called {name!r}", where=where,
                          remedy=f"Use one of: {', '.join(sorted(points))}; or install the package that brings it.")  # fmt: skip
    try:
        connector: Connector = points[name].load()
    except Exception as error:  # a plug-in can fail in any way; it must not take the others down
        raise ConfigError(f"the connector {name!r} can't be loaded: {type(error).__name__}: {error}", where=where,
                          remedy=f"Reinstall or remove its package ({points[name].value}).") from error  # fmt: skip
    return connector
