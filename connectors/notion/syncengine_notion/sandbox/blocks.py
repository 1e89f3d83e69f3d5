"""The endpoints of blocks: a page's content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncengine_notion.sandbox import richtext
from syncengine_notion.sandbox.refusal import invalid, missing
from syncengine_notion.sandbox.values import uuid_of
from syncengine_notion.sandbox.world import Block, Json

if TYPE_CHECKING:
    from syncengine_notion.sandbox.call import Call

_TEXT = ("paragraph", "heading_1", "heading_2", "heading_3", "heading_4", "bulleted_list_item", "numbered_list_item", "quote",
         "to_do", "toggle", "callout", "code")  # fmt: skip
_BARE = ("divider",)
_MOST_AT_ONCE, _MOST_IN_ALL = 100, 1000


def add(
    call: Call, above: str, children: list[Json], after: str | None = None, *, first: bool = False
) -> list[str]:
    """Put blocks below `above`; returns their ids. Raises a refusal before anything is added."""
    if len(children) > _MOST_AT_ONCE:
        raise invalid(
            f"body failed validation: body.children.length should be ≤ `100`, instead was `{len(children)}`."
        )
    if _count(children) > _MOST_IN_ALL:
        raise invalid("body failed validation: more than 1000 block elements.")
    made = [_make(call, above, child) for child in children]
    place = siblings(call, above)
    where = place.index(uuid_of(after)) + 1 if after else 0 if first else len(place)
    place[where:where] = [block.id for block in made]
    return [block.id for block in made]


def siblings(call: Call, above: str) -> list[str]:
    """The ids below a page or a block, in order."""
    holder = call.world.pages.get(above) or call.world.blocks[above]
    return holder.children


def children(call: Call, id: str) -> Json:
    above = _holder(call, id)
    living = [one for one in siblings(call, above) if not _thing(call, one).in_trash]
    return call.paged("block", [call.shapes.block(one) for one in living])


def append(call: Call, id: str) -> Json:
    above, body = _holder(call, id), call.body
    if call.old and "position" in body:
        raise invalid(
            "body failed validation: body.position should be not present."
        )  # the hard case: it is not recorded
    after = body.get("after") if call.old else None
    position = body.get("position") or {}
    if position.get("type") == "after_block":
        after = position["after_block"]["id"]
    if after is not None and uuid_of(after) not in siblings(call, above):
        raise invalid(f"Block {after} is not a child of the parent.")
    made = add(call, above, body.get("children") or [], after, first=position.get("type") == "start")
    call.world.touch_text(_thing(call, above))
    call.done(above, made)
    found = call.paged("block", [])
    found["results"] = [call.shapes.block(one) for one in made]
    return found


def read(call: Call, id: str) -> Json:
    return call.shapes.block(_known(call, id))


def change(call: Call, id: str) -> Json:
    block = call.world.blocks.get(_known(call, id))
    if block is None:
        raise invalid("The sandbox changes pages and databases by their own endpoints.")
    trash = call.body.get("in_trash", call.body.get("archived") if call.old else None)
    if block.in_trash and trash is not False:
        raise invalid("Can't edit block that is archived. You must unarchive the block before editing.")
    if set(call.body) & {*_TEXT, *_BARE} - {block.type}:
        raise invalid(f"body failed validation: the block is a {block.type}, and its type can't be changed.")
    if block.type in call.body:
        block.payload = {**block.payload, **_changed(block.type, call.body[block.type])}
    if trash is not None:
        block.in_trash = trash
    call.world.touch_text(block)
    return call.shapes.block(block.id)


def _changed(kind: str, said: Json) -> Json:
    """Only what was said changes."""
    return {key: value for key, value in _payload(kind, said).items() if key in said}


def delete(call: Call, id: str) -> Json:
    """Into the trash; so for a page or a database."""
    known = _known(call, id)
    thing = _thing(call, known)
    if isinstance(thing, Block) and thing.in_trash:
        raise missing("block", known, call.world.bot)
    thing.in_trash = True
    call.world.touch_text(thing)
    return call.shapes.block(known)


def _make(call: Call, above: str, said: Json) -> Block:
    kind = said.get("type") or next(key for key in said if key not in ("object", "type"))
    if kind not in (*_TEXT, *_BARE):
        raise invalid(f"The sandbox makes no block of type {kind}.")
    world = call.world
    parent = "page_id" if above in world.pages else "block_id"
    block = Block(world.new_id(), (parent, above), *world.fresh(), type=kind)  # type: ignore[arg-type]  # one of ParentType
    block.payload = (
        {"color": "default", **_payload(kind, said[kind])}
        if kind in _TEXT and kind != "code"
        else _payload(kind, said[kind])
    )
    if kind == "paragraph":
        block.payload = {**block.payload, "icon": None}
    world.blocks[block.id] = block
    for child in said[kind].get("children", ()):
        block.children.append(_make(call, block.id, child).id)
    return block


def _payload(kind: str, said: Json) -> Json:
    if kind in _BARE:
        return {}
    found: Json = {key: value for key, value in said.items() if key not in ("children", "rich_text")}
    found["rich_text"] = richtext.given(said.get("rich_text", []), f"body.{kind}.rich_text")
    if kind.startswith("heading"):
        found.setdefault("is_toggleable", False)
    if kind == "to_do":
        found.setdefault("checked", False)
    if kind == "code":
        found.setdefault("language", "plain text")
        found["caption"] = richtext.given(said.get("caption", []), "body.code.caption")
    if kind == "callout":
        found.setdefault("icon", None)
    return found


def _count(children: list[Json]) -> int:
    return sum(1 + _count(_nested(child)) for child in children)


def _nested(child: Json) -> list[Json]:
    for value in child.values():
        if isinstance(value, dict) and "children" in value:
            return list(value["children"])
    return []


def _known(call: Call, id: str) -> str:
    found = uuid_of(id)
    world = call.world
    thing: Any = world.pages.get(found) or world.databases.get(found) or world.blocks.get(found)
    if thing is None or not getattr(thing, "shared", True):
        raise missing("block", found, world.bot)
    return found


def _holder(call: Call, id: str) -> str:
    found = _known(call, id)
    if _thing(call, found).in_trash:
        raise invalid("Can't edit block that is archived. You must unarchive the block before editing.")
    return found


def _thing(call: Call, id: str) -> Any:
    world = call.world
    return world.pages.get(id) or world.databases.get(id) or world.blocks[id]
