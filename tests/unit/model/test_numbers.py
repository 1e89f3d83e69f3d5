"""Numbers and percentages in the forms that people write them, and those that nobody may guess at."""

from __future__ import annotations

import re
from decimal import Decimal

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncengine.model.fieldtypes import Number, Percent
from syncengine.model.values import Locale, Unreadable

POINT, COMMA = Locale(), Locale(decimal_comma=True)


@pytest.mark.parametrize(
    ("raw", "means"),
    [
        ("7", 7), (" 7 ", 7), ("+7", 7), ("-7", -7), ("−7", -7), ("007", 7), ("7.0", 7), ("2.5", 2.5), ("2,5", 2.5), ("1e3", 1000),
        ("1 234", 1234), ("1 234 567,5", 1234567.5), ("1\u00a0234", 1234), ("1\u202f234", 1234), ("1'234.5", 1234.5),
        (7, 7), (7.0, 7), (2.5, 2.5), (0.1 + 0.2, 0.3), ("٧", 7), (-0.0, 0), ("999999999999999", 999999999999999), ("1e300", 1e300),
        ("12345678901234567890", 12345678901234567890),
    ],
)  # fmt: skip
def test_a_number_in_any_form(raw: object, means: float) -> None:
    read = Number().read(raw, POINT)
    assert read == means
    assert isinstance(read, int) == isinstance(means, int)


@pytest.mark.parametrize(
    ("raw", "means"),
    [("2,5", 2.5), ("1.234,5", 1234.5), ("1.234.567,25", 1234567.25), ("7", 7), ("2.5", 2.5)],
)
def test_a_number_where_the_comma_is_for_decimals(raw: object, means: float) -> None:
    assert Number().read(raw, COMMA) == means


@pytest.mark.parametrize(
    "raw",
    ["1,234,567", "1.234.567", "1,2,3", "ca. 50", "5 or 6", "five", "NaN", "inf", "-", "0x10", "1_000", "12 34", "½",
     True, False, float("nan"), float("inf"), float("-inf")],
)  # fmt: skip
def test_doubt_is_the_persons_to_settle(raw: object) -> None:
    read = Number().read(raw, POINT)
    assert isinstance(read, Unreadable)
    assert read.reason == "is not a number"


@pytest.mark.parametrize(
    ("raw", "locale"), [("1.234", COMMA), ("-1.234", COMMA), ("1,234", POINT), ("12,345", POINT)]
)
def test_thousands_or_decimals_is_asked(raw: str, locale: Locale) -> None:
    assert isinstance(Percent().read(f"{raw} %", locale), Unreadable)
    read = Number().read(raw, locale)
    assert isinstance(read, Unreadable)
    assert read.reason.startswith("could be ")
    first, second = read.reason.removeprefix("could be ").split(" or ")
    assert (Number().read(first, locale), Number().read(second, locale)) == (
        int(re.sub(r"[.,]", "", raw)), float(raw.replace(",", "."))
    )  # fmt: skip


@pytest.mark.parametrize("raw", ["1,234.5", "1.23,5", "12.34.567,8", "1.2345,6", "1,2.3"])
def test_marks_that_contradict_each_other_are_not_guessed(raw: str) -> None:
    assert isinstance(Number().read(raw, COMMA), Unreadable)


@pytest.mark.parametrize("raw", ["0.123", "1.2345", "1.23", "0,123", "1234.567"])
def test_what_can_be_decimals_only_is_read(raw: str) -> None:
    assert Number().read(raw, COMMA) == float(raw.replace(",", "."))


@pytest.mark.parametrize(
    "raw", ["9" * 20, "-" + "9" * 19, "9" * 5000, "1" + "0" * 400, "1e999", 10**30, 10**400, 2**64]
)
def test_more_digits_than_can_be_kept_stay_where_they_are(raw: object) -> None:
    read = Number().read(raw, POINT)
    assert isinstance(read, Unreadable)
    assert "digits" in read.reason


@given(st.decimals(-(10**11), 10**11, places=4))
@example(Decimal("0.0000000001"))
@example(Decimal("-999999999999.99"))
@example(Decimal("33.33333333333333"))
def test_no_digit_is_lost_up_to_fifteen(number: Decimal) -> None:
    read = Number().read(f"{number:f}", POINT)
    assert isinstance(read, int | float)
    assert Decimal(f"{read:.15g}") == Decimal(f"{number:.15g}")


@given(
    st.integers() | st.floats(allow_nan=False) | st.from_regex(r"[0-9]{1,60}(\.[0-9]{1,30})?", fullmatch=True)
)
def test_every_number_fits_into_the_state(raw: object) -> None:
    read = Number().read(raw, POINT)
    if not isinstance(read, Unreadable):
        assert orjson.loads(orjson.dumps(read)) == read


@pytest.mark.parametrize(("raw", "text"), [(0, "0"), (11, "11"), ("0.99", "0.99"), ("-3", "-3")])
def test_bounds_are_told_with_the_value(raw: object, text: str) -> None:
    read = Number(least=1, most=10).read(raw, POINT)
    assert isinstance(read, Unreadable)
    assert (read.text, read.reason) == (text, "is not between 1 and 10")
    assert read.remedy == "Write a number between 1 and 10."


def test_bounds_themselves_are_within() -> None:
    assert Number(least=1, most=10).read(1, POINT) == 1
    assert Number(least=1, most=10).read("10", POINT) == 10
    assert isinstance(Number(least=0).read(-1, POINT), Unreadable)
    assert Number(least=0).read(10**9, POINT) == 10**9


@pytest.mark.parametrize(
    ("raw", "means"),
    [("50", 50), ("50%", 50), ("50 %", 50), (" 50\u00a0% ", 50), (50, 50), (50.0, 50), (0.5, 50), ("0.5", 50), ("0,5", 50),
     ("0.5 %", 0.5), ("0,5%", 0.5), (1, 1), ("1%", 1), (0, 0), (100, 100), ("100 %", 100), ("33.3", 33.3), (0.07, 7),
     (0.29, 29), ("50٪", 50)],
)  # fmt: skip
def test_a_percentage_in_any_form(raw: object, means: float) -> None:
    assert Percent().read(raw, POINT) == means


@pytest.mark.parametrize(
    "raw", ["ca. 50 %", "150", "150%", -1, "-5 %", 101, "fifty", "50/100", "%", True, "50 %%"]
)
def test_what_is_no_percentage_says_what_to_write(raw: object) -> None:
    read = Percent().read(raw, POINT)
    assert isinstance(read, Unreadable)
    assert read.remedy == "Write a number between 0 and 100, like 40 or 40 %."
    assert "percentage" in read.reason or "between 0 and 100" in read.reason


@given(st.integers(0, 10_000))
def test_every_hundredth_of_a_percent_survives_the_fraction_a_spreadsheet_keeps(hundredths: int) -> None:
    percent = hundredths / 100
    fraction = percent / 100
    if 0 < fraction < 1:
        assert Percent().read(fraction, POINT) == percent


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_percentage_below_one_is_not_taken_for_a_fraction(percent: float) -> None:
    for locale in (POINT, COMMA):
        value = Percent().read(
            f"{percent!r}%".replace(".", ",") if locale is COMMA else f"{percent!r}%", locale
        )
        assert Percent().read(Percent().show(value, locale), locale) == value  # type: ignore[arg-type]
