"""File names that every system can hold."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine_markdown.names import MOST_BYTES, file_stem, folded, free_stem, made_from


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Learn SQL", "Learn SQL"),
        ("What/why: a \\ b?", "What-why - a - b"),
        ("2026-03-01 17:00 · Ada & Grace", "2026-03-01 17.00 · Ada & Grace"),
        ("../../etc/passwd", "-..-etc-passwd"),
        (".hidden", "hidden"),
        ("trailing dots... ", "trailing dots"),
        ("CON", "CON_"),
        ("nul.txt", "nul.txt_"),
        ("Console", "Console"),
        ("a\x00b\nc\td", "ab c d"),
        ("C# and [[links]] ^ | %%", "C and links - %%"),
        ("e\u0301tude", "\u00e9tude"),
        ("\u202egnp.exe", "gnp.exe"),
        ("👩‍👩‍👧‍👦 family", "👩‍👩‍👧‍👦 family"),
        ("שלום עולם", "שלום עולם"),
        ("???", "Goal"),
        ("", "Goal"),
        ("  two   blanks ", "two blanks"),
    ],
)
def test_titles_become_names(title: str, stem: str) -> None:
    assert file_stem(title, "Goal") == stem


@given(st.text(max_size=300))
def test_every_title_gives_a_safe_name(title: str) -> None:
    stem = file_stem(title, "Goal")
    assert stem
    assert len(stem.encode()) <= MOST_BYTES + 1
    assert not re.search(r'[\\/:*?"<>|#^\[\]\x00-\x1f]', stem)
    assert stem == stem.strip()
    assert not stem.startswith(".")
    assert not stem.endswith(".")
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", stem)
    assert file_stem(stem, "Goal") in (stem, f"{stem}_"), "a name is the name of itself"


def test_long_names_are_cut_between_characters() -> None:
    stem = file_stem("é👩‍👩‍👧" * 60, "Goal")
    assert len(stem.encode()) <= MOST_BYTES
    assert not stem.endswith("\u200d")
    base = file_stem("x" * 119 + "e\u0301\u0323\u0330tail", "Goal")
    assert not unicodedata.combining((base + "a")[len("x" * 119)])


def test_names_that_differ_by_capitals_or_accents_only_are_one() -> None:
    assert folded("Ada.MD") == folded("ada.md")
    assert folded("e\u0301.md") == folded("\u00c9.md")
    taken = {folded("learn sql.md"), folded("Learn SQL 2.md")}
    assert free_stem("Learn SQL", taken) == "Learn SQL 3"


@pytest.mark.parametrize(("stem", "ours"), [
    ("Learn SQL", True), ("Learn SQL 2", True), ("Learn SQL (0a1b)", True), ("Learn SQL (0a1b) 3", True),
    ("My SQL", False), ("Learn SQL well", False), ("Learn SQL two", False),
])  # fmt: skip
def test_only_names_of_ours_are_changed(stem: str, ours: bool) -> None:
    assert made_from(stem, "Learn SQL", "Goal") is ours
