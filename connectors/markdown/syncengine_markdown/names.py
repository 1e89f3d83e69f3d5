"""File names: from a record's title to one that every system can hold, and back to what it is compared by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

MOST_BYTES = 120
"""Far below the 255 of file systems, so that a number, a suffix and a long folder still fit (Windows: 260 in all)."""

# Windows refuses \ / : * ? " < > |; Obsidian's links break at # ^ [ ] |.
_STAND_INS = str.maketrans({"\\": "-", "/": "-", "|": "-", '"': "'", **dict.fromkeys("<>*?#^[]", " ")})
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9,()&'+-]| (?! ))*")
_KEPT_FORMATS = "\u200c\u200d"  # joiners: words and emoji fall apart without them


def file_stem(title: str, otherwise: str) -> str:
    """A file name (without `.md`) for `title`: valid on Windows, macOS and Linux, never hidden, never a path.

    `otherwise` is used for a title of which nothing is left. Different titles may give the same name.
    """
    if len(title) <= 60 and _PLAIN.fullmatch(title) and not title.endswith(" ") and not _DEVICES.match(title):
        return title
    text = unicodedata.normalize("NFC", title).translate(_STAND_INS)
    text = re.sub(r"(?<=\d):(?=\d)", ".", text).replace(":", " -")
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or _visible(c))
    text = _short(re.sub(r" {2,}", " ", text).strip(" ."))
    if not text:
        return otherwise
    return f"{text}_" if _DEVICES.match(text) else text


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn") or character in _KEPT_FORMATS


def _short(text: str) -> str:
    """At most `MOST_BYTES` of UTF-8, cut between characters, with no half of a combined one left behind."""
    raw = text.encode()
    if len(raw) <= MOST_BYTES:
        return text
    cut = raw[:MOST_BYTES].decode(errors="ignore")
    following = text[len(cut)]
    while cut and (unicodedata.combining(following) or following in "\u200d\ufe0f" or cut[-1] == "\u200d"):
        cut, following = cut[:-1], cut[-1]
    return cut.strip(" .")


def folded(name: str) -> str:
    """`name` as file systems compare it: macOS and Windows ignore capitals, macOS also how accents are encoded."""
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def free_stem(stem: str, taken: Container[str]) -> str:
    """`stem`, or `stem 2`, `stem 3`, … : the first whose `.md` name is not among the folded names `taken`."""
    number, found = 1, stem
    while folded(f"{found}.md") in taken:
        number += 1
        found = f"{stem} {number}"
    return found


def made_from(stem: str, title: str, otherwise: str) -> bool:
    """Whether `stem` is a name that we would have given a record called `title` (so nobody has renamed the file)."""
    ours = file_stem(title, otherwise)
    return stem == ours or bool(re.fullmatch(re.escape(ours) + r"( \([0-9a-v]{4}\))?( \d+)?", stem))
