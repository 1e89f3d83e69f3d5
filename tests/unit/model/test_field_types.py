"""Every field type: what is read is understood or refused, never guessed; what is shown is read back; merges keep both."""

from __future__ import annotations

import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncengine.model import fieldtypes as ft
from syncengine.model.ids import derived_id
from syncengine.model.kind import Field
from syncengine.model.values import Locale, Named, Unreadable, Value
from syncengine.testing.clock import START
from syncengine.testing.values import anything, canonical

OPTIONS = ("not started", "in progress", "on hold")
TYPES: tuple[ft.FieldType, ...] = (
    ft.Text(), ft.RichText(), ft.Number(), ft.Number(least=1, most=10), ft.Percent(), ft.Date(), ft.Instant(),
    ft.Choice(options=OPTIONS), ft.Choices(options=OPTIONS), ft.Flag(), ft.Url(), ft.Email(),
    ft.Ref(to="person"), ft.Refs(to="person"),
)  # fmt: skip
PLAIN = Locale()
LOCALES = [
    Locale(ZoneInfo(zone), day_first, comma)
    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
    for day_first, comma in ((None, False), (True, True), (False, False))
]
NEVER_TEXT = set("\x00\x01\x08\x0b\x0c\x0e\x1f\x7f\ufffe\uffff\ud800\udfff\r")
every_type = pytest.mark.parametrize("type", TYPES, ids=lambda one: one.name)


def value_of(type: ft.FieldType) -> st.SearchStrategy[Value]:
    return canonical(Field("field", type))


@every_type
@given(raw=anything(), locale=st.sampled_from(LOCALES))
def test_whatever_a_tool_holds_is_read_without_raising(type: ft.FieldType, raw: Any, locale: Locale) -> None:
    read = type.read(raw, locale)
    if isinstance(read, Unreadable):
        assert read.reason
        assert read.remedy
    elif isinstance(read, Named):
        assert read.text.strip()
    elif isinstance(read, str):
        assert read
        assert not set(read) & NEVER_TEXT
    elif isinstance(read, list):
        assert read == sorted(set(read))
        assert read
    else:
        assert (
            read is None
            or isinstance(read, bool)
            or (-(2**63) <= read <= 2**64 - 1 if isinstance(read, int) else math.isfinite(read))
        )


@every_type
@given(raw=anything(), locale=st.sampled_from(LOCALES))
def test_reading_what_was_read_changes_nothing(type: ft.FieldType, raw: Any, locale: Locale) -> None:
    read = type.read(raw, locale)
    if isinstance(read, Named | Unreadable) or (isinstance(type, ft.Percent) and isinstance(read, float)):
        return  # a percentage below one is a fraction to whoever reads it as a bare number
    assert type.read(read, locale) == read


@every_type
@given(data=st.data(), locale=st.sampled_from(LOCALES))
def test_what_is_shown_is_read_back(type: ft.FieldType, data: st.DataObject, locale: Locale) -> None:
    value = data.draw(value_of(type))
    assert type.read(type.show(value, locale), locale) == value


@every_type
def test_blank_is_empty_and_shown_as_nothing(type: ft.FieldType) -> None:
    for blank in (None, "", " ", "\n"):
        assert type.read(blank, PLAIN) is None
    assert type.show(None, PLAIN) == ""


@every_type
@given(data=st.data())
def test_equality_is_one(type: ft.FieldType, data: st.DataObject) -> None:
    a, b, c = (data.draw(value_of(type)) for _ in range(3))
    assert type.equal(a, a)
    assert type.equal(a, b) == type.equal(b, a)
    if type.equal(a, b) and type.equal(b, c):
        assert type.equal(a, c)


@every_type
@given(data=st.data())
def test_a_merge_of_two_edits_does_not_depend_on_whose_is_first(
    type: ft.FieldType, data: st.DataObject
) -> None:
    base, ours, theirs = (data.draw(value_of(type)) for _ in range(3))
    fits, merged = type.merge(base, ours, theirs)
    turned, other = type.merge(base, theirs, ours)
    assert fits == turned
    if fits:
        assert merged == other
        assert type.read(merged, PLAIN) == merged, "what was merged is in canonical form"
    else:
        assert merged == ours, "what does not fit is left to a policy"


@pytest.mark.parametrize("type", [ft.RichText(), ft.Choices(options=OPTIONS), ft.Refs(to="person")])
@given(data=st.data())
def test_an_edit_of_one_side_only_is_the_merge(type: ft.FieldType, data: st.DataObject) -> None:
    base, edited = data.draw(value_of(type)), data.draw(value_of(type))
    assert type.merge(base, edited, base) == (True, edited)
    assert type.merge(base, base, edited) == (True, edited)
    assert type.merge(base, edited, edited) == (True, edited)


@given(data=st.data())
def test_sets_keep_what_either_added_and_drop_what_either_removed(data: st.DataObject) -> None:
    type = ft.Refs(to="person")
    base, ours, theirs = (set(data.draw(value_of(type)) or ()) for _ in range(3))
    _, merged = type.merge(sorted(base), sorted(ours), sorted(theirs))
    assert set(merged or ()) == (base & ours & theirs) | (ours - base) | (theirs - base)  # type: ignore[arg-type]


@pytest.mark.parametrize("type", [ft.Text(), ft.Number(), ft.Date(), ft.Flag(), ft.Ref(to="person")])
def test_single_values_are_never_mixed(type: ft.FieldType) -> None:
    assert type.merge(None, "ours", "theirs") == (False, "ours")


@given(st.text())
@example("a\r\nb\rc\ud800\x00")
def test_cleaning_takes_away_only_what_no_tool_carries(text: str) -> None:
    clean = ft.clean(text)
    assert ft.clean(clean) == clean
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert clean == "".join(c for c in lines if c not in NEVER_TEXT and not _control(c))


def _control(character: str) -> bool:
    code = ord(character)
    return (code < 32 and character not in "\t\n") or 0xD800 <= code <= 0xDFFF


@pytest.mark.parametrize(
    ("raw", "means"),
    [("In Progress", "in progress"), (" in_progress ", "in progress"), ("IN-PROGRESS", "in progress"), ("on  hold", "on hold")],
)  # fmt: skip
def test_choices_are_read_whatever_their_capitals_and_hyphens(raw: str, means: str) -> None:
    assert ft.Choice(options=OPTIONS).read(raw, PLAIN) == means
    assert ft.Choices(options=OPTIONS).read(raw, PLAIN) == [means]


def test_an_unknown_choice_names_the_known_ones() -> None:
    for type in (ft.Choice(options=OPTIONS), ft.Choices(options=OPTIONS)):
        read = type.read("started", PLAIN)
        assert isinstance(read, Unreadable)
        assert read.text == "started"
        assert all(option in read.remedy for option in OPTIONS)


def test_an_open_choice_takes_new_ones() -> None:
    assert ft.Choice(options=OPTIONS, open=True).read("Someday", PLAIN) == "Someday"
    assert ft.Choice(options=OPTIONS, open=True).read("ON HOLD", PLAIN) == "on hold"


@pytest.mark.parametrize("raw", ["yes", "Y", "TRUE", "1", 1, 1.0, "x", "✓", "ja", "WAHR", "sí", True])
def test_yes(raw: object) -> None:
    assert ft.Flag().read(raw, PLAIN) is True


@pytest.mark.parametrize("raw", ["no", "N", "FALSE", "0", 0, 0.0, "-", "nein", "☐", False])
def test_no(raw: object) -> None:
    assert ft.Flag().read(raw, PLAIN) is False


@pytest.mark.parametrize("raw", ["maybe", 2, -1, "yes and no", "soon"])
def test_neither_yes_nor_no(raw: object) -> None:
    assert isinstance(ft.Flag().read(raw, PLAIN), Unreadable)


def test_empty_and_no_mean_the_same() -> None:
    assert ft.Flag().equal(None, False)
    assert not ft.Flag().equal(None, True)


def test_addresses_are_compared_without_regard_to_capitals_and_kept_as_written() -> None:
    assert ft.Email().read(" Ada@Example.org ", PLAIN) == "Ada@Example.org"
    assert ft.Email().equal("Ada@Example.org", "ada@example.ORG")
    assert isinstance(ft.Email().read("ada at example", PLAIN), Unreadable)


def test_references_are_ids_or_names() -> None:
    one, two = derived_id(START, "1"), derived_id(START, "2")
    assert ft.Ref(to="person").read(one, PLAIN) == one
    assert ft.Ref(to="person").read("Ada", PLAIN) == Named("Ada")
    assert ft.Refs(to="person").read([two, one, two], PLAIN) == sorted([one, two])
    assert ft.Refs(to="person").read(["Ada", "Grace"], PLAIN) == Named("Ada; Grace")
    assert ft.Refs(to="person").read("Ada, Grace", PLAIN) == Named("Ada, Grace")


@pytest.mark.parametrize("raw", [0, False, 0.0])
def test_a_nought_where_names_belong_clears_nobody(raw: object) -> None:
    """Excel hands over a typed 0 as a number: that is a name that nobody has, and not a blank."""
    assert isinstance(ft.Refs(to="person").read(raw, PLAIN), Named)
