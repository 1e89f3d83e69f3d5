"""What follows the writes of a run: the views of new pairs, and a look at what many writes did."""

from __future__ import annotations

from collections.abc import Mapping

from syncengine.model.template import Template
from syncengine_notion import views
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.client import Wire
from syncengine_notion.layout import Table
from syncengine_notion.memory import Memory
from syncengine_notion.pulling import Puller
from syncengine_notion.reading import OVERLAP, SMALL, minute, read_rows
from syncengine_notion.writing import Writer


def pair_views(wire: Wire, template: Template, tables: Mapping[str, Table], memory: Memory) -> None:
    """Each new pair's page gets a view of its goals. A view is a convenience: one that is refused is let be."""
    goals, kind = tables.get("goal"), template.kinds.get("goal")
    owed, memory.owed = memory.owed, []
    if goals is None or kind is None:
        return
    for page in owed:
        body = views.of_pair(page, goals, kind.plural)
        if body is None:
            return
        try:
            wire.write("POST", "views", body)
        except (Refused, Doubt):
            continue


def catch_up(wire: Wire, memory: Memory, puller: Puller, writers: Mapping[str, Writer]) -> None:
    """Many writes to a table are read back at once, or the next run would have to page through them.

    What is not as our answers had it was changed by people meanwhile: the next run looks at it.
    """
    for kind, writer in writers.items():
        since = memory.since.get(kind)
        if len(writer.written) <= SMALL or since is None:
            continue
        reader, table = puller.readers[kind], puller.tables[kind]
        found = read_rows(wire, kind, table.source, since)
        for page, row in found.rows.items():
            before = puller.rows.get(page)
            known = writer.written.get(page) or (reader.read(before, table.properties) if before else None)
            if reader.read(row, table.properties) != known:
                memory.again.append(page)
        if found.heard is not None:
            memory.since[kind] = minute(found.heard - OVERLAP)
