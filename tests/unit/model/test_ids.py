"""One id for every tool: a UUIDv7 in base32hex, sortable by age, and valid as a Google Calendar event id."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.model.ids import derived_id, encode, is_id, made_at, new_id, seeded_ids

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
GOOGLE = re.compile(r"[a-v0-9]{5,1024}")
"""What the Calendar API takes as an event id (Events: insert, `id`)."""


def number(id: str) -> int:
    """The 128 bits, by a way of its own."""
    return int(id, 32)


@given(TIMES, st.lists(st.text(), max_size=4))
def test_ids_are_uuids_of_version_7_in_base32hex(at: datetime, parts: list[str]) -> None:
    parts = [part.encode("utf-8", "ignore").decode() for part in parts]
    for id in (new_id(at), derived_id(at, *parts)):
        assert re.fullmatch(r"[0-9a-v]{26}", id)
        assert is_id(id)
        assert GOOGLE.fullmatch(id)
        as_uuid = uuid.UUID(int=number(id))
        assert (as_uuid.version, as_uuid.variant) == (7, uuid.RFC_4122)
        assert abs(made_at(id) - at) < timedelta(milliseconds=1)


@given(TIMES, st.integers(1, 10**9))
def test_later_ids_sort_after_earlier_ones(at: datetime, milliseconds: int) -> None:
    later = (
        min(at + timedelta(milliseconds=milliseconds), datetime(9999, 12, 31, tzinfo=UTC))
        if at.year < 9998
        else at
    )
    assert (new_id(at) < new_id(later)) or int(at.timestamp() * 1000) == int(later.timestamp() * 1000)


def test_ids_of_one_moment_differ() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert len({new_id(now) for _ in range(2000)}) == 2000


def test_a_derived_id_is_the_same_on_every_machine() -> None:
    at = datetime(2026, 3, 3, 16, tzinfo=UTC)
    assert derived_id(at, "checkin", "a", "b") == derived_id(at, "checkin", "a", "b")
    assert (
        len(
            {
                derived_id(at, "ab", "c"),
                derived_id(at, "a", "bc"),
                derived_id(at, "abc"),
                derived_id(at, "ab", "c", ""),
            }
        )
        == 4
    )


def test_a_derived_id_never_changes() -> None:
    """Check-ins of other versions and machines are found by it: this value is for ever."""
    assert (
        derived_id(datetime(2026, 3, 3, 16, tzinfo=UTC), "checkin", "pair", "slot")
        == "01jiq6qv00fjkr82ms1btj1duj"
    )


def test_what_happened_before_the_epoch_sorts_first() -> None:
    assert made_at(derived_id(datetime(1900, 1, 1, tzinfo=UTC), "x")) == datetime(1970, 1, 1, tzinfo=UTC)


def test_seeded_ids_repeat() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    one, two, other = seeded_ids(1), seeded_ids(1), seeded_ids(2)
    mine = [one(now) for _ in range(50)]
    assert mine == [two(now) for _ in range(50)]
    assert not set(mine) & {other(now) for _ in range(50)}
    assert len(set(mine)) == 50


@given(st.integers(0, (1 << 128) - 1))
def test_every_number_of_128_bits_has_its_own_id(bits: int) -> None:
    assert number(encode(bits)) == bits
    assert is_id(encode(bits))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 26,
        "0" * 25,
        "0" * 27,
        "0" * 25 + "w",
        "0" * 25 + "V",
        "0" * 25 + "-",
        "8" + "0" * 25,
        "0" * 26 + "\n",
    ],
)
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text)
