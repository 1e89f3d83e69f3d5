"""Three-way merge of prose: what two people did to different places of one text both stays."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from merge3 import Merge3


def merge_prose(base: str, ours: str, theirs: str) -> str | None:
    """The merged text, or `None` where both rewrote the same lines differently.

    By lines, as Markdown keeps a paragraph on one; the merge itself is Breezy's (`merge3`).
    """
    if ours == theirs:
        return ours
    merger = Merge3(_lines(base), _lines(ours), _lines(theirs))
    merged: list[str] = []
    for region in merger.merge_regions():
        if region[0] == "conflict":
            return None
        source = {"unchanged": merger.base, "a": merger.a, "same": merger.a, "b": merger.b}[region[0]]
        merged.extend(source[region[1] : region[2]])
    return "".join(merged).rstrip("\n")


def _lines(text: str) -> list[str]:
    # Every line ends the same way, so that a line added after the last one is not a change of the last one.
    return [line + "\n" for line in text.split("\n")]


def carried(sent: str, held: str, now: str) -> str:
    """`now`, which somebody made of `held`, with the lines that they left alone as `sent` writes them.

    `held` is how a tool shows `sent`: with other blank lines, another sign before the items of a list. The words are those
    of `now`, in its order.
    """
    source, shown, lines = (_with_blanks(text) for text in (sent, held, now))
    as_sent = _same_words(shown, source)
    kept = dict(_equal([line for _, line in lines], [line for _, line in shown]))
    found: list[str] = []
    for number, (blanks, line) in enumerate(lines):
        place = as_sent.get(kept.get(number, -1))
        if place is not None:
            above = kept.get(number - 1)
            if (above == kept[number] - 1 and as_sent.get(above) == place - 1) or number == place == 0:
                blanks = source[place][0]
            line = source[place][1]
        found += [""] * blanks + [line]
    return "\n".join(found)


def _with_blanks(text: str) -> list[tuple[int, str]]:
    """The lines that say something, each with the number of blank ones before it."""
    found, blanks = [], 0
    for line in text.split("\n"):
        if line.strip():
            found.append((blanks, line))
            blanks = 0
        else:
            blanks += 1
    return found


def _same_words(shown: list[tuple[int, str]], source: list[tuple[int, str]]) -> dict[int, int]:
    """Line as it is shown to the line that was sent, where their words are the same."""
    words = [[" ".join(re.findall(r"\w+", line)) for _, line in text] for text in (shown, source)]
    return dict(_equal(*words))


def _equal(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return [(i + n, j + n) for i, j, size in matcher.get_matching_blocks() for n in range(size)]
