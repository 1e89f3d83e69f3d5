"""Taking somebody out of what calendar files keep beside the records. See `syncengine.connector.Erasing`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from syncengine.model.words import Words
from syncengine_ical import folder as disk
from syncengine_ical.document import Broken, Component, Line, content_line, parse
from syncengine_ical.place import Notes
from syncengine_ical.series import ID, is_removed

_GUESTS = ("ATTENDEE", "ORGANIZER", "CONTACT")


def erase(folder: str, ids: Collection[str], words: Words) -> int:
    """Take cancelled events of the records `ids` out, their guests and words out of events of ours; returns how many files.

    A file that is called by the words gets another name. Files and events of people's own stay. Raises `OSError`, `Changed`.
    """
    files, _ = disk.scan(folder)
    notes, done = Notes.load(folder), 0
    for name in sorted(files):
        data, stat = disk.read(folder, name)
        try:
            document = parse(data)
        except Broken:
            continue  # it is told by every sync, and left as it is
        ours = [
            (above, event)
            for above in document.calendars
            for event in above.components("VEVENT")
            if event.first(ID)
        ]
        if not ours:
            continue
        for above, event in ours:
            if event.value(ID) in ids and is_removed(event):
                above.entries.remove(event)
            else:
                _clean(event, words)
        fresh = document.to_bytes()
        if fresh != data:
            disk.write(folder, name, fresh, stat)
            done += 1
        done += _rename(folder, name, words, notes, set(files))
    for id in ids:
        if id in notes.files or id in notes.slots:
            notes.files.pop(id, None)
            notes.slots.pop(id, None)
            notes.changed = True
    done += notes.save(folder)
    return done


def _clean(event: Component, words: Words) -> None:
    entries: list[Line | Component] = []
    for entry in event.entries:
        if isinstance(entry, Line) and words.count(entry.text):
            if entry.name in _GUESTS:
                continue
            entry = content_line(words.without(entry.text), event.ending)
        entries.append(entry)
    event.entries[:] = entries


def _rename(folder: str, name: str, words: Words, notes: Notes, taken: set[str]) -> int:
    if not words.count(name):
        return 0
    fresh = disk.free_name(
        folder, words.without(name).removesuffix(".ics"), {disk.same_name(one) for one in taken}
    )
    os.rename(os.path.join(folder, name), os.path.join(folder, fresh))
    for pair in [pair for pair, there in notes.files.items() if there == name]:
        notes.locate(pair, fresh)
    return 1


def everything(folder: str) -> Iterator[tuple[str, str]]:
    """Every file, lines unfolded, with its name; links are not followed."""
    for above, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(above, name)
            where = os.path.relpath(path, folder)
            yield where, where
            if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) <= disk.LARGEST:
                with open(path, "rb") as handle:
                    text = handle.read().decode("utf-8", "replace")
                yield where, text.replace("\r\n ", "").replace("\n ", "")


KEEPS = (
    "calendar programs that have read the files keep copies of their own: let each of them read the folder again, and empty "
    "its bin.",
)
