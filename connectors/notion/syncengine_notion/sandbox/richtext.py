"""Rich text as the service takes it, and as it gives it back: checked, filled in, adjacent equal runs joined."""

from __future__ import annotations

from typing import Any

from syncengine_notion.sandbox.refusal import invalid
from syncengine_notion.sandbox.world import Json

PLAIN: Json = {
    "bold": False, "italic": False, "strikethrough": False, "underline": False, "code": False, "color": "default",
}  # fmt: skip
_MENTIONED = {"user": "@someone", "page": "a page", "database": "a table", "date": ""}
MOST_UNITS, MOST_ITEMS, MOST_URL = 2000, 100, 2000


def units(text: str) -> int:
    """Length as the service counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def given(items: Any, where: str) -> list[Json]:
    """What is stored for rich text that was sent; raises a refusal."""
    if not isinstance(items, list):
        raise invalid(f"body failed validation: {where} should be an array, instead was `{items!r}`.")
    if len(items) > MOST_ITEMS:
        raise invalid(
            f"body failed validation: {where}.length should be ≤ `{MOST_ITEMS}`, instead was `{len(items)}`."
        )
    found: list[Json] = []
    for number, item in enumerate(items):
        made = _item(item, f"{where}[{number}]")
        last = found[-1] if found else None
        if last is not None and _same_run(last, made):
            found[-1] = run(
                last["text"]["content"] + made["text"]["content"], made["annotations"], made["href"]
            )
        elif made["type"] != "text" or made["text"]["content"]:
            found.append(made)
    return found


def run(content: str, annotations: Json | None = None, link: str | None = None) -> Json:
    """One run of text as the service shows it."""
    url = None if link is None else {"url": link}
    return {
        "type": "text", "text": {"content": content, "link": url},
        "annotations": {**PLAIN, **(annotations or {})}, "plain_text": content, "href": link,
    }  # fmt: skip


def shown(items: list[Json]) -> list[Json]:
    """How stored text is read: a long run may come back in pieces (clients must join them)."""
    found: list[Json] = []
    for item in items:
        content = item["text"]["content"] if item["type"] == "text" else ""
        if units(content) <= MOST_UNITS:
            found.append(item)
            continue
        found += [run(piece, item["annotations"], item["href"]) for piece in _pieces(content)]
    return found


def plain(items: list[Json]) -> str:
    return "".join(item["plain_text"] for item in items)


def _pieces(text: str) -> list[str]:
    found, piece, size = [], "", 0
    for letter in text:
        wide = 2 if ord(letter) > 0xFFFF else 1
        if size + wide > MOST_UNITS:
            found.append(piece)
            piece, size = "", 0
        piece, size = piece + letter, size + wide
    return [*found, piece]


def _item(item: Json, where: str) -> Json:
    if "mention" in item or "equation" in item:
        return _special(item, where)
    text = item.get("text")
    if not isinstance(text, dict) or not isinstance(text.get("content"), str):
        raise invalid(f"body failed validation: {where}.text should be defined, instead was `undefined`.")
    content = text["content"]
    if units(content) > MOST_UNITS:
        raise invalid(
            f"body failed validation: {where}.text.content.length should be ≤ `{MOST_UNITS}`, instead was `{units(content)}`."
        )
    if any("\ud800" <= letter <= "\udfff" for letter in content):
        raise invalid(f"body failed validation: {where}.text.content is not well-formed text.")
    link = (text.get("link") or {}).get("url")
    if link is not None and (units(link) > MOST_URL or not link):
        raise invalid(f"body failed validation: {where}.text.link.url should be a valid url.")
    return run(content, item.get("annotations"), link)


def _special(item: Json, where: str) -> Json:
    """An equation or a mention, with the words that the service shows for it."""
    looks: Json = {"annotations": {**PLAIN, **item.get("annotations", {})}, "href": None}
    if "equation" in item:
        expression = item["equation"]["expression"]
        return {"type": "equation", "equation": {"expression": expression}, "plain_text": expression, **looks}
    said = item["mention"]
    kind = next((one for one in _MENTIONED if one in said), None)
    if kind is None:
        raise invalid(f"body failed validation: {where}.mention should be defined, instead was `undefined`.")
    held: Json = dict(said[kind])
    words = item.get("plain_text") or _MENTIONED[kind]
    if kind == "user":
        held = {"object": "user", "id": held["id"]}
    if kind == "date":
        held = {"start": held["start"], "end": held.get("end"), "time_zone": None}
        words = held["start"]
    looks["href"] = (
        f"https://app.notion.com/p/{held['id'].replace('-', '')}" if kind in ("page", "database") else None
    )
    return {"type": "mention", "mention": {"type": kind, kind: held}, "plain_text": words, **looks}


def _same_run(a: Json, b: Json) -> bool:
    same_kind = a["type"] == b["type"] == "text"
    return bool(same_kind and a["annotations"] == b["annotations"] and a["href"] == b["href"])
