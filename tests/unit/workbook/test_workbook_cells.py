"""Cells: what we write is what is read back; what people write is understood, kept, or reported."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from syncengine.model.values import Named, Unreadable, Value
from syncengine.testing.conformance import NASTY
from syncengine_workbook.mapping import MOST_LETTERS
from syncengine_workbook.sheet import decode, encode
from tests.unit.workbook.conftest import Bench


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_text_comes_back_as_it_was(bench: Bench, text: str) -> None:
    (done,) = bench.done(bench.creating("goal", title=text, notes=f"a\n{text}"))
    assert done.held is not None
    assert (done.held["title"], done.held["notes"]) == (text, f"a\n{text}")
    (item,) = bench.pull().items
    assert (item.fields["title"], item.fields["notes"]) == (text, f"a\n{text}")
    assert bench.sheet()["A2"].data_type == "s", "never a formula"


VALUES: tuple[tuple[str, str, Value], ...] = (
    *(("goal", "start", n) for n in (0, -3, 2.5, 0.1, 1_000_000_007, 12345678901234567890, -1e300)),
    *(("goal", "percent", n) for n in (0, 0.5, 1, 40, 33.333333333, 99.5, 100)),
    *(("goal", "due", d) for d in ("0999-01-01", "1899-12-31", "1900-01-01", "1900-02-28", "1900-03-01", "2100-12-31", "9999-12-31")),
    *(("checkin", "starts", i) for i in ("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z",
                                         "1890-06-01T12:00:00Z", "2100-12-31T22:59:00Z", "2026-03-01T16:00:07Z")),
    ("goal", "needs_expert", True), ("goal", "needs_expert", False), ("goal", "status", "in progress"),
    ("person", "email", "ada@example.org"), ("pair", "link", "https://example.org/?q=a b&c=ü"), ("pair", "time", "17:00"),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "field", "value"), VALUES, ids=lambda part: str(part)[:24])
def test_values_come_back_as_they_were(bench: Bench, kind: str, field: str, value: Value) -> None:
    (done,) = bench.done(bench.creating(kind, **{field: value}))
    assert done.held is not None
    assert done.held[field] == value
    (item,) = bench.pull().items
    assert item.fields[field] == value
    assert all(other is None for name, other in item.fields.items() if name != field)


def test_a_lone_second_of_two_equal_times_keeps_its_offset(bench: Bench) -> None:
    bench.done(bench.creating("checkin", starts="2026-10-25T01:30:00Z"))
    assert bench.sheet("Check-ins")[bench.cell("starts", 2, "checkin")].value == "2026-10-25 02:30+01:00"


def test_people_see_real_dates_percentages_and_truth_values(bench: Bench) -> None:
    bench.done(
        bench.creating("goal", title="x", due="2026-05-01", percent=40, needs_expert=True),
        bench.creating("checkin", starts="2026-03-02T16:00:00Z"),
    )
    sheet = bench.sheet()
    due, percent = sheet[bench.cell("due", 2)], sheet[bench.cell("percent", 2)]
    assert (due.value, due.number_format) == (datetime(2026, 5, 1), "yyyy-mm-dd")
    assert (percent.value, percent.number_format) == (0.4, "0%")
    assert sheet[bench.cell("needs_expert", 2)].value is True
    starts = bench.sheet("Check-ins")[bench.cell("starts", 2, "checkin")]
    assert (starts.value, starts.number_format) == (datetime(2026, 3, 2, 17), "yyyy-mm-dd hh:mm")


def test_references_are_written_by_name_and_read_as_names(bench: Bench) -> None:
    ada, grace = bench.new_id(), bench.new_id()
    labels = {ada: "Ada", grace: "Grace; or =so"}
    one, two = bench.done(
        bench.creating("goal", labels, title="x", person=grace),
        bench.creating("pair", labels, members=[ada, grace]),
    )
    assert one.held is not None
    assert two.held is not None
    assert one.held["person"] == Named("Grace; or =so")
    assert two.held["members"] == Named("Ada; Grace; or =so")


WRITTEN: tuple[tuple[str, object, str | None, object], ...] = (
    ("percent", 0.5, "0%", 50), ("percent", 0.5, "General", 50), ("percent", 50, "General", 50), ("percent", 0.005, "0%", 0.5),
    ("percent", "50 %", None, 50), ("percent", "50%", None, 50), ("percent", 0, "General", 0), ("percent", 1, "0%", 100),
    ("due", date(2026, 5, 1), None, "2026-05-01"), ("due", datetime(2026, 5, 1, 14), None, "2026-05-01"),
    ("due", "1.5.2026", "General", "2026-05-01"), ("due", "2026/05/01", "General", "2026-05-01"), ("due", "May 1, 2026", "General",
    "2026-05-01"),
    ("due", "  ", None, None), ("title", "  spaces  ", None, "spaces"), ("title", 7, "General", "7"), ("title", 7.0, "General", "7"),
    ("title", 0.25, "0%", "25%"), ("title", True, None, "TRUE"), ("title", date(2026, 5, 1), "yyyy-mm-dd", "2026-05-01"),
    ("title", time(17, 0), "hh:mm", "17:00"), ("title", datetime(2026, 5, 1, 9, 30), "dd.mm.yyyy hh:mm", "2026-05-01 09:30"),
    ("start", "7", None, 7), ("start", "1 000,5", None, 1000.5), ("needs_expert", "ja", None, True), ("needs_expert", 1, "General", True),
    ("status", "In Progress", None, "in progress"), ("person", "Ada", None, Named("Ada")), ("person", 7, "General", Named("7")),
)  # fmt: skip


@pytest.mark.parametrize(("field", "value", "code", "meant"), WRITTEN, ids=str)
def test_what_people_write_is_understood(
    bench: Bench, field: str, value: object, code: str | None, meant: object
) -> None:
    with bench.edit() as sheet:
        sheet[bench.cell("notes", 2)] = "here"
        cell = sheet[bench.cell(field, 2)]
        cell.value = value
        if code:
            cell.number_format = code
    (item,) = bench.pull().items
    assert item.fields[field] == meant


DOUBTFUL = (
    ("percent", "ca. 50 %", "is not a percentage"), ("percent", 1.5, "between 0 and 100"), ("percent", 150, "between 0 and 100"),
    ("due", "3/4/2026", "two different dates"), ("due", "soon", "not a date"), ("due", 46082, "not a date"), ("due", time(17),
    "not a date"),
    ("start", "seven", "not a number"), ("start", True, "not a number"), ("status", "perhaps", "not one of the choices"),
    ("needs_expert", "maybe", "neither yes nor no"), ("person", "#N/A", "error"), ("title", "#DIV/0!", "error"),
    ("due", "=TODAY()", "not been computed"), ("title", "=A1", "not been computed"),
)  # fmt: skip


@pytest.mark.parametrize(("field", "value", "reason"), DOUBTFUL, ids=str)
def test_what_is_not_understood_is_said_and_stays(
    bench: Bench, field: str, value: object, reason: str
) -> None:
    with bench.edit() as sheet:
        sheet[bench.cell("notes", 2)] = "here"
        sheet[bench.cell(field, 2)].number_format = "General" if field != "percent" or value == 150 else "0%"
        sheet[bench.cell(field, 2)].value = value
    before = bench.path.read_bytes()
    (item,) = bench.pull().items
    found = item.fields[field]
    assert isinstance(found, Unreadable)
    assert reason in found.reason
    assert found.remedy
    assert item.places[field] == f"Goals!{bench.cell(field, 2)}"
    assert "row 2" in item.where
    assert bench.path.read_bytes() == before


def test_a_bare_one_in_a_percent_column_is_asked_about(bench: Bench) -> None:
    with bench.edit() as sheet:
        sheet["A2"] = "Learn"
        sheet[bench.cell("percent", 2)].number_format = "General"
        sheet[bench.cell("percent", 2)].value = 1
    found = bench.item("Learn").fields["percent"]
    assert isinstance(found, Unreadable)
    assert "100 %" in found.remedy


def test_a_day_before_march_1900_typed_as_a_date_is_asked_about(bench: Bench) -> None:
    """Excel and LibreOffice take the same number for different days."""
    with bench.edit() as sheet:
        sheet["A2"] = "Old"
        sheet[bench.cell("due", 2)].number_format = "yyyy-mm-dd"
        sheet[bench.cell("due", 2)].value = 31
    found = bench.item("Old").fields["due"]
    assert isinstance(found, Unreadable)
    assert "1900" in found.reason


def test_whole_percentages_stay_whole_where_people_write_them_so(bench: Bench) -> None:
    with bench.edit() as sheet:
        for row, value in ((2, 30), (3, 70)):
            sheet[f"A{row}"] = f"Goal {row}"
            sheet[bench.cell("percent", row)].number_format = "General"
            sheet[bench.cell("percent", row)].value = value
    item = bench.item("Goal 2")
    bench.done(bench.updating(item, percent=45))
    assert bench.sheet()[bench.cell("percent", 2)].value == 45
    bench.done(bench.updating(bench.item("Goal 2"), percent=1))
    cell = bench.sheet()[bench.cell("percent", 2)]
    assert (cell.value, cell.number_format) == (0.01, "0%"), "a bare 1 would be read as a question"
    assert bench.item("Goal 2").fields["percent"] == 1


def test_empty_and_missing_differ(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="x", due="2026-05-01"))
    assert bench.item("x").fields["why"] is None
    with bench.edit() as sheet:
        sheet[bench.cell("due", 2)].value = None
    assert bench.item("x").fields["due"] is None


def test_a_text_longer_than_a_cell_is_refused_and_never_cut(bench: Bench) -> None:
    longest, too_long = "🦊" * (MOST_LETTERS // 2), "🦊" * (MOST_LETTERS // 2 + 1)
    bench.done(bench.creating("goal", title="fits", notes=longest))
    assert bench.item("fits").fields["notes"] == longest
    refused = bench.rejected(bench.creating("goal", title="does not", notes=too_long))
    assert "32,767" in refused.reason
    assert "rest of the row was written" in refused.remedy
    assert bench.item("does not").fields["notes"] is None
    refused = bench.rejected(bench.updating(bench.item("fits"), notes=too_long, why="yes"))
    item = bench.item("fits")
    assert (item.fields["notes"], item.fields["why"]) == (longest, "yes")


@pytest.mark.parametrize(
    "text", ["_x0041_", "_x005F_x0041_", "__x0041__", "_x_", "a_x000D_b", "<b>&amp;</b>", "_xD83D_"]
)
def test_escapes_of_the_format_are_people_s_text(text: str) -> None:
    assert decode(encode(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) == text


def test_a_1904_workbook_keeps_its_days(bench: Bench) -> None:
    """Old Macs count from 1904; the same number is another day there."""
    from syncengine_workbook.book import WORKBOOK
    from syncengine_workbook.package import Package

    package = Package.load(bench.path)
    package.write(WORKBOOK, package.read(WORKBOOK).replace(b"<workbookPr", b'<workbookPr date1904="1"', 1))
    package.save()
    bench.pull()
    bench.done(
        bench.creating("goal", title="x", due="2026-05-01"),
        bench.creating("goal", title="y", due="1903-05-01"),
    )
    assert bench.item("x").fields["due"] == "2026-05-01"
    assert bench.item("y").fields["due"] == "1903-05-01"
    assert bench.sheet()[bench.cell("due", 2)].value == datetime(2026, 5, 1)
