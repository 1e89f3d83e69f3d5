"""Taking somebody out of the titles we made, and searching a workspace for them. See `syncengine.connector.Erasing`.

Notion has no request that deletes for good, and a page in its trash can't be changed: the engine empties a record before it
is trashed, and what lay in the trash before is a person's to delete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from syncengine.model.template import Template
from syncengine.model.words import Words
from syncengine_notion.client import Json, Wire
from syncengine_notion.layout import Layout, Table, title_field
from syncengine_notion.prose import plain_runs
from syncengine_notion.rows import title_of

KEEPS = (
    "Notion keeps what was deleted in its trash (30 days, or as the workspace says): Trash in the sidebar → search for their name, "
    "and for “(forgotten)” → delete permanently.",
    "Notion keeps earlier versions of pages (Page history) and edits (Updates) for as long as the plan says; they can't be "
    "deleted one by one.",
    "comments, and pages of your own, were not searched: look with Notion's search (Ctrl/⌘ P).",
)


def erase(wire: Wire, template: Template, layout: Layout, words: Words) -> None:
    """Take the words out of titles that we made of a record's other fields (a check-in's has the pair's name)."""
    for name, table in layout.tables.items():
        if name not in template.kinds or title_field(template.kinds[name]) is not None:
            continue
        for row in list(_rows(wire, table)):
            title = title_of(row)
            ours = any(
                one["id"] == table.id and one["rich_text"]
                for one in row["properties"].values()
                if "rich_text" in one
            )
            if ours and words.count(title):
                wire.write(
                    "PATCH",
                    f"pages/{row['id']}",
                    {"properties": {"title": {"title": plain_runs(words.without(title))}}},
                )


def _rows(wire: Wire, table: Table) -> Iterator[Json]:
    body: Json = {"page_size": 100}
    while True:
        page = wire.read("POST", f"data_sources/{table.source}/query", dict(body))
        yield from page["results"]
        if not page["has_more"]:
            return
        body["start_cursor"] = page["next_cursor"]


def everything(wire: Wire, layout: Layout) -> Iterator[tuple[str, str]]:
    """Every row of our databases with all its properties and the text of its page, and the home page's own text."""
    for name, table in layout.tables.items():
        for row in _rows(wire, table):
            said = {key: row[key] for key in ("properties", "icon", "cover") if key in row}
            yield (
                f"{name} “{title_of(row)[:1] or '?'}…” {row['id'][-6:]}",
                json.dumps(said, ensure_ascii=False),
            )
            if table.body:
                yield from ((f"{name} {row['id'][-6:]}, its text", text) for text in _blocks(wire, row["id"]))
    if layout.home:
        for text in _blocks(wire, layout.home, deep=False):
            yield "the home page", text


def _blocks(wire: Wire, page: str, *, deep: bool = True) -> Iterator[str]:
    """Every block of a page, people's own included, those inside of others too; one request for each that has any."""
    for block in wire.listed(f"blocks/{page}/children"):
        yield json.dumps(block, ensure_ascii=False)
        if deep and block.get("has_children") and block["type"] not in ("child_page", "child_database"):
            yield from _blocks(wire, block["id"])
