"""Record ids: a UUIDv7 (RFC 9562) in base32hex, 26 characters of 0-9 a-v.

Sortable by time of creation, and valid as a Google Calendar event id (vendors' fact: 5-1024 characters
of base32hex), so that one id serves in every tool.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_VALID = re.compile(r"[0-7][0-9a-v]{25}")

IdSource = Callable[[datetime], str]


def is_id(text: str) -> bool:
    """Whether `text` has the form of a record id."""
    return _VALID.fullmatch(text) is not None


def encode(number: int) -> str:
    """128 bits as 26 characters of base32hex, most significant first."""
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def _uuid7(milliseconds: int, random_bits: int) -> int:
    rand_a = (random_bits >> 62) & 0xFFF
    rand_b = random_bits & ((1 << 62) - 1)
    return (milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | rand_a << 64 | 2 << 62 | rand_b


def new_id(now: datetime) -> str:
    """A fresh id made at the instant `now` (aware)."""
    return encode(_uuid7(int(now.timestamp() * 1000), int.from_bytes(os.urandom(10), "big") >> 6))


def made_at(id: str) -> datetime:
    """The instant at which an id was made, to the millisecond; what its time part says, for a strange one."""
    milliseconds = (
        sum(_ALPHABET.index(digit) << shift for digit, shift in zip(id, range(125, -1, -5), strict=True))
        >> 80
    )
    return EPOCH + timedelta(milliseconds=milliseconds)


def derived_id(at: datetime, *parts: str) -> str:
    """The one id that these parts always have: used where two runs must arrive at the same record.

    `at` becomes the time part (so derived ids sort with the others); `parts` are hashed into the rest.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    bits = int.from_bytes(digest[:10], "big") & ((1 << 74) - 1)
    return encode(_uuid7(max(0, int(at.timestamp() * 1000)), bits))


def seeded_ids(seed: int) -> IdSource:
    """A repeatable source of ids for tests and demos."""
    counter = 0

    def make(now: datetime) -> str:
        nonlocal counter
        counter += 1
        return derived_id(now, str(seed), str(counter))

    return make


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
