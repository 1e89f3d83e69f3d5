"""What people are told and when: played over days of trouble that comes and goes."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from syncengine.schedule.matters import HANGING, PATIENCE, Matter
from syncengine.schedule.news import AGAIN, Memory, as_json, from_json, news, undelivered
from syncengine.testing.clock import Clock

STEP = timedelta(minutes=15)
A, B = Matter("a", "A is wrong"), Matter("b", "B is wrong")
AWAY = Matter("away", "The tool is away", PATIENCE)
BUSY = Matter("busy", "Another run", HANGING)


def played(
    *weather: tuple[int, list[Matter]], memory: Memory | None = None
) -> list[tuple[timedelta, str, list[str]]]:
    """What is told, and when, if it is so for so many runs, one every 15 minutes."""
    clock, known, heard = Clock(), memory or Memory(), []
    for count, matters in weather:
        for _ in range(count):
            what, known = news(known, matters, clock.now)
            assert from_json(as_json(known)) == known
            if what:
                heard.append((clock.now - Clock().now, what.what, [one.key for one in what.matters]))
            clock.tick(minutes=15)
    return heard


def test_once_then_after_a_day_then_well() -> None:
    assert played((1, []), (100, [A]), (5, [])) == [
        (STEP, "trouble", ["a"]), (STEP + AGAIN, "trouble", ["a"]), (101 * STEP, "well", []),
    ]  # fmt: skip


def test_what_is_new_is_told_with_all_that_waits_and_less_is_no_news() -> None:
    assert played((3, [A]), (3, [A, B]), (3, [B]), (3, [])) == [
        (0 * STEP, "trouble", ["a"]), (3 * STEP, "trouble", ["a", "b"]), (9 * STEP, "well", []),
    ]  # fmt: skip


def test_a_tool_that_is_back_within_the_hour_is_no_news() -> None:
    assert played((4, [AWAY]), (2, []), (4, [AWAY]), (9, [])) == []
    assert [what for _, what, _ in played((6, [AWAY]), (2, []))] == ["trouble", "well"]


def test_trouble_that_comes_and_goes_is_soon_told_once_a_day_only() -> None:
    heard = played(*[(1, [A]), (1, [])] * 48)
    assert [what for _, what, _ in heard] == ["trouble", "well", "trouble"]
    calm = played(*[(1, [A]), (1, [])] * 3, (4, []))
    assert [what for _, what, _ in calm] == ["trouble", "well", "trouble", "well"]


def test_what_did_not_reach_anybody_is_due_in_an_hour() -> None:
    now = Clock().now
    what, after = news(Memory(), [A], now)
    assert what is not None
    known = undelivered(Memory(), after, now)
    assert news(known, [A], now + timedelta(minutes=59))[0] is None
    assert news(known, [A], now + timedelta(minutes=60))[0] is not None
    well, after = news(known, [], now)
    assert well is not None
    assert well.what == "well"
    known = undelivered(known, after, now)
    assert news(known, [], now + timedelta(minutes=59))[0] is None
    later = news(known, [], now + timedelta(minutes=60))[0]
    assert later is not None
    assert later.what == "well"


def test_a_run_that_saw_nothing_settles_nothing() -> None:
    now = Clock().now
    _, known = news(Memory(), [A], now)
    for number in range(30):
        what, known = news(known, [BUSY], now + number * STEP, partly=True)
        assert (what is not None) == (number * STEP == HANGING)
        if what:
            assert [one.key for one in what.matters] == ["busy"]
    assert "a" in known.seen


WEATHER = st.lists(
    st.tuples(st.integers(1, 12), st.lists(st.sampled_from([A, B, AWAY]), unique=True)), max_size=25
)


@given(WEATHER)
@settings(max_examples=150)
def test_whatever_happens(weather: list[tuple[int, list[Matter]]]) -> None:
    """No matter is told twice within a day unless all was well between; trouble is told at once; well follows trouble."""
    heard = played(*weather, (8, []))
    last = "well"
    told: dict[str, timedelta] = {}
    for when, what, keys in heard:
        if what == "well":
            assert last == "trouble"
            told = {}
        else:
            assert any(key not in told or when - told[key] >= AGAIN for key in keys), "something in it is new"
            told |= dict.fromkeys(keys, when)
        last = what
    assert last == "well", "two quiet hours are enough in any case"
    at = 0 * STEP
    known: set[str] = set()
    for count, matters in weather:
        for matter in matters:
            if matter.patience or matter.key in known:
                continue
            assert any(when <= at and what == "trouble" and matter.key in keys for when, what, keys in heard)
            known.add(matter.key)
        at += count * STEP


@given(WEATHER, st.integers(1, 400))
def test_a_clock_that_was_put_back_silences_nobody(
    weather: list[tuple[int, list[Matter]]], days: int
) -> None:
    """Whatever is remembered, all that is the matter is told within the hour that a tool has to come back, and then daily."""
    known, now = Memory(), Clock().now
    for count, matters in weather:
        for _ in range(count):
            _, known = news(known, matters, now)
            now += STEP
    now -= timedelta(days=days)
    for _ in range(6):
        _, known = news(known, [A, AWAY], now)
        now += STEP
    seen = [known.seen[key] for key in ("a", "away")]
    assert all(one.since <= now and one.told is not None and one.told <= now for one in seen)
