"""The sections of `mentorsync.toml` as data, with what each value has to be.

pydantic checks a file against them (`checking`), and is loaded then only: a run on a file that is known to be right
needs no more than this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncengine.model.cadence import read_break
from syncengine.model.template import names


class Strict:
    """A section in which a key that is not known is an error."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


class Checked(NamedTuple):
    """What a value has to be, beyond its type: `check` returns it, or raises `ValueError` with what to write instead.

    `before`: it sees the value as it is written; else once its type is right.
    """

    check: Callable[[Any], Any]
    before: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        if self.before:
            return core_schema.no_info_before_validator_function(self.check, handler(source))
        return core_schema.no_info_after_validator_function(self.check, handler(source))


class Within(NamedTuple):
    """Bounds, both inclusive: of a number, or of the length of a text."""

    least: int
    most: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        schema = handler(source)
        bounds = ("min_length", "max_length") if schema["type"] == "str" else ("ge", "le")
        return {
            **schema,
            **{
                key: value
                for key, value in zip(bounds, (self.least, self.most), strict=True)
                if value is not None
            },
        }


def _zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{zone!r} is not a time zone; write one like Europe/Berlin") from None
    return zone


def _template(name: str) -> str:
    if name not in names():
        raise ValueError(f"there is no template {name!r}; use one of: {', '.join(names())}")
    return name


def _preset(name: str | None) -> str | None:
    if name is not None and name not in names("presets"):
        raise ValueError(f"there is no preset {name!r}; use one of: {', '.join(names('presets'))}")
    return name


def _replica_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}", name):
        raise ValueError(
            f"{name!r} can't be a replica's name; use letters, digits, blanks and . _ - (at most 60)"
        )
    return name


def _plain(value: object) -> object:
    """TOML has dates and times of its own."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _breaks(said: Any) -> Any:
    """Breaks as text; TOML has dates of its own."""
    if not isinstance(said, list):
        raise ValueError('has to be a list, like ["2026-12-21 to 2027-01-03", 2026-05-01]')  # noqa: TRY004 - pydantic's
    texts = [str(one) for one in said]
    for text in texts:
        read_break(text)
    return texts


_Plain = Annotated[str | None, Checked(_plain, before=True)]


@dataclass
class ProgramSection(Strict):
    """`[program]`."""

    name: Annotated[str, Within(1)]
    template: Annotated[str, Checked(_template)] = "structured"
    preset: Annotated[str | None, Checked(_preset)] = None
    zone: Annotated[str, Checked(_zone)] = "UTC"
    dates: Literal["iso", "day-first", "month-first"] = "iso"
    decimal_comma: bool = False
    state: str = ".mentorsync/state.sqlite3"
    days_back: Annotated[int, Within(0, 366)] = 30
    days_ahead: Annotated[int, Within(0, 366)] = 60
    breaks: Annotated[list[str] | None, Checked(_breaks, before=True)] = None
    """Days and weeks in which nobody meets."""
    people: str | None = None
    """A CSV file with a heading line: name, email, offers, wants, zone, pair (`starting.py` reads it)."""


@dataclass
class ReplicaSection(Strict):
    """`[[replica]]`: our keys; the connector's own are beside them."""

    name: Annotated[str, Checked(_replica_name)]
    connector: str
    audience: str = "program"
    settings: dict[str, Any] = field(default_factory=dict)
    """The connector's own keys (`checking` puts them here)."""


@dataclass
class PersonSection(Strict):
    """`[[person]]`: somebody to start with; later changes are made in the tools. `starting.py` reads the values."""

    name: Annotated[str, Within(1)]
    email: str | None = None
    offers: str | None = None
    wants: str | None = None
    zone: str | None = None


@dataclass(kw_only=True)
class PairSection(Strict):
    """`[[pair]]`: two to six people, and how often they meet. `starting.py` reads the values."""

    name: str | None = None
    members: list[str]
    every: str | None = None
    first_meeting: _Plain = None
    time: _Plain = None
    zone: str | None = None
    minutes: int | None = None
    until: _Plain = None
    link: str | None = None


@dataclass
class MailSection(Strict):
    """`[mail]`: how `mentorsync invite --send` sends."""

    sender: str
    """Who invites: the organizer of every meeting, `coordinator@example.org`."""
    smtp: str = "localhost:25"
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = None


def _ping(said: str | None) -> str | None:
    if said is not None and not said.startswith(("env:", "file:", "keyring:")):
        raise ValueError(
            "whoever knows this address can say that all is well: write it as file:PATH, keyring:NAME or env:NAME"
        )
    return said


def _addresses(said: Any) -> Any:
    """One address, or several."""
    return [said] if isinstance(said, str) else said


def _mailable(said: list[str]) -> list[str]:
    for address in said:
        if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", address):
            raise ValueError(f"{address!r} is no e-mail address; write it like coordinator@example.org")
    return said


@dataclass
class ScheduleSection(Strict):
    """`[schedule]`: how a scheduled run tells people, and a watcher, how things are."""

    mail: Annotated[list[str], Checked(_addresses, before=True), Checked(_mailable)] = field(
        default_factory=list
    )
    """Who is told by e-mail, sent by [mail]."""
    command: list[str] = field(default_factory=list)
    """A program and its arguments; the message is on its standard input."""
    ping: Annotated[str | None, Checked(_ping)] = None
    """The address of a dead-man's switch, as a secret."""


@dataclass
class GuardsSection(Strict):
    """`[guards]`: from where on a run stops before it writes (docs/cli.md, Guards)."""

    mass_deletion_percent: Annotated[int, Within(1, 100)] = 50
    mass_deletion_from: Annotated[int, Within(2)] = 5
    whole_kind_from: Annotated[int, Within(1)] = 4
    restored_from: Annotated[int, Within(2)] = 4


@dataclass
class ProgramFile(Strict):
    """The whole file."""

    program: ProgramSection
    replica: list[ReplicaSection] = field(default_factory=list)
    person: list[PersonSection] = field(default_factory=list)
    pair: list[PairSection] = field(default_factory=list)
    mail: MailSection | None = None
    schedule: ScheduleSection | None = None
    guards: GuardsSection = field(default_factory=GuardsSection)


SECTIONS = {
    "program": ProgramSection,
    "replica": ReplicaSection,
    "person": PersonSection,
    "pair": PairSection,
    "mail": MailSection,
    "schedule": ScheduleSection,
    "guards": GuardsSection,
}
