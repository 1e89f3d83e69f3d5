"""What follows the writes of a run: the views of new pairs, and a look at what many writes did."""

from __future__ import annotations

from collections.abc import Mapping

from syncengine.model.template import Template
from syncengine_notion import views
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.client import Wire
from syncengine_notion.memory import Memory
from syncengine_notion.pulling import Puller
from syncengine_notion.reading import OVERLAP, SMALL, minute, read_rows
from syncengine_notion.writing import Writer

_MOST_VIEWS = 9
"""In one run: of a first sync with many pairs the later ones get theirs by the runs that follow."""


def owed(template: Template, puller: Puller, memory: Memory) -> list[str]:
    """The pages of pairs that have not got their own views yet, as far as this run knows."""
    if "pair" not in puller.tables or "goal" not in puller.tables:
        return []
    pages = [page for page, kind in puller.kinds.items() if kind == "pair" and page in puller.people.records]
    return sorted((set(pages) | set(memory.owed)) - set(memory.viewed))


def pair_views(wire: Wire, template: Template, puller: Puller, memory: Memory) -> None:
    """Each pair's page gets views of what is its own. A view is a convenience: one that is refused is let be.

    A run that died may have made some of them: those of our making that lie in the page are counted first. What people
    deleted later is not made again.
    """
    left = _MOST_VIEWS
    for page in owed(template, puller, memory):
        wanted = views.of_pair(page, puller.tables, template)
        try:
            made = 0 if page in memory.owed else _made(wire, page, memory.bot)
            for body in wanted[made:]:
                if left == 0:
                    return
                left -= 1
                memory.owed = [one for one in memory.owed if one != page]
                _try(wire, body)
        except (Refused, Doubt):
            continue
        memory.viewed.append(page)
        memory.owed = [one for one in memory.owed if one != page]


def _made(wire: Wire, page: str, bot: str | None) -> int:
    """How many linked views of our making are in a page."""
    children = wire.listed(f"blocks/{page}/children")
    return sum(one["type"] == "child_database" and one["created_by"]["id"] == bot for one in children)


def _try(wire: Wire, body: dict[str, object]) -> None:
    try:
        wire.write("POST", "views", body)
    except Refused as refused:
        if refused.status == 409:
            raise


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
