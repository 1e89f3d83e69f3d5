"""People at work in the content of pages, in Notion's own window."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from syncengine.model.kinds import all_kinds
from syncengine_notion.sandbox import richtext
from syncengine_notion.sandbox.world import Block, Json, Page, World

PROSE = {kind.plural: kind.fields[kind.body].label for kind in all_kinds().values() if kind.body is not None}
"""Table to what the text of its pages is called, where that is no property."""


class Writing:
    """Each of these is an edit of the page by whoever is at work."""

    def __init__(self, world: World) -> None:
        self.world = world

    def add(
        self, above: Page | Block, text: str = "", kind: str = "paragraph", at: int | None = None, **more: Any
    ) -> Block:
        """A new block at the end of a page or of another block, or as the one at `at` there."""
        parent = "page_id" if isinstance(above, Page) else "block_id"
        block = Block(self.world.new_id(), (parent, above.id), *self.world.fresh(), type=kind)  # type: ignore[arg-type]  # one of ParentType
        words: Json = {"rich_text": [richtext.run(text)] if text else []} if kind not in WORDLESS else {}
        shade = {"color": "default"} if words and kind != "code" else {}
        icon = {"icon": None} if kind in ("paragraph", "callout") else {}
        block.payload = {**words, **shade, **icon, **more}
        self.world.blocks[block.id] = block
        above.children.insert(len(above.children) if at is None else at, block.id)
        self.world.touch_text(above)
        return block

    def change(self, block: Block, text: str) -> None:
        block.payload = {**block.payload, "rich_text": [richtext.run(text)] if text else []}
        self.world.touch_text(block)

    def remove(self, block: Block) -> None:
        block.in_trash = True
        self.world.touch_text(block)

    def whole(self, page: Page, text: str | None) -> None:
        """Everything that stands in a page replaced by paragraphs."""
        for block in self.blocks(page):
            block.in_trash = True
        for piece in (text or "").split("\n\n"):
            if piece:
                self.add(page, piece)
        self.world.touch_text(page)

    def blocks(self, above: Page | Block) -> list[Block]:
        """What is in a page or a block now, with all that lies in it, in order."""
        found = []
        for id in above.children:
            block = self.world.blocks.get(id)
            if block is not None and not block.in_trash:
                found += [block, *self.blocks(block)]
        return found

    def text(self, page: Page) -> str:
        """The words in a page, block by block."""
        words = [richtext.plain(block.payload.get("rich_text", [])) for block in self.blocks(page)]
        return "\n\n".join(one for one in words if one)

    def copied(self, above: Page | Block, to: Page | Block) -> None:
        """Everything in a page or a block into another one as well."""
        for id in above.children:
            block = self.world.blocks.get(id)
            if block is not None and not block.in_trash:
                made = self.add(to, kind=block.type)
                made.payload = deepcopy(block.payload)
                self.copied(block, made)


WORDLESS = (
    "divider",
    "image",
    "table",
    "column_list",
    "column",
    "synced_block",
    "bookmark",
    "unsupported",
    "child_database",
)
