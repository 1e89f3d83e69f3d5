"""Addresses of items in the forms in which people copy them from each tool (no tool is asked here)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from syncengine.model.filelinks import file_link, inside, linked_file
from syncengine_markdown.addresses import linked_notes
from syncengine_notion.layout import linked_pages, page_link
from syncengine_sheets.addresses import linked_row, row_link
from syncengine_workbook.addresses import row_of

PAGE = "393abc1e-edcd-818a-81e9-e14c2f78901e"
PLAIN = PAGE.replace("-", "")
TABLE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "address",
    [
        f"https://www.notion.so/{PLAIN}",
        f"https://www.notion.so/Learn-SQL-{PLAIN}?pvs=4",
        f"https://app.notion.com/p/Learn-SQL-{PLAIN}",
        f"https://www.notion.so/acme/{TABLE}?v={TABLE}&p={PLAIN}&pm=s",
        f"https://acme.notion.site/Learn-SQL-{PLAIN}#heading",
        f"HTTPS://NOTION.SO/{PAGE}",
    ],
)
def test_a_notion_page_is_known_however_it_is_shown(address: str) -> None:
    assert linked_pages(address) == [PAGE]
    assert linked_pages(page_link(PAGE)) == [PAGE]


def test_other_addresses_are_no_notion_pages() -> None:
    for address in (f"https://example.org/{PLAIN}", f"https://notion.so.example.org/{PLAIN}", PLAIN, "",
                    "https://www.notion.so/product"):  # fmt: skip
        assert linked_pages(address) == []


SHEET = "1AbC_defGhijklmnopqrstuvwxyz0123456789-x"


@pytest.mark.parametrize(
    "tail",
    [
        "edit#gid=42&range=A5",
        "edit?gid=42#gid=42&range=B5:D5",
        "edit?usp=sharing#gid=42&range=5:5",
        "edit#gid=42&range=Goals!$A$5",
    ],
)
def test_a_row_of_a_spreadsheet_is_known_by_any_of_its_cells(tail: str) -> None:
    assert linked_row(f"https://docs.google.com/spreadsheets/d/{SHEET}/{tail}", SHEET) == (42, 4)
    assert linked_row(f"https://docs.google.com/spreadsheets/u/1/d/{SHEET}/{tail}", SHEET) == (42, 4)
    assert linked_row(f"https://docs.google.com/spreadsheets/d/x{SHEET}/{tail}", SHEET) is None
    assert linked_row(row_link(SHEET, (42, 4)), SHEET) == (42, 4)


def test_a_spreadsheet_alone_is_no_row() -> None:
    assert linked_row(f"https://docs.google.com/spreadsheets/d/{SHEET}/edit#gid=42", SHEET) is None
    assert linked_row(f"https://docs.google.com/spreadsheets/d/{SHEET}/edit?range=B7", SHEET) == (0, 6)
    assert linked_row("https://docs.google.com/spreadsheets/d//edit#gid=0&range=A5", "") is None


@pytest.mark.parametrize("name", ["Goals/Learn SQL.md", "Goals/50 % #1 – Größe?.md", "Goals/Sub/x.md"])
def test_a_note_is_known_by_path_uri_wiki_link_and_obsidian(tmp_path: Path, name: str) -> None:
    root = str(tmp_path / "My vault")
    bare = name.removesuffix(".md")
    for address in (
        file_link(f"{root}/{name}"),
        f"{root}/{name}",
        name,
        f"[[{bare}]]" if "#" not in bare else file_link(f"{root}/{name}"),
        f"obsidian://open?vault=My%20vault&file={quote(bare, safe='')}",
        f"obsidian://open?path={quote(f'{root}/{name}', safe='')}",
    ):
        assert name in linked_notes(address, root), address


def test_a_wiki_link_may_have_a_heading_and_other_words() -> None:
    assert linked_notes("[[Goals/Learn SQL#Why|the goal]]", "/vault") == ["Goals/Learn SQL.md"]


def test_what_is_elsewhere_is_no_note(tmp_path: Path) -> None:
    root = str(tmp_path / "vault")
    for address in ("https://example.org/Goals/Learn SQL.md", "obsidian://open?vault=other&file=Goals%2FLearn%20SQL",
                    str(tmp_path / "Goals/Learn SQL.md"), "../Goals/Learn SQL.md", file_link("/elsewhere/x.md")):  # fmt: skip
        assert linked_notes(address, root) == [], address


def test_a_path_through_a_link_is_the_same_place(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "vault")
    found = linked_file(str(tmp_path / "alias/Goals/x.md"))
    assert found is not None
    assert inside(found[0], str(tmp_path / "vault")) == "Goals/x.md"


@pytest.mark.parametrize(
    ("cell", "row"),
    [
        ("'Goals'!A5", ("goals", 5)),
        ("Goals!$B$5", ("goals", 5)),
        ("'Ada''s goals'!C12:D12", ("ada's goals", 12)),
        ("Goals.A5", ("goals", 5)),  # LibreOffice
        ("Goals", None),
        ("A5", None),
    ],
)
def test_a_row_of_a_workbook_is_known_by_any_of_its_cells(cell: str, row: tuple[str, int] | None) -> None:
    assert row_of(cell) == row
