"""Writing: only what was asked for, only where nothing of people's is overwritten, all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from openpyxl.worksheet.formula import ArrayFormula

from syncengine.connector import Done
from syncengine.errors import Unavailable
from syncengine_workbook.package import Package
from tests.unit.workbook.conftest import Bench


def cached(bench: Bench, pattern: bytes, replacement: bytes, title: str = "Goals") -> None:
    """Change a sheet's XML as a spreadsheet program would save it: openpyxl keeps no results of formulas."""
    from syncengine_workbook.book import Book

    package = Package.load(bench.path)
    book = Book(package)
    sheet = book.sheet(title)
    assert sheet is not None
    data, count = re.subn(pattern, replacement, package.read(sheet.part))
    assert count, "the pattern must fit"
    package.write(sheet.part, data)
    package.save()


def with_formula(bench: Bench, result: bytes = b"0.25") -> None:
    bench.done(bench.creating("goal", title="Computed", start=1))
    with bench.edit() as sheet:
        sheet["E2"], sheet["E2"].number_format = "=K2/4", "0%"
    cached(bench, rb"(<c r=\"E2\"[^>]*><f>K2/4</f>)<v ?/>", rb"\1<v>" + result + rb"</v>")


def test_a_formula_of_people_s_is_read_by_its_result(bench: Bench) -> None:
    with_formula(bench)
    assert bench.item("Computed").fields["percent"] == 25


def test_a_formula_of_people_s_is_never_overwritten(bench: Bench) -> None:
    with_formula(bench)
    refused = bench.rejected(bench.updating(bench.item("Computed"), percent=70, why="new"))
    assert "Goals!E2 holds a formula of yours" in refused.reason
    assert "row 2" in refused.where
    assert "The rest of the row was written" in refused.remedy
    assert bench.sheet()["E2"].value == "=K2/4"
    item = bench.item("Computed")
    assert (item.fields["percent"], item.fields["why"]) == (25, "new"), "its result is still there to be read"


def test_a_cell_that_an_array_formula_fills_is_not_overwritten(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One", start=1), bench.creating("goal", title="Two", start=2))
    with bench.edit() as sheet:
        sheet["L2"] = ArrayFormula("L2:L3", "=K2:K3*2")
    bench.pull()
    refused = bench.rejected(bench.updating(bench.item("Two"), now=9))
    assert "Goals!L3 holds a formula" in refused.reason
    held = bench.rejected(bench.deleting(bench.item("One")))
    assert "other cells depend on" in held.reason
    assert bench.item("One").fields["start"] == 1


def test_a_removed_row_s_formula_goes_to_the_archive_with_its_result(bench: Bench) -> None:
    with_formula(bench)
    bench.done(bench.deleting(bench.item("Computed")))
    lines = {row[2]: row[3] for row in bench.sheet("Archive").iter_rows(min_row=2, values_only=True)}
    assert (lines["Percent"], lines["Percent (formula)"]) == ("25%", "=K2/4")


def test_a_calculation_chain_does_not_outlive_the_formula_it_names(bench: Bench) -> None:
    with_formula(bench)
    package = Package.load(bench.path)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    package.write(
        "xl/calcChain.xml",
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="E2" i="1"/></calcChain>',
    )
    rels, types = package.read("xl/_rels/workbook.xml.rels"), package.read("[Content_Types].xml")
    link = f'<Relationship Id="rId99" Type="{kind}" Target="calcChain.xml"/></Relationships>'.encode()
    package.write("xl/_rels/workbook.xml.rels", rels.replace(b"</Relationships>", link))
    package.write(
        "[Content_Types].xml",
        types.replace(b"</Types>", b'<Override PartName="/xl/calcChain.xml" ContentType="x"/></Types>'),
    )
    package.save()
    bench.done(bench.updating(bench.item("Computed"), why="x"))
    assert Package.load(bench.path).has("xl/calcChain.xml")
    bench.done(bench.deleting(bench.item("Computed")))
    package = Package.load(bench.path)
    assert not package.has("xl/calcChain.xml")
    assert b"calcChain" not in package.read("xl/_rels/workbook.xml.rels") + package.read(
        "[Content_Types].xml"
    )


def test_only_the_changed_cells_are_written(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One", why="a"), bench.creating("goal", title="Two", why="b"))
    before = {name: Package.load(bench.path).read(name) for name in Package.load(bench.path).names()}
    bench.done(bench.updating(bench.item("One"), why="new"))
    after = Package.load(bench.path)
    changed = [name for name in after.names() if after.read(name) != before[name]]
    (part,) = changed
    old, new = (re.findall(rb"<row .*?</row>", data, re.DOTALL) for data in (before[part], after.read(part)))
    assert [a == b for a, b in zip(old, new, strict=True)] == [True, False, True]


def test_nothing_to_write_leaves_the_file_alone(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One"))
    item, before = bench.item("One"), bench.path.stat()
    bench.push()
    bench.done(bench.deleting(bench.item("One")))
    between = bench.path.read_bytes()
    bench.done(bench.deleting(item))
    assert bench.path.read_bytes() == between
    assert bench.path.stat().st_mtime_ns != before.st_mtime_ns


def test_what_a_person_changed_meanwhile_is_not_overwritten(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One", why="a"), bench.creating("goal", title="Two", why="b"))
    one, two = bench.pull().items
    with bench.edit() as sheet:
        sheet[bench.cell("why", 2)].value = "mine, just now"
    outcomes = bench.push(bench.updating(one, why="x"), bench.updating(two, why="y"), bench.deleting(one))
    assert ["changed while" in getattr(outcome, "reason", "") for outcome in outcomes] == [True, False, True]
    assert bench.cursor is None, "what the person wrote has not been read yet"
    found = bench.pull()
    assert [item.fields["why"] for item in found.items] == ["mine, just now", "y"]


def test_a_row_without_an_id_is_found_again_only_if_it_is_the_same(bench: Bench) -> None:
    with bench.edit() as sheet:
        sheet["A2"] = "Theirs"
    item = bench.item("Theirs")
    with bench.edit() as sheet:
        sheet["A2"], sheet["A3"] = "Another one", "Theirs"
    refused = bench.rejected(bench.updating(item, title="Theirs"))
    assert "changed while" in refused.reason


def test_a_file_that_changes_during_the_push_is_not_replaced(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import syncengine_workbook.file as file

    real = file.require_closed
    bench.done(bench.creating("goal", title="One"))
    calls = []

    def saved_just_now(path: object) -> None:
        calls.append(path)
        if len(calls) == 1:
            with bench.edit() as sheet:
                sheet["A2"] = "saved this very moment"
        real(bench.path)

    monkeypatch.setattr(file, "require_closed", saved_just_now)
    with pytest.raises(Unavailable, match="changed while"):
        bench.push(bench.creating("goal", title="Two"))
    monkeypatch.undo()
    assert [item.fields["title"] for item in bench.pull().items] == ["saved this very moment"]


def test_a_hundred_operations_are_one_write(bench: Bench) -> None:
    before = bench.replica.calls
    outcomes = bench.done(*(bench.creating("goal", title=f"Goal {n}") for n in range(100)))
    assert len(outcomes) == 100
    assert bench.replica.calls - before == 2, "one read, one write"


def test_a_kind_without_a_sheet_is_refused_and_the_others_are_written(bench: Bench) -> None:
    import openpyxl

    book = openpyxl.load_workbook(bench.path)
    del book["People"]
    book.save(bench.path)
    assert "person" not in bench.pull().holds
    gone, made = bench.push(bench.creating("person", name="Ada"), bench.creating("goal", title="One"))
    assert "no sheet" in getattr(gone, "reason", "")
    assert isinstance(made, Done)


def test_links_can_be_clicked_and_follow_their_cell(bench: Bench) -> None:
    fields = {"name": "Ada & Grace", "link": "https://meet.example.org/a?b=1&c=2"}
    bench.done(
        bench.creating("pair", **fields), bench.creating("pair", name="Other", link="javascript:alert(1)")
    )
    at = bench.cell("link", 2, "pair")
    sheet = bench.sheet("Pairs")
    assert sheet[at].hyperlink.target == "https://meet.example.org/a?b=1&c=2"
    assert sheet[bench.cell("link", 3, "pair")].hyperlink is None, "nothing but the web and mail"
    with bench.edit("Pairs") as sheet:
        sheet["B2"].hyperlink = "https://example.org/mine"
    bench.done(bench.updating(bench.item("Ada & Grace", "pair"), link="https://example.org/new"))
    sheet = bench.sheet("Pairs")
    assert (sheet[at].hyperlink.target, sheet["B2"].hyperlink.target) == (
        "https://example.org/new",
        "https://example.org/mine",
    )
    bench.done(bench.updating(bench.item("Ada & Grace", "pair"), link=None))
    sheet = bench.sheet("Pairs")
    assert (sheet[at].hyperlink, sheet["B2"].hyperlink.target) == (None, "https://example.org/mine")
    assert b"example.org/new" not in b"".join(
        Package.load(bench.path).read(n) for n in Package.load(bench.path).names()
    )


def test_a_changed_cell_keeps_its_format_unless_the_value_needs_another(bench: Bench) -> None:
    from openpyxl.styles import Font

    bench.done(bench.creating("goal", title="One", why="a", due="2026-05-01"))
    with bench.edit() as sheet:
        for name, code in (("why", "@"), ("due", "dd.mm.yyyy"), ("review_on", "General")):
            sheet[bench.cell(name, 2)].font = Font(bold=True, color="FF0000")
            sheet[bench.cell(name, 2)].number_format = code
    bench.done(bench.updating(bench.item("One"), why="b", due="2026-06-01", review_on="2026-06-02"))
    cells = [bench.sheet()[bench.cell(name, 2)] for name in ("why", "due", "review_on")]
    assert [cell.font.b for cell in cells] == [True] * 3
    assert [cell.number_format for cell in cells] == ["@", "dd.mm.yyyy", "yyyy-mm-dd"]


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-x", "@me", "007", "1e5", "TRUE", "1/2", "50%"])
def test_text_that_looks_like_something_else_stays_text_when_it_is_entered_anew(
    bare: Callable[..., Bench], text: str
) -> None:
    """Excel takes a cell's text for what it looks like once somebody presses F2 and Enter, but for `'`."""
    bench = bare()
    bench.provision()
    with bench.edit() as sheet:
        sheet["A2"], sheet["H2"] = "One", "old"  # in the format General, as openpyxl has it
    bench.pull()
    bench.done(bench.updating(bench.item("One"), why=text))
    cell = bench.sheet()[bench.cell("why", 2)]
    assert (cell.value, cell.quotePrefix) == (text, True)


def test_removing_the_archive_brings_it_back_with_the_next_deletion(bench: Bench) -> None:
    import openpyxl

    bench.done(bench.creating("goal", title="One"))
    book = openpyxl.load_workbook(bench.path)
    del book["Archive"]
    book.save(bench.path)
    bench.done(bench.deleting(bench.item("One")))
    assert bench.sheet("Archive")["D2"].value == "One"
