"""`mentorsync.toml`: one program, its replicas, and (optionally) its first people and pairs.

Errors name the file, the line and what to write instead. Relative paths are relative to the file. A value that
may be a secret is written as `env:NAME`, `file:PATH` or `keyring:NAME` and looked up when it is needed.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from syncengine.errors import ConfigError
from syncengine.model.template import Template, load_template, names
from syncengine.model.values import Locale
from syncengine.secret import look_up

FILE = "mentorsync.toml"
_OWN_KEYS = ("name", "connector", "audience")


class ProgramSection(BaseModel):
    """`[program]`."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    template: str = "structured"
    preset: str | None = None
    zone: str = "UTC"
    dates: Literal["iso", "day-first", "month-first"] = "iso"
    decimal_comma: bool = False
    state: str = ".mentorsync/state.sqlite3"
    days_back: int = Field(default=30, ge=0, le=366)
    days_ahead: int = Field(default=60, ge=0, le=366)
    people: str | None = None
    """A CSV file with a heading line: name, email, offers, wants, zone, pair (`starting.py` reads it)."""

    @field_validator("zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{zone!r} is not a time zone; write one like Europe/Berlin") from None
        return zone

    @field_validator("template")
    @classmethod
    def _template(cls, name: str) -> str:
        if name not in names():
            raise ValueError(f"there is no template {name!r}; use one of: {', '.join(names())}")
        return name

    @field_validator("preset")
    @classmethod
    def _preset(cls, name: str | None) -> str | None:
        if name is not None and name not in names("presets"):
            raise ValueError(f"there is no preset {name!r}; use one of: {', '.join(names('presets'))}")
        return name


class ReplicaSection(BaseModel):
    """`[[replica]]`: our keys; the connector's own are beside them."""

    model_config = ConfigDict(extra="allow")
    name: str
    connector: str
    audience: str = "program"

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}", name):
            raise ValueError(
                f"{name!r} can't be a replica's name; use letters, digits, blanks and . _ - (at most 60)"
            )
        return name

    @property
    def settings(self) -> dict[str, Any]:
        """The connector's own keys."""
        return {key: value for key, value in (self.model_extra or {}).items() if key not in _OWN_KEYS}


class PersonSection(BaseModel):
    """`[[person]]`: somebody to start with; later changes are made in the tools. `starting.py` reads the values."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    email: str | None = None
    offers: str | None = None
    wants: str | None = None
    zone: str | None = None


class PairSection(BaseModel):
    """`[[pair]]`: two to six people, and how often they meet. `starting.py` reads the values."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = None
    members: list[str]
    every: str | None = None
    first_meeting: str | None = None
    time: str | None = None
    zone: str | None = None
    minutes: int | None = None
    until: str | None = None
    link: str | None = None

    @field_validator("first_meeting", "until", "time", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return (
            value.isoformat() if hasattr(value, "isoformat") else value
        )  # TOML has dates and times of its own


class ProgramFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")
    program: ProgramSection
    replica: list[ReplicaSection] = Field(default_factory=list)
    person: list[PersonSection] = Field(default_factory=list)
    pair: list[PairSection] = Field(default_factory=list)


@dataclass(frozen=True)
class Program:
    """A loaded and checked configuration."""

    path: str
    file: ProgramFile
    text: str

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)

    @property
    def name(self) -> str:
        return self.file.program.name

    @cached_property
    def template(self) -> Template:
        return load_template(self.file.program.template, self.file.program.preset)

    @cached_property
    def locale(self) -> Locale:
        said = self.file.program
        return Locale(
            ZoneInfo(said.zone), {"day-first": True, "month-first": False}.get(said.dates), said.decimal_comma
        )

    @property
    def replicas(self) -> Sequence[ReplicaSection]:
        """In the program's order: the first wins where nothing else decides."""
        return self.file.replica

    @cached_property
    def state_url(self) -> str:
        """Where the state is, as an SQLAlchemy URL."""
        said = self._secret(self.file.program.state, "program", "state")
        return said if "://" in said else f"sqlite:///{os.path.join(self.folder, said)}"

    @cached_property
    def lock_path(self) -> str:
        return os.path.join(self.folder, ".mentorsync", "run.lock")

    def settings(self, number: int) -> dict[str, Any]:
        """The connector's own keys of a replica (by its place in `replicas`), with every secret looked up.

        Raises `ConfigError` with the line of a secret that is not there.
        """
        said = self.replicas[number].settings
        return {
            key: self._secret(value, "replica", number, key) if isinstance(value, str) else value
            for key, value in said.items()
        }

    def _secret(self, value: str, *keys: str | int) -> str:
        try:
            return look_up(value, self.folder)
        except ConfigError as error:
            where = f"{self.where(*keys)}: {keys[-1]} = {value!r}"
            raise ConfigError(error.reason, where=where, remedy=error.remedy) from error

    def where(self, *keys: str | int) -> str:
        """`mentorsync.toml, line 12` for a key of the file, as far as it can be told."""
        return f"{os.path.basename(self.path)}, line {line_of(self.text, keys)}"


def find(start: str | None = None) -> str:
    """The configuration file in `start` (a file or folder; default: here) or a folder above it; raises `ConfigError`."""
    here = os.path.abspath(start or os.getcwd())
    if os.path.isfile(here):
        return here
    folder = here
    while True:
        candidate = os.path.join(folder, FILE)
        if os.path.isfile(candidate):
            return candidate
        above = os.path.dirname(folder)
        if above == folder:
            raise ConfigError(f"there is no {FILE} here or in a folder above", where=here,
                              remedy="Run: mentorsync init (or try: mentorsync demo)")  # fmt: skip
        folder = above


def load(path: str) -> Program:
    """The program that the file at `path` describes; raises `ConfigError` with the line."""
    name = os.path.basename(path)
    try:
        with open(path, encoding="utf-8-sig") as handle:
            text = handle.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"can't be read: {error}",
            where=name,
            remedy="Check the path and the rights; save the file as UTF-8.",
        ) from error
    return understood(text, path)


def understood(text: str, path: str) -> Program:
    """The program that `text` describes when it stands in the file at `path`; raises `ConfigError` with the line."""
    name = os.path.basename(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"is not valid TOML: {error}", where=name, remedy="See docs/config.md for an example."
        ) from error
    try:
        file = ProgramFile.model_validate(data)
    except ValidationError as error:
        raise _explained(name, text, error) from error
    program = Program(os.path.abspath(path), file, text)
    seen: dict[str, int] = {}
    for number, replica in enumerate(file.replica):
        if replica.name.casefold() in seen:
            raise ConfigError(f"two replicas are called {replica.name!r}", where=program.where("replica", number, "name"),
                              remedy="Give each replica a name of its own.")  # fmt: skip
        seen[replica.name.casefold()] = number
    return program


def _explained(name: str, text: str, error: ValidationError) -> ConfigError:
    lines = [
        f"line {line_of(text, problem['loc'])}: {_key(problem['loc'])}: {_wrong(problem)}"
        for problem in error.errors()
    ]
    return ConfigError(
        "\n  ".join(["needs mending:", *lines]),
        where=name,
        remedy="docs/config.md lists every key with an example.",
    )


def _key(loc: Sequence[str | int]) -> str:
    """`replica 2, name` for ("replica", 1, "name")."""
    return re.sub(r"\.(\d+)\.?", lambda m: f" {int(m[1]) + 1}, ", ".".join(map(str, loc))).rstrip(", ")


def _wrong(problem: Mapping[str, Any]) -> str:
    """What is wrong with a key and what to write instead."""
    kind, said = problem["type"], str(problem["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        section = _SECTIONS.get(problem["loc"][0], ProgramFile) if len(problem["loc"]) > 1 else ProgramFile
        like = difflib.get_close_matches(problem["loc"][-1], section.model_fields, 1)
        hint = f"did you mean {like[0]}?" if like else f"there are {', '.join(section.model_fields)}"
        return f"this key is not known here; {hint}"
    if kind == "value_error":
        return said
    shown = f", not {problem['input']!r}" if isinstance(problem["input"], str | int | float) else ""
    return re.sub(r"^\w+ should", "has to", said) + shown


_SECTIONS: Mapping[str | int, type[BaseModel]] = {
    "program": ProgramSection,
    "person": PersonSection,
    "pair": PairSection,
}


def line_of(text: str, keys: Sequence[str | int]) -> int:
    """The line on which `keys`, as in ("replica", 1, "path"), stands or would stand in TOML; 1-based."""
    lines = text.splitlines() or [""]
    start, end = 0, len(lines)
    if keys and isinstance(keys[0], str):
        wanted = keys[1] if len(keys) > 1 and isinstance(keys[1], int) else 0
        heads = [i for i, line in enumerate(lines) if re.match(rf"\s*\[+\s*{re.escape(keys[0])}\s*\]+", line)]
        if wanted < len(heads):
            start = heads[wanted]
            end = next((i for i in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[i])), len(lines))
    last = next((k for k in reversed(keys) if isinstance(k, str)), None)
    for number in range(start, end):
        if last is not None and re.match(rf"\s*[\"']?{re.escape(last)}[\"']?\s*=", lines[number]):
            return number + 1
    return start + 1
