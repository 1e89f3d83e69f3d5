"""Rows as people treat them: added, copied, sorted, emptied, removed; and where ours go."""

from __future__ import annotations

from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from syncengine_workbook.layout import ID_HEADING
from tests.unit.workbook.conftest import Bench


def fill(bench: Bench, *titles: str) -> None:
    bench.done(*(bench.creating("goal", title=title, why=f"because of {title}") for title in titles))
    bench.pull()


def titles(bench: Bench) -> list[object]:
    return [cell.value for cell in bench.sheet()["A"][1:] if cell.value is not None]


def test_a_row_without_an_id_is_a_person_s(bench: Bench) -> None:
    fill(bench, "Ours")
    with bench.edit() as sheet:
        sheet["A3"], sheet["E3"] = "Theirs", 0.3
    item = bench.item("Theirs")
    assert (item.id, item.handle) == (None, "row:Goals:3")
    (done,) = bench.done(bench.updating(item, status="in progress"))
    assert done.handle == done.operation.id
    again = bench.item("Theirs")
    assert (again.id, again.handle, again.fields["status"]) == (
        done.operation.id,
        done.operation.id,
        "in progress",
    )


def test_rows_far_below_the_table_count_and_the_table_grows_over_them(bench: Bench) -> None:
    fill(bench, "Ours")
    with bench.edit() as sheet:
        sheet["A9"] = "Theirs"
    assert [item.fields["title"] for item in bench.pull().items] == ["Ours", "Theirs"]
    bench.done(bench.creating("goal", title="Next"))
    assert bench.sheet()["A10"].value == "Next"
    (table,) = bench.sheet().tables.values()
    assert table.ref.endswith("10")
    assert table.autoFilter.ref == table.ref


def test_blank_rows_are_nobody_s(bench: Bench) -> None:
    with bench.edit() as sheet:
        sheet["A5"], sheet["B6"], sheet["Z7"] = "  ", "", "a note beside the table"
    assert bench.pull().items == []


def test_a_copied_row_is_two_items_of_one_id(bench: Bench) -> None:
    fill(bench, "Original", "Other")
    with bench.edit() as sheet:
        for cell in sheet[2]:
            sheet.cell(4, cell.column, cell.value)
    first, _, copy = bench.pull().items
    assert first.id == copy.id
    assert (first.handle, copy.handle) == (first.id, "row:Goals:4")
    copy.id = None  # the engine decides which is the copy; here the second
    (done,) = bench.done(bench.updating(copy, title="A copy"))
    items = bench.pull().items
    assert [item.fields["title"] for item in items] == ["Original", "Other", "A copy"]
    assert [item.id for item in items].count(first.id) == 1
    assert items[2].id == done.operation.id


def test_the_first_of_two_copies_can_become_the_new_record_as_well(bench: Bench) -> None:
    fill(bench, "Original")
    with bench.edit() as sheet:
        for cell in sheet[2]:
            sheet.cell(3, cell.column, cell.value)
    copy, original = bench.pull().items
    known, copy.id = original.id, None
    bench.done(bench.updating(copy, why="new words"), bench.updating(original, why="old words"))
    one, two = bench.pull().items
    assert (one.fields["why"], two.fields["why"]) == ("new words", "old words")
    assert one.id != known
    assert two.id == known


def test_an_edited_id_is_told_as_it_stands(bench: Bench) -> None:
    fill(bench, "One")
    with bench.edit() as sheet:
        column = next(cell.column for cell in sheet[1] if cell.value == ID_HEADING)
        sheet.cell(2, column, "my own number 7")
    (item,) = bench.pull().items
    assert (item.id, item.handle) == ("my own number 7", "row:Goals:2")


def test_sorting_filtering_and_hiding_change_nothing(bench: Bench) -> None:
    fill(bench, "One", "Two", "Three")
    before = {item.id: item.fields for item in bench.pull().items}
    with bench.edit() as sheet:
        rows = [[cell.value for cell in sheet[n]] for n in (2, 3, 4)]
        for number, values in zip((2, 3, 4), reversed(rows), strict=True):
            for column, value in enumerate(values, start=1):
                sheet.cell(number, column).value = value
        sheet.row_dimensions[3].hidden = True
        sheet.auto_filter.ref = "A1:C4"
    assert {item.id: item.fields for item in bench.pull().items} == before


def test_a_row_that_lost_all_but_its_id_is_damage_not_a_deletion(bench: Bench) -> None:
    fill(bench, "One", "Two")
    kept = bench.item("One").id
    with bench.edit() as sheet:
        for name in bench.template.kinds["goal"].fields:
            sheet[bench.cell(name, 2)].value = None
    pulled = bench.pull()
    assert [item.fields["title"] for item in pulled.items] == ["Two"]
    (trouble,) = pulled.troubles
    assert (trouble.kind, trouble.handle) == ("goal", kept)
    assert "row 2" in trouble.where
    assert "delete the whole row" in trouble.remedy


def test_a_deleted_row_is_kept_whole_in_the_archive_and_its_place_is_used_again(bench: Bench) -> None:
    bench.done(
        bench.creating(
            "goal", title="=Gone", why="old\nreasons", percent=40, due="2026-05-01", needs_expert=True
        )
    )
    fill(bench, "Stays")
    bench.done(bench.deleting(bench.item("=Gone")))
    assert [item.fields["title"] for item in bench.pull().items] == ["Stays"]
    archive = bench.sheet("Archive")
    lines = {row[2]: row for row in archive.iter_rows(min_row=2, values_only=True)}
    assert {name: row[3] for name, row in lines.items()} == {
        "Goal": "=Gone", "Why it matters": "old\nreasons", "Percent": "40%", "Due": "2026-05-01", "Needs an expert": "TRUE",
    }  # fmt: skip
    assert {row[0] for row in lines.values()} == {"Goals"}
    assert len({row[4] for row in lines.values()}) == 1
    assert archive["D2"].data_type == "s"
    fill(bench, "New")
    assert bench.sheet()["A2"].value == "New"
    bench.done(bench.deleting(bench.item("New")))
    assert bench.sheet("Archive").max_row == 8


def test_a_reused_row_does_not_keep_the_looks_of_the_record_before(bench: Bench) -> None:
    fill(bench, "At risk", "Stays")
    with bench.edit() as sheet:
        sheet["A2"].fill = PatternFill("solid", fgColor="FF0000")
    bench.done(bench.deleting(bench.item("At risk")))
    fill(bench, "New")
    assert bench.sheet()["A2"].value == "New"
    assert bench.sheet()["A2"].fill.fill_type is None
    assert bench.sheet()["A2"].number_format == "@", "the column's own"


def test_what_is_already_gone_is_done(bench: Bench) -> None:
    fill(bench, "One")
    item = bench.item("One")
    bench.done(bench.deleting(item))
    before = bench.path.read_bytes()
    bench.done(bench.deleting(item))
    assert bench.path.read_bytes() == before


def test_people_s_cells_in_a_removed_row_stay_and_keep_it_from_being_used_again(bench: Bench) -> None:
    fill(bench, "With a note", "With a colour", "With a comment", "Plain")
    with bench.edit() as sheet:
        sheet["AB2"] = "my note"
        sheet["AB3"].fill = PatternFill("solid", fgColor="FFFF00")
        sheet["B4"].comment = Comment("ask Ada", "me")
    bench.pull()
    bench.done(*(bench.deleting(item) for item in bench.pull().items))
    sheet = bench.sheet()
    assert sheet["AB2"].value == "my note"
    assert sheet["B4"].comment.text == "ask Ada"
    assert bench.pull().items == []
    fill(bench, "One", "Two")
    assert [bench.sheet()[f"A{row}"].value for row in (2, 3, 4, 5, 6)] == [None, None, None, "One", "Two"]


def test_a_blank_row_of_a_person_is_never_filled(bench: Bench) -> None:
    with bench.edit() as sheet:
        sheet["A2"], sheet["A4"] = "Group A", "Group B"
    bench.pull()
    fill(bench, "New")
    assert [bench.sheet()[f"A{row}"].value for row in (2, 3, 4, 5)] == ["Group A", None, "Group B", "New"]


def test_a_create_whose_id_is_there_already_is_an_update_of_it(bench: Bench) -> None:
    create = bench.creating("goal", title="Once", why="a")
    bench.done(create)
    bench.done(create)
    assert titles(bench) == ["Once"]


def test_the_totals_row_of_a_table_is_nobody_s_record(bench: Bench) -> None:
    fill(bench, "One")
    with bench.edit() as sheet:
        (table,) = sheet.tables.values()
        last = table.ref.partition(":")[2].rstrip("0123456789")
        table.ref, table.totalsRowCount = f"A1:{last}3", 1
        sheet["A3"], sheet["E3"] = "Total", "=SUBTOTAL(101,E2:E2)"
    assert [item.fields["title"] for item in bench.pull().items] == ["One"]
    fill(bench, "Two")
    assert [item.fields["title"] for item in bench.pull().items] == ["One", "Two"]
    assert bench.sheet()["A4"].value == "Two", "below the totals, which stay where they are"


def test_a_record_that_says_nothing_has_no_place(bench: Bench) -> None:
    assert not bench.replica.takes("goal", {"title": None, "why": None})
    assert bench.replica.takes("goal", {"title": None, "needs_expert": False})
    assert not bench.replica.takes("win", {"what": "not in this template"})


def test_new_rows_never_share_a_free_row_at_the_end(bench: Bench) -> None:
    fill(bench, "One", "Two")
    bench.done(bench.deleting(bench.item("Two")))
    fill(bench, "Three", "Four", "Five")
    assert titles(bench) == ["One", "Three", "Four", "Five"]


def test_what_a_person_writes_into_a_freed_row_is_theirs(bench: Bench) -> None:
    fill(bench, "One", "Two")
    bench.done(bench.deleting(bench.item("One")))
    with bench.edit() as sheet:
        sheet["A2"] = "Mine now"
    item = bench.item("Mine now")
    assert (item.id, item.handle) == (None, "row:Goals:2")
    fill(bench, "Three")
    assert titles(bench) == ["Mine now", "Two", "Three"]
    (done,) = bench.done(bench.updating(bench.item("Mine now")))
    assert bench.item("Mine now").id == done.operation.id
