"""A program: its configuration, found and loaded. Relative paths are relative to the file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from syncengine.config.lines import line_of
from syncengine.config.recall import recall
from syncengine.config.sections import MailSection, ProgramFile, ReplicaSection
from syncengine.errors import ConfigError
from syncengine.model.template import Template, load_template
from syncengine.model.values import Locale
from syncengine.secret import hide, literal, look_up

FILE = "mentorsync.toml"


@dataclass(frozen=True)
class Program:
    """A loaded and checked configuration."""

    path: str
    file: ProgramFile
    text: str
    connectors: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where connectors were found by an earlier run (`registry.places_of`)."""

    @property
    def recalled(self) -> bool:
        """Whether the file was known to be right, and not checked again."""
        return bool(self.connectors)

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

    def mail(self) -> MailSection:
        """How to send e-mail, the password looked up. Raises `ConfigError` where the file does not say."""
        said = self.file.mail
        if said is None:
            raise ConfigError("there is no [mail] section", where=os.path.basename(self.path),
                              remedy='Add one: [mail], sender = "coordinator@example.org", smtp = "mail.example.org:587".')  # fmt: skip
        password = self._secret(said.password, "mail", "password") if said.password else None
        return replace(said, password=password)

    def ping(self) -> str | None:
        """The address of the dead-man's switch, looked up; `None`: there is none. Raises `ConfigError`."""
        said = self.file.schedule.ping if self.file.schedule else None
        return self._secret(said, "schedule", "ping") if said else None

    def _secret(self, value: str, *keys: str | int) -> str:
        if literal(str(keys[-1]), value):
            hide(value, f"({keys[-1]} in {os.path.basename(self.path)})")
            raise ConfigError(
                f"{keys[-1]}: a secret is never written into the configuration itself",
                where=self.where(*keys),
                remedy="Store it, and write where it is: env:NAME, file:PATH, or keyring:NAME (docs/config.md). Then change the "
                "secret at its service, since this file has shown it.",
            )
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
    known = recall(path, text)
    return (
        understood(text, path) if known is None else Program(os.path.abspath(path), known[0], text, known[1])
    )


def understood(text: str, path: str) -> Program:
    """The program that `text` describes when it stands in the file at `path`; raises `ConfigError` with the line."""
    from syncengine.config.checking import checked

    return Program(os.path.abspath(path), checked(text, os.path.basename(path)), text)
