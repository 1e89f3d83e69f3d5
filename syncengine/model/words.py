"""The words by which somebody is known in text: found and replaced whole, however a tool writes them down."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

FORMER = "former member"
"""What stands where the name of somebody who was forgotten stood."""

_AFTER = r"(?:(?<!\w)|(?<=\\[nrtbf]))"
"""Not inside of a word; in the text of a JSON file, a line break is a backslash and a letter."""


_ID = re.compile(r"[0-7][0-9a-v]{25}")


@dataclass(frozen=True)
class Words:
    """Words, each with what is written in its place.

    Several words (a full name) and addresses are found whatever their capitals and blanks; a single word only as it is
    written, for it may mean something else ("will", "may").
    """

    instead: Mapping[str, str]

    def count(self, text: str) -> int:
        """How often any of them stands in `text`."""
        return sum(1 for _ in self._pattern.finditer(text)) if self._pattern else 0

    def without(self, text: str) -> str:
        """`text` with others in their place."""
        return self._pattern.sub(self._other, text) if self._pattern else text

    def _other(self, found: re.Match[str]) -> str:
        said = found[0]
        return next((other for pattern, other in self._forms if pattern.fullmatch(said)), FORMER)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        every = "|".join(f"(?:{pattern.pattern})" for pattern, _ in self._forms)
        return re.compile(f"{_AFTER}(?:{every})(?!\\w)") if every else None

    @cached_property
    def _forms(self) -> list[tuple[re.Pattern[str], str]]:
        """Every way of writing each word, the longest word first, with the same way of writing its replacement."""
        found: dict[str, str] = {}
        for text, other in sorted(self.instead.items(), key=lambda said: -len(said[0])):
            for form in _FORMS:
                composed = unicodedata.normalize(form, text)
                for way in _WAYS if composed.strip() else ():
                    found.setdefault(_loose(way(composed)), way(other))
        return [(re.compile(pattern), other) for pattern, other in found.items()]


def _as_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _as_ics(text: str) -> str:
    return re.sub(r"([,;\\])", r"\\\1", text)


_FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
_WAYS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: html.escape(text, quote=False),
    html.escape,
    _as_json,
    _as_ics,
    quote,
)


def _loose(text: str) -> str:
    parts = [re.escape(part) for part in text.split()]
    several = len(parts) > 1 or "@" in text or "%" in text
    said = r"\s+".join(parts)
    return f"(?i:{said})" if several else said


def cleaned(value: Any, words: Words, ids: Collection[str] = ()) -> Any:
    """A value as JSON has it, without the words and without the ids: an id alone becomes nothing, in a list it goes."""
    if isinstance(value, str):
        if value in ids:
            return None
        said = _ID.sub(lambda found: "…" if found[0] in ids else found[0], value) if ids else value
        return words.without(said)
    if isinstance(value, list):
        return [cleaned(one, words, ids) for one in value if not (isinstance(one, str) and one in ids)]
    if isinstance(value, dict):
        return {
            key: cleaned(one, words, ids)
            for key, one in value.items()
            if key not in ids and not words.count(str(key))
        }
    return value
