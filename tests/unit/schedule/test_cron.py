"""Our lines in a crontab, and everybody else's."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncengine.errors import AccessError, ConfigError
from syncengine.schedule import cron
from syncengine.schedule.every import Every
from syncengine.schedule.job import Job, job

ONE = job("/srv/a b/mentorsync.toml", "One", Every(15), jitter=True)
TWO = job("/srv/a b/c/mentorsync.toml", "Two", Every(60), jitter=False)
LINES = st.lists(
    st.binary(max_size=20).filter(lambda b: b"\n" not in b and b"mentorsync schedule" not in b), max_size=6
)


@given(LINES, LINES, st.booleans())
def test_no_other_byte_is_touched(before: list[bytes], after: list[bytes], both: bool) -> None:
    others = b"".join(line + b"\n" for line in before)
    more = b"".join(line + b"\n" for line in after)
    tab = cron.with_job(others, ONE) + more
    if both:
        tab = cron.with_job(tab, TWO)
    again = cron.with_job(tab, ONE)
    assert again == tab
    changed = cron.with_job(tab, replace(ONE, every=Every(60)))
    assert cron.without_job(changed, ONE.id) == cron.without_job(tab, ONE.id)
    left = cron.without_job(cron.without_job(changed, ONE.id), TWO.id)
    assert left == others + more
    assert cron.without_job(left, ONE.id) == left


@given(LINES)
def test_what_the_crontab_says_of_a_job_is_what_was_written(before: list[bytes]) -> None:
    tab = cron.with_job(b"".join(line + b"\n" for line in before), ONE)
    entry = cron.entry(tab, ONE.id)
    assert entry is not None
    assert entry.every == "15m"
    assert entry.line == cron.line(ONE)
    assert cron.offset(entry) == ONE.offset
    assert cron.entry(tab, TWO.id) is None


@pytest.mark.parametrize("minutes", [1, 15, 60, 360, 1440])
@pytest.mark.parametrize("jitter", [True, False])
def test_when_it_runs_is_read_from_the_line(minutes: int, jitter: bool) -> None:
    made = job("/srv/x/mentorsync.toml", "P", Every(minutes), jitter=jitter)
    entry = cron.entry(cron.block(made), made.id)
    assert entry is not None
    assert cron.offset(entry) == made.offset
    assert ("--due" in entry.line) == (minutes > 60), "cron itself makes up for nothing"
    assert entry.line.split()[1:5] == ["*"] * 4, "where a rhythm is long, it is asked every hour"


PATHS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=30
)


@given(PATHS)
def test_any_path_reaches_the_shell_as_it_is(name: str) -> None:
    """Through cron, which takes the backslash before a percent sign away, and the shell's quotes."""
    path = f"/srv/{name}/mentorsync.toml"
    line = cron.line(replace(ONE, config=path))
    assert "\n" not in line
    command = line.split(" ", 5)[5]
    assert "%" not in command.replace("\\%", ""), "a bare one would end the command"
    assert path in shlex.split(command.replace("\\%", "%"))


def test_the_shell_sees_the_words_of_the_command(tmp_path: object) -> None:
    made = replace(ONE, config='/x/it\'s `100` % $HOME "ä" \\ !/mentorsync.toml')
    command = cron.line(made).split(" ", 5)[5].replace("\\%", "%")
    done = subprocess.run(
        ["/bin/sh", "-c", f'set -- {command}; printf "%s\\n" "$@"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == made.command(delay=True)


@pytest.mark.parametrize("path", ["/a\nb/mentorsync.toml", "/" + "x" * 1000 + "/mentorsync.toml"])
def test_what_cron_cannot_be_told_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match=r"line break|too long"):
        cron.line(replace(ONE, config=path))


@given(st.data())
def test_a_block_that_is_not_whole_is_never_cut(data: st.DataObject) -> None:
    whole = cron.with_job(b"0 0 * * * mine\n", ONE)
    lines = whole.splitlines(keepends=True)
    kept = data.draw(st.lists(st.sampled_from(lines), max_size=6))
    tab = b"".join(kept)
    assume(kept.count(lines[1]) != kept.count(lines[3]) or kept.count(lines[1]) > 1)
    for act in (
        lambda: cron.with_job(tab, ONE),
        lambda: cron.without_job(tab, ONE.id),
        lambda: cron.entry(tab, ONE.id),
    ):
        with pytest.raises(AccessError, match="no longer whole"):
            act()


def test_jitter_rests_on_the_place_and_stays_within_the_rhythm() -> None:
    made = [job(f"/srv/{n}/mentorsync.toml", "P", Every(15), jitter=True) for n in range(50)]
    assert len({(one.offset, one.delay) for one in made}) > 40
    assert all(0 <= one.offset < 15 and 0 <= one.delay < 60 for one in made)
    assert len({one.id for one in made}) == 50
    again = job("/srv/3/mentorsync.toml", "P", Every(15), jitter=True)
    assert (again.offset, again.delay) == (made[3].offset, made[3].delay)
    plain: Job = job("/srv/3/mentorsync.toml", "P", Every(1440), jitter=False)
    assert (plain.offset, plain.delay, plain.spread) == (300, 0, 0)
