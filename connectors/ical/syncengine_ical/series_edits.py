"""What an operation on a pair changes in its series: only the lines it is about (design rule 11)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from syncengine.connector import Operation
from syncengine.model.cadence import Cadence, cadence_of, rrule
from syncengine.model.description import with_agenda
from syncengine.model.moments import instant
from syncengine.model.recurrence import Said, read_rule
from syncengine.model.series import START, TIMING, uid_of
from syncengine.model.values import Fields, Unreadable
from syncengine_ical import zones
from syncengine_ical.document import Component
from syncengine_ical.editing import Editor, Refused
from syncengine_ical.lines import remove, set_end, set_link, set_status, set_words
from syncengine_ical.mapping import link_of, words
from syncengine_ical.series import ENDED, ID, REMOVED, Series, is_cancelled, times
from syncengine_ical.times import when_line


def put_pair(editor: Editor, operation: Operation) -> None:
    """Create the series, or set what the operation changes of it. Raises `Refused`."""
    series, record = editor.series, operation.record
    changed = set(operation.fields)
    if series.master is None or series.removed:
        changed |= {*TIMING, "minutes", "status"}
    cadence = cadence_of({**record, "status": None}, editor.default.key)
    if isinstance(cadence, Unreadable):
        raise Refused(f"“{cadence.text}” {cadence.reason}", cadence.remedy)
    if series.master is None and cadence is None and operation.action == "update":
        return  # its file was removed, and it does not meet: there is nothing to hold
    _check(series, cadence, changed)
    master = series.master or editor.new_event(uid_of(editor.pair), editor.pair, "pair")
    if changed & {*TIMING, "minutes"} and cadence is not None:
        _set_timing(editor, master, cadence, changed)
    if changed & {"status", *TIMING}:
        _set_standing(master, record, ended=cadence is None)
    _set_texts(editor, master, record if series.master is None else operation.fields)
    if operation.stamp:
        master.set(ID, [f"{ID}:{editor.pair}"])
    editor.refresh()


def remove_pair(editor: Editor) -> None:
    """Cancel the series, gently: it stays in the file, and a person can bring it back."""
    if editor.series.master is not None:
        remove(editor.series.master)
        editor.refresh()


def _check(series: Series, cadence: Cadence | None, changed: set[str]) -> None:
    """Whether the series can be changed like that; what the calendar says in its own way is never overwritten."""
    if series.master is None or series.start is None:
        if cadence is None:
            raise Refused(
                "the pair does not say how often it meets", "Fill in how often, and the first meeting."
            )
        return
    if "every" in changed and cadence is not None and series.rule and series.said is None:
        raise Refused(
            f"the calendar repeats it in its own way ({series.rule})",
            "Change the repetition in the calendar.",
        )
    if not changed & {*TIMING, "minutes"}:
        return
    if series.start.whole_day:
        raise Refused("the calendar has it as a whole day", "Give the series a time in a calendar program.")
    if series.start.zone is None and series.start.tz is not series.default:
        raise Refused(
            "the calendar has it in a time zone of its own",
            "Choose a zone like Europe/Berlin in a calendar program.",
        )


def _set_standing(master: Component, record: Fields, *, ended: bool) -> None:
    """Whether the series takes place. Without a cadence it is kept, cancelled, and noted what status it showed."""
    shown = "paused" if is_cancelled(master) else "active"
    note = master.value(ENDED) or shown
    set_status(master, takes_place=not ended and record.get("status") not in ("paused", "closed"))
    master.set(REMOVED, [])
    master.set(ENDED, [f"{ENDED}:{note}"] if ended else [])


def _set_timing(editor: Editor, master: Component, cadence: Cadence, changed: set[str]) -> None:
    series, there = editor.series, editor.series.start
    own_way = there is not None and series.said is None and series.rule is not None
    starts = instant(cadence.start, ZoneInfo(cadence.zone))
    minutes: float = cadence.minutes if "minutes" in changed or series.minutes is None else series.minutes
    moves = there is None or bool(changed & (START if own_way else TIMING))
    zone = cadence.zone if there is None or there.zone or "zone" in changed else None
    if moves and (there is None or (there.instant, there.zone) != (starts, zone)):
        master.set("DTSTART", [when_line("DTSTART", starts, cadence.zone, cadence.start)])
        set_end(master, starts, minutes, cadence.zone)
    elif minutes != series.minutes and there is not None:
        set_end(master, there.instant, minutes, cadence.zone)
    _follow(series, minutes, cadence.zone)
    if changed & TIMING or series.rule is None:
        _set_rule(series, master, cadence, changed)
    zones.explain(series.calendar, cadence.zone, cadence.first, cadence.until)
    editor.replanned = True


def _follow(series: Series, minutes: float, zone: str) -> None:
    """Moved meetings that were as long as the series stay so."""
    for slot, event in series.exceptions.items():
        if slot in series.unread or event.first("DTSTART") is None or minutes == series.minutes:
            continue
        start, length = times(series, event)
        if length == series.minutes:
            set_end(event, start.instant, minutes, start.zone or zone)


def _set_rule(series: Series, master: Component, cadence: Cadence, changed: set[str]) -> None:
    rule, zone = series.rule, ZoneInfo(cadence.zone)
    if rule and series.said is None:  # people's own: only its end may be ours to set
        if changed & {"until", "zone"}:
            parts = [
                part for part in rule.split(";") if part.partition("=")[0].upper() not in ("UNTIL", "COUNT")
            ]
            ends = [part for part in rrule(cadence).split(";") if part.startswith("UNTIL=")]
            master.set("RRULE", ["RRULE:" + ";".join([*parts, *ends])])
        return
    wanted = Said(cadence.every, cadence.first, cadence.until)
    if not rule or read_rule(rule, cadence.start, zone) != wanted:
        master.set("RRULE", [f"RRULE:{rrule(cadence)}"])


def _set_texts(editor: Editor, master: Component, fields: Fields) -> None:
    """Name and link also where a moved meeting still has the series' own; the agenda in the series alone."""
    others = [event for event in editor.events() if event is not master]
    if "name" in fields:
        before = words(master, "SUMMARY")
        for event in [master, *(e for e in others if words(e, "SUMMARY") == before)]:
            set_words(event, "SUMMARY", fields["name"])
    if "link" in fields:
        link = link_of(master)
        for event in [master, *(e for e in others if link_of(e) == link)]:
            set_link(event, fields["link"])
    if "agenda" in fields:
        agenda = fields["agenda"]
        text = with_agenda(words(master, "DESCRIPTION") or "", None if agenda is None else str(agenda))
        set_words(master, "DESCRIPTION", text or None)
