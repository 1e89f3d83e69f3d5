"""What a tool makes of our own values is no edit, also where nobody noted that they were written (design rules 5, 8)."""

from __future__ import annotations

from dataclasses import replace

from syncengine.connector import Item
from syncengine.core.shadow import Shadow
from syncengine.model.values import Value
from syncengine.run.live import Live
from syncengine.run.work import Work

_NOTHING = object()


def as_shown(work: Work, live: Live, item: Item, old: Shadow) -> Shadow:
    """The shadow of the item as the tool would show what we have written, or may have written, to it.

    After a run that died between a write and its outcome, and at first contact (a state that was lost), a read shows
    45 minutes where we wrote a blank, or "active" for "starting". Such a value is taken for the one it was made from.
    """
    showing, pending = live.showing, old.state in ("creating", "behind")
    unseen = item.fields.keys() - old.held.keys()  # the tool had no place for it when we wrote last
    if showing is None or not (pending or unseen):
        return old
    kind, record = live.view.template.kinds[item.kind], work.canon.get(old.record)
    wanted = live.view.fields(kind, record) if record is not None else dict.fromkeys(kind.fields)
    held: dict[str, Value] = {}
    for name, value in showing.shown(kind.name, wanted).items():
        told = item.fields.get(name, _NOTHING) == value != old.held.get(name, _NOTHING)
        if told and (pending or name in unseen):
            held[name] = value
    if not held:
        return old
    sent = {name: wanted.get(name) for name in held}
    return replace(old, held={**old.held, **held}, sent={**old.sent, **sent})
