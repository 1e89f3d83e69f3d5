"""The work to be done: N goals of about 600 bytes each, and the changes people make in them."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from syncengine.model.ids import derived_id

PEOPLE = 50
_DAY = date(2026, 1, 5)
_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_STATUS = ("not started", "in progress", "on hold", "achieved")
_NAMES = ("Ada", "Béla", "Chidi", "Dagný", "Emre", "Fatima", "Goran", "Hana", "Ines", "Jun")
_TOPICS = ("speaking in meetings", "writing proposals", "SQL joins", "giving feedback", "leading a project")
_PROSE = (
    "I would like to get better at {topic}, step by step and without pressure. So far I have read two chapters and "
    "tried it once with the team; it went better than I had feared. Next I want to do it where more people listen, and "
    "ask one of them afterwards what they took away from it."
)


def person(number: int) -> str:
    """The name of one of the `PEOPLE`."""
    return f"{_NAMES[number % len(_NAMES)]} Nr{number:02}"


def title(number: int) -> str:
    """A goal's title, good as a file name."""
    return f"Get better at {_TOPICS[number % len(_TOPICS)]} {number:05}"


def percent(number: int) -> int:
    """How far along the goal is before anyone changes it."""
    return number * 7 % 90


def goal_note(number: int) -> str:
    """A goal as a Markdown note with its id, like those of a vault that has been in use."""
    due = _DAY + timedelta(days=number % 300)
    return (
        f"---\nid: {derived_id(_NOW + timedelta(seconds=number), 'goal', str(number))}\ntitle: {title(number)}\n"
        f'person: "[[{person(number % PEOPLE)}]]"\nstatus: {_STATUS[number % len(_STATUS)]}\npercent: {percent(number)}\n'
        f"due: {due.isoformat()}\nreview_on: {(due - timedelta(days=30)).isoformat()}\n"
        f"why: It comes up in every second week of my work\nneeds_expert: false\n---\n\n{_prose(number)}\n"
    )


def person_note(number: int) -> str:
    """One of the people the goals are of."""
    id = derived_id(_NOW, "person", str(number))
    return f"---\nid: {id}\nname: {person(number)}\noffers: Patience\nwants: Practice\n---\n"


def goal_item(number: int) -> str:
    """The same goal as an iCalendar to-do, for vdirsyncer."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN", "BEGIN:VTODO", f"UID:goal-{number:05}",
        "DTSTAMP:20260105T090000Z", f"SUMMARY:{title(number)}", f"PERCENT-COMPLETE:{percent(number)}",
        f"DUE;VALUE=DATE:{(_DAY + timedelta(days=number % 300)):%Y%m%d}", f"DESCRIPTION:{_prose(number)}",
        "END:VTODO", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def _prose(number: int) -> str:
    return _PROSE.format(topic=_TOPICS[number % len(_TOPICS)])


def fill(folder: str, count: int, ending: str, text: Callable[[int], str]) -> None:
    """Write `count` goals into `folder`."""
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        with open(os.path.join(folder, title(number) + ending), "wb") as handle:
            handle.write(text(number).encode())


def change(folder: str, count: int, ending: str, before: str, after: str, offset: int) -> list[int]:
    """One goal in a hundred makes progress: sets `before` + its percent to `after` + 99; returns their numbers."""
    chosen = range(offset, count, 100)
    for number in chosen:
        path = os.path.join(folder, title(number) + ending)
        with open(path, encoding="utf-8", newline="") as handle:
            text = handle.read()
        changed = text.replace(f"{before}{percent(number)}", f"{after}99", 1)
        assert changed != text
        with open(path, "w", encoding="utf-8", newline="") as handle:
            handle.write(changed)
    return list(chosen)
