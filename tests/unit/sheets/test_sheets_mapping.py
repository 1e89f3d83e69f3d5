"""Cells ⇄ canonical values: round trips, and what people write."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.connector import Operation
from syncengine.model.kind import Field
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Locale, Named, Unreadable, Value
from syncengine_sheets.locales import file_locale
from syncengine_sheets.mapping import Content, content, held_of, print_of, read, too_long

BERLIN = Locale(ZoneInfo("Europe/Berlin"))
GOAL, CHECKIN, PERSON = (all_kinds()[name].fields for name in ("goal", "checkin", "person"))


def written(field: Field, value: Value, locale: Locale = BERLIN, **options: Any) -> Content:
    labels = {value: "Ada Lovelace"} if isinstance(value, str) else {}
    operation = Operation(
        "update", "goal", "", None, {field.name: value}, {}, {field.name: value}, "", labels
    )
    return content(field, value, operation, locale, **options)


def there_and_back(field: Field, value: Value, locale: Locale = BERLIN, **options: Any) -> object:
    return read(field, held_of(written(field, value, locale, **options).extended()), locale, **options)


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40).map(str.strip).filter(bool)


@given(TEXT.filter(lambda text: not text.startswith("#") and text != "Loading..."))
def test_texts_come_back_and_are_never_formulas(text: str) -> None:
    made = written(GOAL["why"], text)
    assert made.extended() == {"stringValue": text}
    assert there_and_back(GOAL["why"], text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30", "-1", "@SUM(A1)", "'quoted", "007", "1e5", "TRUE", "50%", "2026-03-01", "#hash"],
)
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    assert there_and_back(GOAL["why"], text) == text


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_days_come_back(day: date) -> None:
    made = written(GOAL["due"], day.isoformat())
    assert isinstance(made.value, float) == (day > date(1899, 12, 30)), "a number, where there is one"
    assert there_and_back(GOAL["due"], day.isoformat()) == day.isoformat()


@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_instants_come_back_in_every_zone(moment: datetime, zone: str) -> None:
    value = moment.replace(microsecond=0).isoformat() + "Z"
    assert there_and_back(CHECKIN["starts"], value, Locale(ZoneInfo(zone))) == value


def test_the_second_of_two_equal_hours_is_text() -> None:
    first, second = (written(CHECKIN["starts"], f"2026-10-25T0{hour}:30:00Z").value for hour in (0, 1))
    assert isinstance(first, float)
    assert second == "2026-10-25 02:30+01:00"


@given(
    st.one_of(
        st.integers(-(10**17), 10**17), st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 6))
    )
)
def test_numbers_come_back(number: float) -> None:
    assert there_and_back(GOAL["start"], number) == number


@given(st.one_of(st.integers(0, 100), st.floats(0, 100).map(lambda x: round(x, 4))), st.booleans())
def test_percentages_come_back_as_both_kinds_of_column_have_them(percent: float, whole: bool) -> None:
    assert there_and_back(GOAL["percent"], percent, whole=whole) == pytest.approx(percent, abs=1e-9)


@pytest.mark.parametrize(
    ("held", "meant"),
    [
        (0.5, 50), (0, 0), (1, 100), (0.005, 0.5), (40, 40), ("50%", 50), ("50 %", 50), (" 40 ", 40), ("0.5", 50), ("0,5 %", 0.5),
        ("", None), (True, None), (1.5, None), (5, None), (250, None), ("ca. 50", None), ("#DIV/0!", None),
    ],
)  # fmt: skip
def test_percentages_as_people_write_them(held: Any, meant: float | None) -> None:
    found = read(GOAL["percent"], held, BERLIN)
    if meant is None and held != "":
        assert isinstance(found, Unreadable), found
        assert found.remedy
    else:
        assert found == meant


def test_where_people_write_40_a_bare_1_is_asked_about() -> None:
    assert read(GOAL["percent"], 40, BERLIN, whole=True) == 40
    assert read(GOAL["percent"], 5, BERLIN, whole=True) == 5
    assert isinstance(read(GOAL["percent"], 1, BERLIN, whole=True), Unreadable)


@pytest.mark.parametrize(
    ("locale", "text", "meant"),
    [
        ("de_DE", "1.3.2026", "2026-03-01"), ("en_US", "1/3/2026", "2026-01-03"), ("en_GB", "1/3/2026", "2026-03-01"),
        ("en_CA", "1/3/2026", None), ("ja_JP", "1/3/2026", None), ("xx_XX", "1/3/2026", None), ("en_US", "2026-03-01", "2026-03-01"),
        ("fr_FR", "25/12/2026", "2026-12-25"), ("en_US", "1.3.2026 ", "2026-03-01"),
    ],
)  # fmt: skip
def test_days_that_are_text_are_read_by_the_files_locale(locale: str, text: str, meant: str | None) -> None:
    found = read(GOAL["due"], text, file_locale(locale, BERLIN))
    assert isinstance(found, Unreadable) if meant is None else found == meant


@pytest.mark.parametrize(("locale", "meant"), [("de_DE", 1.5), ("de_CH", 1.5), ("en_US", 1.5)])
def test_decimal_commas_are_read_by_the_files_locale(locale: str, meant: float) -> None:
    assert read(GOAL["start"], "1,5", file_locale(locale, BERLIN)) == meant
    assert read(GOAL["start"], "1.5" if locale != "de_DE" else "1,5", file_locale(locale, BERLIN)) == meant


def test_serial_numbers_are_days_and_a_time_alone_is_none() -> None:
    assert read(GOAL["due"], 2, BERLIN) == "1900-01-01"
    assert read(GOAL["due"], 46082, BERLIN) == "2026-03-01"
    assert isinstance(read(GOAL["due"], -1, BERLIN), Unreadable)
    assert isinstance(read(GOAL["due"], 3_000_000, BERLIN), Unreadable)
    assert isinstance(read(GOAL["due"], 0.5, BERLIN), Unreadable)
    assert read(CHECKIN["starts"], 46082.708333333336, BERLIN) == "2026-03-01T16:00:00Z"


def test_names_choices_and_flags() -> None:
    assert read(GOAL["person"], "Ada ", BERLIN) == Named("Ada")
    assert read(GOAL["status"], "In Progress", BERLIN) == "in progress"
    assert isinstance(read(GOAL["status"], "soon", BERLIN), Unreadable)
    assert read(GOAL["needs_expert"], False, BERLIN) is False
    assert read(GOAL["needs_expert"], "yes", BERLIN) is True
    assert read(PERSON["name"], 7.0, BERLIN) == "7"
    assert read(PERSON["name"], "Ada  ", BERLIN) == "Ada"


@given(
    st.one_of(TEXT, st.floats(-1e6, 1e6, allow_nan=False), st.booleans()),
    st.one_of(TEXT, st.floats(-1e6, 1e6, allow_nan=False), st.booleans()),
)
def test_prints_tell_contents_apart(one: Any, other: Any) -> None:
    a, b = (Content(value).extended() for value in (one, other))
    assert (print_of(a) == print_of(b)) == (a == b)


def test_a_cell_holds_fifty_thousand_characters() -> None:
    assert not too_long("x" * 50_000)
    assert too_long("x" * 50_001)
    assert too_long("🦊" * 25_001)


def test_a_day_is_the_day_whatever_the_clock_says() -> None:
    noon = (datetime(2026, 3, 1, 12) - datetime(1899, 12, 30)) / timedelta(days=1)
    assert read(GOAL["due"], noon, BERLIN) == "2026-03-01"


def test_thousands_or_decimals_in_a_text_is_asked() -> None:
    """What a German spreadsheet holds as text: it would have made a number of what it understood."""
    field, german = GOAL["target"], file_locale("de_DE", BERLIN)
    assert isinstance(read(field, "1.234", german), Unreadable)
    assert read(field, "1,234", german) == 1.234
    assert isinstance(read(field, "1,234", file_locale("en_US", BERLIN)), Unreadable)
