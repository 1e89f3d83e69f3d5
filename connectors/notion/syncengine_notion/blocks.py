"""Parts of a text and Notion's blocks, both ways. Pure.

Vendor facts: a block's type can't be changed; its rich text holds 100 runs of 2,000 UTF-16 units; code has a language from
a fixed list, and a caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from syncengine_notion.parts import LISTED, Part
from syncengine_notion.prose import (
    MOST_RUNS,
    MOST_UNITS,
    marked_runs,
    pieces,
    plain_runs,
    read_marked,
    read_plain,
)
from syncengine_notion.retouch import retouched

Json = dict[str, Any]

_SAME = {"toggle": "paragraph", "callout": "paragraph"}
"""Types whose own words are a paragraph elsewhere; what lies in them follows."""
_TEXTS = (
    "paragraph", *LISTED, "quote", "code", "divider", *(f"heading_{level}" for level in range(1, 5)), *_SAME,
)  # fmt: skip
_BOXES = ("column_list", "column", "synced_block")
_PLAIN = "plain text"
_LANGUAGES = frozenset(re.findall(r"\S+", """
    abap abc agda arduino assembly bash basic bnf c c# c++ clojure coffeescript coq css dart dhall diff docker ebnf
    elixir elm erlang f# flow fortran gherkin glsl go graphql groovy haskell hcl html idris java javascript json
    julia kotlin latex less lisp livescript lua makefile markdown markup matlab mathematica mermaid nix objective-c
    ocaml pascal perl php powershell prolog protobuf purescript python r racket reason ruby rust sass scala scheme
    scss shell smalltalk solidity sql swift toml typescript vb.net verilog vhdl webassembly xml yaml
"""))  # fmt: skip


def holds_text(block: Json) -> bool:
    return block["type"] in _TEXTS


def opens(block: Json) -> bool:
    """Whether what lies in the block belongs to the page's text. What is shown of another page does not."""
    if not block["has_children"]:
        return False
    if block["type"] == "synced_block":
        return block["synced_block"].get("synced_from") is None
    return block["type"] in _TEXTS or block["type"] in _BOXES


def part_of(block: Json, depth: int) -> Part | None:
    """The words of a block; `None` where it has none."""
    kind = str(block["type"])
    if kind == "divider":
        return Part(kind, "", depth)
    if kind not in _TEXTS:
        return None
    held = block[kind]
    if kind == "code":
        said = read_plain(held["rich_text"])
        return Part(kind, said, depth, _mark(held)) if said or not captioned(block) else None
    text = read_marked(held["rich_text"])
    if not text.strip() and not (kind in LISTED and block["has_children"]):
        return None
    mark = "x" if kind == "to_do" and held.get("checked") else ""
    return Part(_SAME.get(kind, kind), text, depth, mark)


def _mark(held: Json) -> str:
    """The language of code; one that Notion does not know stands in the caption."""
    if held["language"] != _PLAIN:
        return str(held["language"])
    caption = read_plain(held.get("caption") or [])
    return "" if any(sign.isspace() or sign == "`" for sign in caption) else caption


def captioned(block: Json) -> bool:
    """Whether it is code with a caption that somebody wrote below it: that is theirs."""
    if block["type"] != "code":
        return False
    caption = read_plain(block["code"].get("caption") or [])
    return bool(caption) and caption != _mark(block["code"])


def to_blocks(parts: Sequence[Part]) -> list[Json]:
    """The bodies of new blocks, each with those that lie in it."""
    found: list[Json] = []
    open_: list[tuple[int, list[Json]]] = [(parts[0].depth if parts else 0, found)]
    for part in parts:
        while part.depth < open_[-1][0]:
            open_.pop()
        block: Json = {"type": part.kind, part.kind: said(part, part.kind)}
        open_[-1][1].append(block)
        if part.listed:
            open_.append((part.depth + 1, block[part.kind].setdefault("children", [])))
    return [_bare(block) for block in found]


def _bare(block: Json) -> Json:
    """Without empty lists of children."""
    inner = block[block["type"]]
    children = [_bare(child) for child in inner.pop("children", ())]
    if children:
        inner["children"] = children
    return block


def said(part: Part, kind: str) -> Json:
    """What a block of that type holds, to be written."""
    if kind == "divider":
        return {}
    if kind == "code":
        known = part.mark in _LANGUAGES
        caption = plain_runs(part.mark) if part.mark and not known else []
        return {
            "rich_text": plain_runs(part.text),
            "language": part.mark if known else _PLAIN,
            "caption": caption,
        }
    more: Json = {"checked": part.mark == "x"} if kind == "to_do" else {}
    return {"rich_text": marked_runs(part.text), **more}


def changed(part: Part, block: Json) -> Json:
    """What a block has to be told to say this, everything else in it left as it is."""
    kind = block["type"]
    if kind == "divider":
        return {}
    if kind == "code":
        made = said(part, kind)
        return {key: value for key, value in made.items() if key != "caption" or not captioned(block)}
    more: Json = {"checked": part.mark == "x"} if kind == "to_do" else {}
    return {"rich_text": retouched(block[kind].get("rich_text") or [], part.text), **more}


def words_of(part: Part) -> Json:
    """Its words alone, in the form that is always taken."""
    return {} if part.kind == "divider" else {"rich_text": said(part, part.kind)["rich_text"]}


def fitting(parts: Sequence[Part]) -> Iterator[Part]:
    """The parts, those that no block holds whole as several."""
    for part in parts:
        cut = pieces(part.text)
        if len(part.text) * 2 <= MOST_UNITS * MOST_RUNS or len(cut) <= MOST_RUNS:
            yield part
            continue
        for start in range(0, len(cut), MOST_RUNS):
            yield Part(part.kind, "".join(cut[start : start + MOST_RUNS]), part.depth, part.mark)
