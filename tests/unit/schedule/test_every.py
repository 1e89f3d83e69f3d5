"""How often: what is taken, and that cron, systemd and we mean the same times by it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.errors import ConfigError
from syncengine.schedule.every import EXACT, Every, read_every

DAY = datetime(2026, 3, 2)


@st.composite
def rhythms(draw: st.DrawFn) -> tuple[Every, int]:
    every = Every(draw(st.sampled_from(EXACT)))
    return every, draw(st.integers(0, every.minutes - 1))


def meant(fields: str) -> list[tuple[int, int]]:
    """The times of a day that the first two fields of a crontab line stand for (crontab(5))."""

    def one(field: str, whole: int) -> list[int]:
        span, _, step = field.partition("/")
        low, _, high = span.partition("-")
        start = 0 if span == "*" else int(low)
        end = whole - 1 if span == "*" else int(high or low)
        return list(range(start, end + 1, int(step or 1)))

    minutes, hours, *rest = fields.split()
    assert rest == ["*", "*", "*"]
    return [(hour, minute) for hour in one(hours, 24) for minute in one(minutes, 60)]


@given(rhythms())
def test_cron_runs_it_as_often_as_was_said_and_evenly(rhythm: tuple[Every, int]) -> None:
    every, offset = rhythm
    times = meant(every.cron(offset))
    assert times == every.times(offset)
    assert len(times) == 24 * 60 // every.minutes
    gaps = {(60 * h2 + m2) - (60 * h1 + m1) for (h1, m1), (h2, m2) in pairwise(times)}
    assert gaps <= {every.minutes}


@given(rhythms(), st.integers(0, 2 * 24 * 60))
def test_the_next_time_is_one_of_them_and_none_lies_between(rhythm: tuple[Every, int], minutes: int) -> None:
    every, offset = rhythm
    now = DAY + timedelta(minutes=minutes, seconds=7)
    found = every.next_after(now, offset)
    assert (found.hour, found.minute) in every.times(offset)
    assert timedelta(0) < found - now <= timedelta(minutes=every.minutes)
    last = every.last_before(now, offset)
    assert timedelta(0) <= now - last < timedelta(minutes=every.minutes)
    assert every.next_after(last, offset) == found


@given(st.sampled_from(EXACT))
def test_what_is_said_is_read(minutes: int) -> None:
    assert read_every(str(Every(minutes))) == Every(minutes)


@pytest.mark.parametrize(
    ("said", "minutes"), [("15m", 15), (" 1H ", 60), ("60m", 60), ("24h", 1440), ("1d", 1440), ("90 m", None)]
)
def test_ways_to_say_it(said: str, minutes: int | None) -> None:
    if minutes is None:
        with pytest.raises(ConfigError, match="can't be said exactly"):
            read_every(said)
    else:
        assert read_every(said).minutes == minutes


@pytest.mark.parametrize("said", ["", "15", "m", "-5m", "1.5h", "*/5", "15m\n*", "9999999m", "１５m x"])
def test_what_is_no_interval(said: str) -> None:
    with pytest.raises(ConfigError, match="is no interval"):
        read_every(said)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here (apt-get install systemd)"
)
@pytest.mark.parametrize("minutes", [1, 15, 60, 360, 1440])
def test_systemd_means_the_same_times(minutes: int) -> None:
    every, offset = Every(minutes), minutes // 2
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=4", "--base-time=2026-03-02 00:00:00 UTC", every.on_calendar(offset)],
        capture_output=True, text=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "Next elapse:" in line or "Iter." in line]
    found = [line.split()[-2] for line in lines]
    now, expected = DAY - timedelta(seconds=1), []
    for _ in lines:
        now = every.next_after(now, offset) if expected else _first(every, offset)
        expected.append(f"{now:%H:%M:%S}")
    assert len(found) == 4
    assert found == expected


def _first(every: Every, offset: int) -> datetime:
    """The first time after midnight, which `--base-time` leaves out itself."""
    return every.next_after(DAY, offset)
