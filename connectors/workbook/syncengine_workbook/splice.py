"""Small edits of XML text that leave everything around them as it was. For parts that `Package` has vetted."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

_ENTITIES = (("&quot;", '"'), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&#10;", "\n"), ("&amp;", "&"))

# What follows an element inside its parent, in the schema's order (ECMA-376, 18.2.27 and 18.3.1.99).
AFTER_NAMES = ("calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr", "smartTagTypes", "webPublishing",
               "fileRecoveryPr", "webPublishObjects", "extLst")  # fmt: skip
AFTER_LINKS = ("printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties",
               "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF",
               "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst")  # fmt: skip
AFTER_VALIDATIONS = ("hyperlinks", *AFTER_LINKS)


def attribute(tag: bytes, name: str) -> str | None:
    """An attribute of a start tag."""
    found = re.search(rb"(?:^|\s)" + name.encode() + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    if not found:
        return None
    text = (found[1] if found[1] is not None else found[2]).decode()
    for entity, letter in _ENTITIES:
        text = text.replace(entity, letter)
    return text


def with_attribute(tag: bytes, name: str, value: str) -> bytes:
    """The element with that attribute of its start tag set."""
    head, close, rest = re.split(rb"(/?>)", tag, maxsplit=1)
    head = re.sub(rb"\s" + name.encode() + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", head)
    return head.rstrip() + b" " + name.encode() + b"=" + quoteattr(value).encode() + close + rest


def root_prefix(data: bytes, root: bytes) -> bytes:
    """The prefix, with its colon, that the part's elements have."""
    found = re.search(rb"<(?:(\w[\w.-]*):)?" + root + rb"\b", data)
    return found[1] + b":" if found and found[1] else b""


def before(data: bytes, p: bytes, root: bytes, what: bytes, following: tuple[str, ...]) -> bytes:
    """Insert `what` before the first of the `following` elements, else at the end of the root."""
    at = [
        found.start() for name in following if (found := re.search(rb"<" + p + name.encode() + rb"\b", data))
    ]
    place = min(at) if at else data.rindex(b"</" + p + root)
    return data[:place] + what + data[place:]


def into(
    data: bytes, p: bytes, root: bytes, container: bytes, what: bytes, following: tuple[str, ...]
) -> bytes:
    """Append `what` to the container element, which is made where there is none."""
    found = re.search(rb"<" + p + container + rb"\b[^>]*?(/?)>", data)
    if found and not found[1]:
        place = data.index(b"</" + p + container, found.end())
        opened = re.sub(rb"\scount=\"\d+\"", b"", found[0])  # optional everywhere, and wrong from now on
        return data[: found.start()] + opened + data[found.end() : place] + what + data[place:]
    if found:
        data = data[: found.start()] + data[found.end() :]
    return (
        before(data, p, root, b"<" + p + container + b">" + what + b"</" + p + container + b">", following)
        if what
        else data
    )


def without(data: bytes, tag: bytes, mark: bytes) -> bytes:
    """The part without the empty elements `tag` that contain `mark`."""
    return re.sub(rb"<(?:\w+:)?" + tag + rb"\b[^>]*" + re.escape(mark) + rb"[^>]*/>", b"", data)
