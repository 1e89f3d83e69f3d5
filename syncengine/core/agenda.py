"""The agenda of a pair's next check-in, filled from the records (docs/model.md).

It holds nothing of the audience `pair`, so that it may stand wherever the pair itself may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from syncengine.core.canon import Canon
from syncengine.model.kind import Record
from syncengine.model.moments import moment, show_instant, wall_clock

_OPEN = "Open in"
_ADDRESS = re.compile(rf"^{_OPEN} (.+): (https://\S+)$", re.MULTILINE)


def addresses(text: str) -> dict[str, str]:
    """The places to open the pair in that an agenda names."""
    return dict(_ADDRESS.findall(text))


def agenda(
    canon: Canon, pair: Record, own: Iterable[Record], now: datetime, places: Mapping[str, str] | None = None
) -> str | None:
    """Markdown for the pair's next planned check-in; `None` where none is planned.

    `places`: where the pair can be opened, by the name of the tool; only what everybody in the program may know of.
    """
    records = [record for record in own if not record.deleted]
    meetings = sorted(
        (r for r in records if r.kind == "checkin" and r.fields.get("starts")),
        key=lambda r: (str(r.fields["starts"]), r.id),
    )
    coming = [
        r
        for r in meetings
        if moment(str(r.fields["starts"])) >= now and r.fields.get("status") in ("planned", "moved", None)
    ]
    if not coming:
        return None
    last = next((r for r in reversed(meetings) if r.fields.get("status") == "held"), None)
    since = _day(canon, last) if last else ""
    following = coming[0]
    lines = [
        f"**{show_instant(str(following.fields['starts']), canon.locale.zone)}**{_lead(canon, following)}",
        "",
        "1. Arrive: how are we?",
    ]
    lines += _part("2. Wins since last time", _wins(canon, records, since))
    lines += _part("3. Promises of last time", _promises(canon, records))
    lines += ["4. Round A and round B, equally long"]
    lines += _part(
        "5. Goals: progress, blockers, anything to change?",
        _goals(canon, records, _day(canon, following)),
    )
    lines += _part("6. Resources, and what needs an expert", _experts(canon, records))
    lines += ["7. Promises until next time", "8. One line of feedback; who leads next?"]
    if (sum(r.fields.get("status") == "held" for r in meetings) + 1) % 4 == 0:
        lines += ["", "This is a fourth check-in: look at all goals again, and give each other feedback."]
    if places:
        lines += ["", *(f"{_OPEN} {name}: {address}" for name, address in sorted(places.items()))]
    return "\n".join(lines)


def _day(canon: Canon, meeting: Record) -> str:
    """The day on which people meet, as their calendar has it."""
    return wall_clock(str(meeting.fields["starts"]), canon.locale.zone).date().isoformat()


def _lead(canon: Canon, meeting: Record) -> str:
    lead = meeting.fields.get("lead")
    return f" · led by {canon.directory.label('person', lead)}" if isinstance(lead, str) else ""


def _part(heading: str, lines: Sequence[str]) -> list[str]:
    return [heading, *(f"   - {line}" for line in lines)]


def _who(canon: Canon, record: Record, name: str) -> str:
    who = record.fields.get(name)
    return f"{canon.directory.label('person', who)}: " if isinstance(who, str) else ""


def _wins(canon: Canon, records: Sequence[Record], since: str) -> list[str]:
    found = [r for r in records if r.kind == "win" and str(r.fields.get("on") or "9999") >= since]
    return [f"{_who(canon, r, 'who')}{canon.title(r)}" for r in found][-5:]


def _promises(canon: Canon, records: Sequence[Record]) -> list[str]:
    found = [r for r in records if r.kind == "commitment" and not r.fields.get("done")]
    return [
        f"{_who(canon, r, 'who')}{canon.title(r)}"
        + (f" (by {r.fields['due']})" if r.fields.get("due") else "")
        for r in found
    ]


def _goals(canon: Canon, records: Sequence[Record], day: str) -> list[str]:
    lines = []
    for record in records:
        fields = record.fields
        if record.kind != "goal" or fields.get("status") in ("achieved", "dropped"):
            continue
        percent = f", {fields['percent']} %" if fields.get("percent") is not None else ""
        due = f", due {fields['due']}" if fields.get("due") else ""
        review = " (review it today)" if fields.get("review_on") and str(fields["review_on"]) <= day else ""
        lines.append(f"{_who(canon, record, 'person')}{canon.title(record)}{percent}{due}{review}")
    return lines


def _experts(canon: Canon, records: Sequence[Record]) -> list[str]:
    return [
        f"{canon.title(r)} needs an expert"
        for r in records
        if r.kind in ("goal", "progress") and r.fields.get("needs_expert")
    ]
