"""What a pair's series says, as items of the engine. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from syncengine.connector import Item, Reading
from syncengine.model.cadence import checkin_id
from syncengine.model.kind import Kind
from syncengine.model.moments import moment, show_instant
from syncengine.model.series import CHECKIN_FIELDS, PAIR_FIELDS, timing
from syncengine.model.values import Locale
from syncengine_gcal import markup
from syncengine_gcal.marks import ENDED, FOLLOWS, MEMBERS, PAUSED, SLOT, Event, invited, properties
from syncengine_gcal.series import Segment, Series, cancelled, minutes, starts

HOLDS: Mapping[str, frozenset[str]] = {
    "pair": PAIR_FIELDS | {"members"},
    "checkin": CHECKIN_FIELDS,
}
"""`attended` is not among them: answers propose it, but nothing can be written there, so nothing is planned for it."""


def handle_of(pair: str, checkin: str = "", slot: str | None = None) -> str:
    """`<pair>` or `<pair>/<check-in>/<slot>`: an occurrence has no event of its own, so its slot is noted."""
    return f"{pair}/{checkin}/{slot or ''}" if checkin else pair


def read_handle(handle: str) -> tuple[str, str, str | None]:
    """(pair, check-in or "", slot)."""
    pair, _, rest = handle.partition("/")
    checkin, _, slot = rest.partition("/")
    return pair, checkin, slot or None


def link_of(event: Event) -> str | None:
    """Where they meet: the place, else the video room that Calendar made."""
    return event.get("location") or event.get("hangoutLink") or None


class Reader:
    """Reads series for one program."""

    def __init__(self, kinds: Mapping[str, Kind], locale: Locale, now: datetime) -> None:
        self.kinds, self.locale, self.now = kinds, locale, now

    def items(self, series: Series) -> list[Item]:
        """The pair, and every check-in that the calendar can tell of."""
        found = []
        master = series.current.master if series.current else series.ghost
        if master is not None and "pair" in self.kinds:
            fields = self.pair_fields(series)
            found.append(
                Item("pair", series.pair, handle_of(series.pair), fields, str(master.get("summary", "")))
            )
        if master is None and series.ended is not None and "every" in self.kinds["pair"].fields:
            where = f"{series.ended} (removed from the calendar)"
            found.append(Item("pair", series.pair, handle_of(series.pair), {"every": None}, where))
        if "checkin" in self.kinds:
            found.extend(self._checkins(series))
        return found

    def pair_fields(self, series: Series) -> dict[str, Reading]:
        """What the series tells of its pair: only what it can tell, and only fields of the template."""
        segment = series.current or Segment(series.ghost or {})
        master, kind = segment.master, self.kinds["pair"]
        said = properties(master)
        raw: dict[str, object] = {
            "name": master.get("summary"),
            "status": "paused" if series.paused and not said[PAUSED].startswith(ENDED) else "active",
            "link": link_of(master),
        }
        raw["agenda"] = agenda_now(series)
        found: dict[str, Reading] = {
            name: kind.fields[name].type.read(value, self.locale)
            for name, value in raw.items()
            if name in kind.fields
        }
        zone = None if segment.whole_day else segment.zone
        told: dict[str, Reading] = {
            **timing(segment.start, segment.said, segment.rule, zone, whole_day=segment.whole_day)
        }
        if PAUSED in said:
            until = said[PAUSED].removeprefix(ENDED)
            told["until"] = None if until == "-" else until
        if not segment.whole_day:
            told["minutes"] = (
                kind.fields["minutes"].type.read(minutes(master), self.locale)
                if "minutes" in kind.fields
                else None
            )
        if MEMBERS in said:
            told["members"] = sorted(said[MEMBERS].split(",")) if said[MEMBERS] else None
        return {**found, **{name: value for name, value in told.items() if name in kind.fields}}

    def _checkins(self, series: Series) -> Iterator[Item]:
        for id, event in series.own.items():
            if not cancelled(event):
                yield self._item(series, id, self._own(series, event))
        told = set(series.own)
        for segment in series.segments:
            for slot, event in segment.exceptions.items():
                id = series.known.get(slot) or checkin_id(series.pair, slot)
                if id not in told and slot not in segment.left_out:
                    told.add(id)
                    yield self._item(series, id, self._exception(series, segment, slot, event))
        for slot, id in series.known.items():
            if id in told:
                continue
            there = series.segment_of(slot)
            fields: dict[str, Reading] = {"pair": series.pair, "slot": slot}
            if there is not None:
                fields |= {"starts": slot, "minutes": None, "status": "planned"}
                fields |= self._answers(there.master, there.master, slot, minutes(there.master))
            elif moment(slot) < self.now or series.current is None or series.paused:
                continue  # of an earlier rhythm, or there is none: how it was is in the other tools
            # Else only whose it was: it was lost with a part of the series that people cut off, and is put back.
            yield self._item(series, id, fields)

    def _item(self, series: Series, id: str, fields: dict[str, Reading]) -> Item:
        kind = self.kinds["checkin"]
        slot = fields.get("slot")
        at = fields.get("starts", slot)
        title = str(series.current.master.get("summary", "")) if series.current else ""
        where = f"{title}, {_shown(str(at), self.locale)}"
        kept = {name: value for name, value in fields.items() if name in kind.fields}
        return Item(
            "checkin", id, handle_of(series.pair, id, slot if isinstance(slot, str) else None), kept, where
        )

    def _exception(self, series: Series, segment: Segment, slot: str, event: Event) -> dict[str, Reading]:
        if cancelled(event):
            at = starts(event) if "start" in event else slot
            took = self._minutes(minutes(event), minutes(segment.master)) if "start" in event else None
            return {"pair": series.pair, "starts": at, "minutes": took, "status": "skipped", "slot": slot}
        at, long = starts(event), minutes(event)
        fields: dict[str, Reading] = {
            "pair": series.pair, "starts": at, "minutes": self._minutes(long, minutes(segment.master)),
            "status": "planned" if at == slot else "moved", "slot": slot,
        }  # fmt: skip
        return fields | self._answers(event, segment.master, at, long)

    def _own(self, series: Series, event: Event) -> dict[str, Reading]:
        at, long, slot = starts(event), minutes(event), properties(event).get(SLOT) or None
        follows = properties(event).get(FOLLOWS, "")
        fields: dict[str, Reading] = {
            "pair": series.pair, "starts": at, "minutes": self._minutes(long, int(follows) if follows.isdecimal() else None),
            "status": "moved" if slot and slot != at else "planned", "slot": slot,
        }  # fmt: skip
        master = series.current.master if series.current else event
        return fields | self._answers(event, master, at, long)

    def _minutes(self, long: float, usual: float | None) -> Reading:
        field = self.kinds["checkin"].fields.get("minutes")
        return None if long == usual or field is None else field.type.read(long, self.locale)

    def _answers(self, event: Event, master: Event, at: str, long: float) -> dict[str, Reading]:
        """Once the time has passed, what the guests answered proposes whether it was held; people correct it.

        Two or more who accepted: held, by them. All declined: skipped. Anything else proposes nothing.
        """
        if moment(at) + timedelta(minutes=long) > self.now:
            return {}
        people = {address.casefold(): person for person, address in invited(master).items()}
        answers = {
            people[guest["email"].casefold()]: guest.get("responseStatus")
            for guest in event.get("attendees", ())
            if guest.get("email", "").casefold() in people
        }
        came = sorted(person for person, said in answers.items() if said == "accepted")
        if len(came) >= 2:
            return {"status": "held", "attended": came}
        if answers and all(said == "declined" for said in answers.values()) and len(answers) == len(people):
            return {"status": "skipped"}
        return {}


def agenda_held(series: Series) -> tuple[list[Event], str | None]:
    """The meetings that carry an agenda of their own, the latest last, and that one's agenda."""
    own = [e for s in series.segments for e in s.exceptions.values()] + [*series.own.values()]
    held = [e for e in own if not cancelled(e) and markup.has_agenda(e.get("description", ""))]
    inherited = {s.master.get("description") for s in series.segments}
    held = sorted((e for e in held if e.get("description") not in inherited), key=starts)
    return held, markup.agenda_of(held[-1]["description"]) if held else None


def agenda_now(series: Series) -> str | None:
    """The agenda as the pair's item tells it."""
    held, text = agenda_held(series)
    if held or series.current is None:
        return text
    return markup.agenda_of(series.current.master.get("description", ""))


def _shown(at: str, locale: Locale) -> str:
    try:
        return show_instant(at, locale.zone)
    except (OverflowError, ValueError):
        return at
