"""Three-way merge of prose: what two people did to different places of one text both stays."""

from __future__ import annotations

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
