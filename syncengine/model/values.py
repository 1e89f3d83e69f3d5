"""Canonical values, and what it means that one is absent.

A record's fields map a field's name to a JSON-native value:

    text, rich text, url, email, choice, ref   str
    number, percent                            int | float    (percent: 0-100)
    flag                                       bool
    date                                       str, "2026-03-01"
    instant                                    str, "2026-03-01T16:00:00Z" (UTC, seconds)
    choices, refs                              list[str], sorted, no repeats

`None` is "empty": somebody left or made it blank. A field that is not in the mapping at all is
"unknown": the tool cannot hold it, or its column is missing (design rule 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

Value = str | int | float | bool | list[str] | None
Fields = dict[str, Value]
ReadFields = Mapping[str, "Value | Named | Unreadable"]


@dataclass(frozen=True, slots=True)
class Named:
    """A reference as a person wrote it: by name, still to be resolved to ids (design rule 15)."""

    text: str
    ids: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Names in `text` of which the tool tells whose they are (a link among others that lead nowhere), with the id."""


class Unreadable(NamedTuple):
    """A value that is not understood. It stays as it stands in the tool and changes nothing."""

    text: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Locale:
    """How people in this program write dates, numbers and local times."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    day_first: bool | None = None
    """Whether 3/4/2026 is the 3rd of April; `None`: not known, so such a date is asked about."""
    decimal_comma: bool = False
