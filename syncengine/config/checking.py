"""From the text of `mentorsync.toml` to its sections: errors name the line and what to write instead."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from syncengine.config.lines import line_of
from syncengine.config.sections import SECTIONS, ProgramFile
from syncengine.errors import ConfigError

_OWN_KEYS = ("name", "connector", "audience")


@cache
def _checker() -> TypeAdapter[ProgramFile]:
    return TypeAdapter(ProgramFile)


def checked(text: str, name: str) -> ProgramFile:
    """What `text`, which stands in the file called `name`, says; raises `ConfigError` with the line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"is not valid TOML: {error}", where=name, remedy="See docs/config.md for an example."
        ) from error
    if isinstance(data.get("replica"), list):
        data["replica"] = [_divided(said) if isinstance(said, dict) else said for said in data["replica"]]
    try:
        file = _checker().validate_python(data)
    except ValidationError as error:
        raise _explained(name, text, error) from error
    seen: dict[str, int] = {}
    for number, replica in enumerate(file.replica):
        if replica.name.casefold() in seen:
            where = f"{name}, line {line_of(text, ('replica', number, 'name'))}"
            raise ConfigError(
                f"two replicas are called {replica.name!r}",
                where=where,
                remedy="Give each replica a name of its own.",
            )
        seen[replica.name.casefold()] = number
    return file


def _divided(said: dict[str, Any]) -> dict[str, Any]:
    """A replica's table with the connector's own keys apart."""
    ours = {key: value for key, value in said.items() if key in _OWN_KEYS}
    return {**ours, "settings": {key: value for key, value in said.items() if key not in _OWN_KEYS}}


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
    if kind == "unexpected_keyword_argument":
        section = SECTIONS.get(problem["loc"][0], ProgramFile) if len(problem["loc"]) > 1 else ProgramFile
        there = [field.name for field in fields(section)]
        like = difflib.get_close_matches(problem["loc"][-1], there, 1)
        hint = f"did you mean {like[0]}?" if like else f"there are {', '.join(there)}"
        return f"this key is not known here; {hint}"
    if kind == "value_error":
        return said
    shown = f", not {problem['input']!r}" if isinstance(problem["input"], str | int | float) else ""
    return re.sub(r"^\w+ should", "has to", said) + shown
