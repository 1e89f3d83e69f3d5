"""The endpoints of comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncengine_notion.sandbox import richtext
from syncengine_notion.sandbox.refusal import missing
from syncengine_notion.sandbox.values import uuid_of
from syncengine_notion.sandbox.world import Comment, Json

if TYPE_CHECKING:
    from syncengine_notion.sandbox.call import Call


def create(call: Call) -> Json:
    world, page = call.world, call.page(call.body["parent"]["page_id"])
    text = richtext.given(call.body["rich_text"], "body.rich_text")
    made = Comment(
        world.new_id(), ("page_id", page.id), *world.fresh(precise=True), discussion=world.new_id()
    )
    made.rich_text = text
    world.comments[made.id] = made
    return call.shapes.comment(made)


def listing(call: Call) -> Json:
    page = uuid_of(call.query["block_id"][0])
    found = [call.shapes.comment(one) for one in call.world.comments.values() if one.parent[1] == page]
    return call.paged("comment", found)


def delete(call: Call, id: str) -> Json:
    gone = call.world.comments.pop(uuid_of(id), None)
    if gone is None:
        raise missing("comment", id, call.world.bot)
    return call.shapes.comment(gone)
