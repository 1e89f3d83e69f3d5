"""The shadow: the value a replica is known to agree with, and what it still lacks."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.shadow import MISSING, Shadow, differing
from syncengine.model.ids import derived_id
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Value
from syncengine.testing.clock import START
from syncengine.testing.values import record

GOAL = all_kinds()["goal"]
ID = derived_id(START, "goal")


def shadow(**parts: object) -> Shadow:
    return Shadow("notes", ID, "goal", **parts)  # type: ignore[arg-type]


def test_a_base_is_what_was_sent_else_what_was_known_else_what_is_held() -> None:
    one = shadow(
        held={"title": "held", "why": None, "percent": 1},
        sent={"title": "sent"},
        unread={"percent": {"text": "x", "base": 2}, "due": {"text": "y"}},
    )
    assert one.base("title") == "sent"
    assert one.base("why") is None
    assert one.base("percent") == 2
    assert one.base("due") is MISSING
    assert one.base("notes") is MISSING


def test_missing_is_not_none() -> None:
    assert MISSING is not None
    assert repr(MISSING) == "MISSING"


def test_fresh_is_as_long_as_the_tool_may_lag() -> None:
    lag = timedelta(minutes=3)
    one = shadow(written="2026-03-02T09:00:00Z")
    assert one.fresh(START, lag)
    assert one.fresh(START + lag, lag)
    assert not one.fresh(START + lag + timedelta(seconds=1), lag)
    assert not one.fresh(START, timedelta(0))
    assert not shadow().fresh(START, lag)


@given(
    st.dictionaries(st.sampled_from(["title", "why"]), st.text()),
    st.booleans(),
    st.none() | st.just("2026-03-02T09:00:00Z"),
)
def test_what_is_rarely_there_comes_back_from_the_store(
    said: dict[str, str], stamp: bool, written: str | None
) -> None:
    one = shadow(sent=dict(said), named=dict(said), unread={name: {"text": text} for name, text in said.items()},
                 before={name: [text] for name, text in said.items()}, written=written, stamp=stamp)  # fmt: skip
    assert shadow(**one.extra()) == one
    assert shadow().extra() == {}


@given(
    record(GOAL),
    record(GOAL),
    st.sets(st.sampled_from(sorted(GOAL.fields))),
    st.sets(st.sampled_from(sorted(GOAL.fields))),
)
def test_the_plan_is_canonical_minus_shadow(
    held: object, wanted: object, known: set[str], holds: set[str]
) -> None:
    have = {name: value for name, value in held.fields.items() if name in known}  # type: ignore[attr-defined]
    want: dict[str, Value] = wanted.fields  # type: ignore[attr-defined]
    changed = differing(GOAL, shadow(held=have), want, frozenset(holds), {})
    assert set(changed) <= holds, "never a field that the place has no room for"
    for name in holds:
        alike = GOAL.fields[name].type.equal(have[name], want[name]) if name in have else want[name] is None
        assert (name in changed) == (not alike)
    after = shadow(held={**have, **{name: want[name] for name in changed}})
    assert differing(GOAL, after, want, frozenset(holds), {}) == [], "once written, nothing is left to write"
