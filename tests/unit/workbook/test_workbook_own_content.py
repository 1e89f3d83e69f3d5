"""What is people's survives a sync byte for byte, also what no library could carry through a rewrite."""

from __future__ import annotations

import re
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.chart import LineChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill

from syncengine_workbook.package import Package
from tests.unit.workbook.conftest import Bench

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
FOREIGN = {
    "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0macro", "xl/pivotTables/pivotTable1.xml": b"<pivotTableDefinition/>",
    "xl/pivotCache/pivotCacheDefinition1.xml": b"<pivotCacheDefinition/>", "xl/slicers/slicer1.xml": b"<slicers/>",
    "xl/threadedComments/threadedComment1.xml": b'<ThreadedComments><c ref="B2"/></ThreadedComments>',
    "xl/ctrlProps/ctrlProp1.xml": b"<formControlPr/>", "xl/activeX/activeX1.bin": b"\x00\x01", "xl/media/image1.png": b"\x89PNG\r\n",
    "xl/externalLinks/externalLink1.xml": b"<externalLink/>", "customXml/item1.xml": b"<mine/>",
    "xl/printerSettings/printerSettings1.bin": b"\x01",
}  # fmt: skip


def contents(bench: Bench) -> dict[str, bytes]:
    package = Package.load(bench.path)
    return {name: package.read(name) for name in package.names()}


def goals_part(bench: Bench) -> str:
    from syncengine_workbook.book import Book

    sheet = Book(Package.load(bench.path)).sheet("Goals")
    assert sheet is not None
    return sheet.part


def test_parts_that_libraries_drop_are_carried_over(bench: Bench) -> None:
    package = Package.load(bench.path)
    for name, data in FOREIGN.items():
        package.write(name, data)
    package.save()
    bench.pull()
    before = contents(bench)
    bench.done(
        bench.creating("goal", title="One", why="a"),
        bench.creating("pair", name="Two", link="https://example.org"),
    )
    bench.done(bench.updating(bench.item("One"), why="b"), bench.deleting(bench.item("Two", "pair")))
    after = contents(bench)
    assert {name: after[name] for name in FOREIGN} == FOREIGN
    changed = {name for name in before if after.get(name) != before[name]}
    assert all(
        re.match(r"xl/(worksheets/(_rels/)?sheet|tables/|styles|workbook\.xml)", name) for name in changed
    ), changed


def test_people_s_sheets_charts_and_formulas_stay_byte_for_byte(bench: Bench) -> None:
    book = openpyxl.load_workbook(bench.path)
    mine = book.create_sheet("Mine")
    for row in range(1, 6):
        mine.append([row, row * row, "=A1*2"])
    chart = LineChart()
    chart.add_data(Reference(mine, min_col=2, min_row=1, max_row=5))
    mine.add_chart(chart, "E2")
    mine.conditional_formatting.add(
        "A1:A5", CellIsRule("greaterThan", ["3"], fill=PatternFill(bgColor="FF0000"))
    )
    mine["A1"].comment = Comment("mine", "me")
    book.save(bench.path)
    bench.pull()
    bench.done(bench.creating("goal", title="warm up"))
    before = contents(bench)
    own = {
        name
        for name in before
        if b"<v>16</v>" in before[name] or "/charts/" in name or "/comments/" in name or "/drawings/" in name
    }
    assert len(own) > 6
    bench.done(bench.creating("goal", title="One", due="2026-05-01"))
    after = contents(bench)
    assert {name: after[name] for name in own} == {name: before[name] for name in own}


def test_people_s_columns_rows_and_formats_in_our_sheets_stay(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One", why="a"), bench.creating("goal", title="Two"))
    with bench.edit() as sheet:
        sheet["AA1"], sheet["AA2"], sheet["AA3"] = "Mood", "☀", "=LEN(A3)"
        sheet["AA2"].fill = PatternFill("solid", fgColor="FFEE00")
        sheet.column_dimensions["AA"].width = 55
        sheet.row_dimensions[2].height = 77
        sheet.column_dimensions["B"].hidden = True
        sheet.merge_cells("AC1:AD2")
    bench.done(bench.updating(bench.item("One"), why="new"), bench.creating("goal", title="Three"))
    bench.done(bench.deleting(bench.item("Two")))
    sheet = bench.sheet()
    assert [sheet[f"AA{row}"].value for row in (1, 2, 3)] == ["Mood", "☀", "=LEN(A3)"]
    assert sheet["AA2"].fill.fgColor.rgb == "00FFEE00"
    assert (
        sheet.column_dimensions["AA"].width,
        sheet.row_dimensions[2].height,
        sheet.column_dimensions["B"].hidden,
    ) == (55, 77, True)
    assert str(next(iter(sheet.merged_cells.ranges))) == "AC1:AD2"
    assert len(sheet.conditional_formatting) > 3
    assert sheet.data_validations.count > 3


def prefixed(data: bytes) -> bytes:
    """The same XML as some programs write it: every element with a prefix."""
    data = re.sub(rb"<(/?)([A-Za-z])", rb"<\1x:\2", data)
    data = data.replace(b"<x:?xml", b"<?xml").replace(
        f'xmlns="{_MAIN}"'.encode(), f'xmlns:x="{_MAIN}"'.encode()
    )
    return re.sub(rb"<(/?)x:(mc|x14ac|r):", rb"<\1\2:", data)


def test_a_book_whose_elements_have_prefixes(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One", why="a", due="2026-05-01", percent=40))
    package = Package.load(bench.path)
    for name in (
        goals_part(bench),
        "xl/workbook.xml",
        "xl/styles.xml",
        *(n for n in package.names() if "/tables/" in n),
    ):
        package.write(name, prefixed(package.read(name)))
    package.save()
    item = bench.item("One")
    assert (item.fields["due"], item.fields["percent"]) == ("2026-05-01", 40)
    bench.done(
        bench.updating(item, why="=b", review_on="2026-06-01"),
        bench.creating("goal", title="Two", due="2026-07-01"),
    )
    assert [i.fields["title"] for i in bench.pull().items] == ["One", "Two"]
    sheet = bench.sheet()
    assert (sheet["A3"].value, sheet[bench.cell("why", 2)].value) == ("Two", "=b")
    assert not bench.replica.survey()


def test_comments_and_cdata_in_the_xml_are_understood(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One <&> more", why="a"))
    package = Package.load(bench.path)
    part = goals_part(bench)
    data = package.read(part).replace(b"One &lt;&amp;&gt; more", b"<![CDATA[One <&> more]]>")
    data = data.replace(b"<sheetData>", b'<sheetData><!-- <row r="2"> -->', 1)
    package.write(part, data)
    package.save()
    bench.done(bench.updating(bench.item("One <&> more"), why="b"))
    assert bench.item("One <&> more").fields["why"] == "b"


def test_rows_and_cells_without_numbers_are_counted(bench: Bench) -> None:
    """Some programs leave the addresses out."""
    bench.done(bench.creating("goal", title="One"), bench.creating("goal", title="Two"))
    with bench.edit() as sheet:
        for row in (2, 3):
            for column in range(2, 19):
                sheet.cell(row, column, "x" if column == 8 else None).number_format = "@"
    package = Package.load(bench.path)
    part = goals_part(bench)
    package.write(part, re.sub(rb"(<(?:row|c)) r=\"[A-Z]*\d+\"", rb"\1", package.read(part)))
    package.save()
    items = bench.pull().items
    assert [(item.fields["title"], item.fields["why"]) for item in items] == [("One", "x"), ("Two", "x")]
    bench.done(bench.updating(items[1], why="y"), bench.creating("goal", title="Three"))
    assert [(i.fields["title"], i.fields["why"]) for i in bench.pull().items] == [
        ("One", "x"),
        ("Two", "y"),
        ("Three", None),
    ]


@pytest.mark.parametrize("what", ["rename", "move", "insert above"])
def test_headings_are_found_wherever_they_went(bench: Bench, what: str) -> None:
    """Excel and LibreOffice change a defined name along with the cell that it names; openpyxl does not, so it is done here."""
    bench.done(bench.creating("goal", title="One", why="because", due="2026-05-01"))
    book = openpyxl.load_workbook(bench.path)
    sheet = book["Goals"]
    if what == "rename":
        sheet["H1"], sheet.title = "Warum?", "Meine Ziele"
        moved = {name: f"'Meine Ziele'!{text}" for name, text in addresses(book).items()}
    elif what == "move":
        for row in (1, 2):
            sheet[f"H{row}"].value, sheet[f"A{row}"].value = sheet[f"A{row}"].value, sheet[f"H{row}"].value
        swap = {"$A$1": "$H$1", "$H$1": "$A$1"}
        moved = {name: f"Goals!{swap.get(text, text)}" for name, text in addresses(book).items()}
    else:
        for table in list(sheet.tables):
            del sheet.tables[table]
        sheet.insert_rows(1, 2)
        sheet["A1"] = "Our goals this year"
        moved = {name: f"Goals!{text.replace('$1', '$3')}" for name, text in addresses(book).items()}
    for name, text in moved.items():
        book.defined_names[name].attr_text = text
    book.save(bench.path)
    item = bench.item("One")
    assert (item.fields["why"], item.fields["due"]) == ("because", "2026-05-01")
    bench.done(bench.updating(item, why="new"), bench.creating("goal", title="Two"))
    assert [(i.fields["title"], i.fields["why"]) for i in bench.pull().items] == [
        ("One", "new"),
        ("Two", None),
    ]


def addresses(book: openpyxl.Workbook) -> dict[str, str]:
    names = ((name, defined.attr_text.partition("!")[2]) for name, defined in book.defined_names.items())
    return {name: text for name, text in names if name.startswith("ms_goal_")}


def test_a_deleted_column_is_unknown_and_setup_brings_it_back(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One", why="because"))
    book = openpyxl.load_workbook(bench.path)
    sheet = book["Goals"]
    for row in (1, 2):
        sheet[f"H{row}"] = "Mood" if row == 1 else "fine"  # the column H is another one now
    book.defined_names["ms_goal_why"].attr_text = "Goals!#REF!"
    next(iter(sheet.tables.values())).tableColumns[7].name = "Mood"
    book.save(bench.path)
    pulled = bench.pull()
    assert "why" not in pulled.holds["goal"]
    assert all("why" not in item.fields for item in pulled.items)
    assert "no column" in bench.rejected(bench.updating(pulled.items[0], why="x")).reason
    assert [(step.action, step.what) for step in bench.replica.survey()] == [
        ("repair", "column 'Why it matters' in sheet 'Goals', which was deleted")
    ]
    bench.provision()
    assert not bench.open().survey()
    item = bench.item("One")
    assert item.fields["why"] is None
    bench.done(bench.updating(item, why="because"))
    sheet = bench.sheet()
    assert (sheet["H1"].value, sheet["H2"].value) == ("Mood", "fine")
    assert (sheet["T1"].value, sheet["T2"].value) == ("Why it matters", "because")
    (table,) = sheet.tables.values()
    assert [column.name for column in table.tableColumns] == [cell.value for cell in sheet[1]]


def test_without_its_column_of_ids_a_sheet_is_left_alone(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One"))
    book = openpyxl.load_workbook(bench.path)
    sheet = book["Goals"]
    for table in list(sheet.tables):
        del sheet.tables[table]
    sheet.delete_cols(19)
    book.defined_names["ms_goal_id"].attr_text = "#REF!"
    book.save(bench.path)
    pulled = bench.pull()
    assert "goal" not in pulled.holds
    (trouble,) = pulled.troubles
    assert "column of ids" in trouble.reason
    bench.provision()
    (item,) = bench.pull().items
    assert (item.id, item.fields["title"]) == (None, "One")
    bench.done(bench.updating(item))
    assert bench.item("One").id is not None


def test_an_adopted_sheet_of_ours_is_not_a_kind(bare: Callable[..., Bench]) -> None:
    """The Archive has a column called Record: with the tabs gone it still is no tab."""
    bench = bare()
    bench.provision()
    book = openpyxl.load_workbook(bench.path)
    for title in ("People", "Pairs", "Goals", "Check-ins"):
        del book[title]
    for name in [
        name
        for name in book.defined_names
        if not name.endswith(("_archive", "_guide", "_dashboard", "_place"))
    ]:
        del book.defined_names[name]
    book.save(bench.path)
    assert bench.pull().holds == {}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<calcPr/>",
        b'<calcPr calcId="1" fullCalcOnLoad="0"/>',
        b'<calcPr calcId="7" calcMode="manual"></calcPr>',
    ],
)
def test_formulas_are_computed_anew_when_excel_opens_the_book(bench: Bench, said: bytes) -> None:
    package = Package.load(bench.path)
    bare = re.sub(rb"<calcPr[^>]*/>", said, package.read("xl/workbook.xml"))
    package.write("xl/workbook.xml", bare)
    package.save()
    bench.pull()
    bench.done(bench.creating("goal", title="One"))
    found = re.findall(rb"<calcPr[^>]*>", Package.load(bench.path).read("xl/workbook.xml"))
    assert len(found) == 1
    assert found[0].count(b'fullCalcOnLoad="1"') == 1
    assert (b"calcMode" in said) == (b"calcMode" in found[0])
    assert openpyxl.load_workbook(bench.path).calculation.fullCalcOnLoad
