"""What only real tools show, beside what the witness looks at: meetings, mail, what was sent, doubles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from syncengine.model.moments import moment
from syncengine.store import open_store
from syncengine.testing.people import Team
from tests.simulation.hands.calendars import Calendar
from tests.simulation.stage import Stage

_WORD = re.compile(r"word[ -]\d+")


def wrong(team: Team, stage: Stage) -> list[str]:
    """All of it, in words."""
    return [*leaks(team), *surprises(team, stage), *doubles(team), *meetings(team)]


def leaks(team: Team) -> Iterator[str]:
    """Words of pairs' own fields, anywhere in a tool of the whole program: in cells, archives, guides, or what was ever sent to it."""
    kinds = team.program.template.kinds
    own, plain = set(), set()
    for word in team.words:
        field = kinds[word.kind].fields[word.field]
        secret = kinds[word.kind].audience == "pair" or field.audience == "pair"
        (own if secret else plain).update(_WORD.findall(str(word.raw)))
    for desk, tool in team.tools.items():
        if team.desks[desk].audience == "program":
            found = {one for text in tool.texts() for one in _WORD.findall(text)}
            yield from (
                f"{desk} was told {one!r}, which is between a pair" for one in sorted(found & (own - plain))
            )


def surprises(team: Team, stage: Stage) -> Iterator[str]:
    """Mails that no plan has named; each that is named is sent once at most."""
    left = Counter(mailing.to for mailing in team.announced)
    for mail in stage.gcal.outbox.mails:
        if mail.request:  # else a person did it
            left[mail.to] -= 1
            if left[mail.to] < 0:
                yield f"{mail} was not announced"


def doubles(team: Team) -> Iterator[str]:
    """More records than people made things that may be one."""
    store = open_store(team.program.state_url)
    try:
        for kind in (
            "person",
            "pair",
            "goal",
            "progress",
            "commitment",
            "win",
            "resource",
            "feedback",
            "reflection",
        ):
            records = [*store.all_records(kind), *store.all_records(kind, deleted=True)]
            made = team.made_of[kind]
            if len(records) > made:
                yield f"{len(records)} records of {kind}, of which people made {made}: {[r.fields for r in records]}"
        slots = Counter(
            (r.fields.get("pair"), r.fields.get("slot"))
            for r in store.all_records("checkin")
            if r.fields.get("slot")
        )
        yield from (f"{number} check-ins for {slot}" for slot, number in slots.items() if number > 1)
    finally:
        store.close()


def meetings(team: Team) -> Iterator[str]:
    """What the calendars show of the days to come is what the check-ins say."""
    begin, end = team.clock.now, team.clock.now + timedelta(days=14)
    store = open_store(team.program.state_url)
    try:
        pairs = {r.id: r.fields for r in store.all_records("pair")}
        planned: dict[str, set[str]] = {}
        for record in store.all_records("checkin"):
            pair, starts = record.fields.get("pair"), record.fields.get("starts")
            takes_place = record.fields.get("status") in ("planned", "moved", "held", None)
            if (
                isinstance(pair, str)
                and isinstance(starts, str)
                and takes_place
                and begin <= moment(starts) < end
            ):
                planned.setdefault(pair, set()).add(starts)
    finally:
        store.close()
    for desk, tool in team.tools.items():
        if isinstance(tool, Calendar):
            shown = tool.meetings(begin, end)
            for pair, fields in pairs.items():
                if tool.takes("pair", fields) and shown.get(pair, set()) != planned.get(pair, set()):
                    yield f"{desk} shows {sorted(shown.get(pair, ()))} for {sorted(planned.get(pair, ()))} of {fields.get('name')}"
