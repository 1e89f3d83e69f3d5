"""What a tool makes of our own values is no edit, also where nobody noted that they were written (design rules 5, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from syncengine.connector import Item
from syncengine.core.shadow import MISSING, Shadow, _Missing
from syncengine.model.values import Named, Unreadable, Value
from syncengine.run.live import Live
from syncengine.run.work import Work

_NOTHING = object()


def as_shown(work: Work, live: Live, item: Item, old: Shadow) -> Shadow:
    """The shadow of the item as the tool would show what we have written, or may have written, to it.

    After a run that died between a write and its outcome, and at first contact (a state that was lost), a read shows
    45 minutes where we wrote a blank, or "active" for "starting". Such a value is taken for the one it was made from.
    """
    pending = old.state in ("creating", "behind")
    unseen = item.fields.keys() - old.held.keys()  # the tool had no place for it when we wrote last
    if not (live.showing or live.piecemeal) or not (pending or unseen):
        return old
    kind, record = live.view.template.kinds[item.kind], work.canon.get(old.record)
    wanted = live.view.fields(kind, record) if record is not None else dict.fromkeys(kind.fields)
    held, sent = _half_written(live, item, old, wanted) if pending else ({}, {})
    for name, value in live.showing.shown(kind.name, wanted).items() if live.showing else ():
        told = item.fields.get(name, _NOTHING) == value != old.held.get(name, _NOTHING)
        if told and (pending or name in unseen):
            held[name], sent[name] = value, wanted.get(name)
    if not held:
        return old
    return replace(old, held={**old.held, **held}, sent={**old.sent, **sent})


def _half_written(
    live: Live, item: Item, old: Shadow, wanted: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, Value]]:
    """What stands half written in the item, and what the tool is known to agree with instead: so the rest is still to do."""
    held: dict[str, Value] = {}
    sent: dict[str, Value] = {}
    for name, now in item.fields.items() if live.piecemeal else ():
        if isinstance(now, Named | Unreadable) or now in (old.held.get(name), wanted.get(name)):
            continue
        before: Value | _Missing = None if old.state == "creating" else old.held.get(name, MISSING)
        if isinstance(before, _Missing) or live.piecemeal is None:
            continue
        if live.piecemeal.halfway(item.kind, name, before, wanted.get(name), now):
            base = None if old.state == "creating" else old.base(name)
            held[name], sent[name] = now, None if isinstance(base, _Missing) else base
    return held, sent
