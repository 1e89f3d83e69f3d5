"""Stand-ins of online tools for `demo --sandbox`: found by entry point, as connectors are.

A package that brings a sandbox may offer it under the group `syncengine.sandboxes`: a callable without arguments that
returns a `StandIn`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.metadata import entry_points
from typing import Any, Protocol

from syncengine.errors import ConfigError

GROUP = "syncengine.sandboxes"


class Tool(Protocol):
    """A tool that people use while it stands in for the real one."""

    name: str
    """Of its replica, and of its connector."""
    settings: Mapping[str, str | int]
    """The replica's keys in the config."""
    about: str
    """For people: what it is, in a line."""

    def edit(self, table: str, title: str, label: str, value: Any) -> None:
        """Somebody changes one value of a record."""

    def add(self, table: str, values: Mapping[str, Any]) -> None:
        """Somebody adds a record, without an id."""

    def shown(self, table: str, title: str) -> Mapping[str, Any]:
        """What people see of a record there."""


StandIn = AbstractContextManager[Tool]


@contextmanager
def stand_ins() -> Iterator[list[Tool]]:
    """Every stand-in that is installed, at work; raises `ConfigError` where there is none."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    if not points:
        raise ConfigError(
            "no stand-in of an online tool is installed", remedy="Run: mentorsync demo (without --sandbox)"
        )
    with ExitStack() as stack:
        yield [stack.enter_context(point.load()()) for point in points]


def section(tool: Tool) -> str:
    """The replica's section of the config."""
    lines = [
        f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"'
        for key, value in tool.settings.items()
    ]
    head = f'[[replica]]\nname = "{tool.name}"\nconnector = "{tool.name}"\n'
    return f"\n# A stand-in on this machine, for as long as the demo runs.\n{head}" + "\n".join(lines) + "\n"
