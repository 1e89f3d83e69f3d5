"""Every canonical value reads back as itself, and no YAML reader takes a text for anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field
from syncengine.model.values import Locale, Named, Unreadable, Value
from syncengine.testing.conformance import NASTY, VALUES
from syncengine_markdown.frontmatter import take_apart
from syncengine_markdown.links import Atlas
from syncengine_markdown.mapping import local_time, quoted, read_refs, reader, render
from syncengine_markdown.yamlevents import yaml_entries

BERLIN = Locale(ZoneInfo("Europe/Berlin"))
EMPTY = Atlas((), {})
TYPES: dict[str, ft.FieldType] = {
    "text": ft.Text(), "rich": ft.RichText(), "number": ft.Number(), "ten": ft.Number(least=1, most=10), "percent": ft.Percent(),
    "date": ft.Date(), "instant": ft.Instant(), "choice": ft.Choice(options=("not started", "yes", "1 - a")), "flag": ft.Flag(),
    "choices": ft.Choices(options=("a", "b c", "no", "x: y")), "url": ft.Url(), "email": ft.Email(),
}  # fmt: skip


def there_and_back(value: Value, type: ft.FieldType, locale: Locale = BERLIN) -> object:
    field = Field("f", type, "F")
    front = f"f:{render(value, field, locale.zone, EMPTY, {})}\n"
    raw = take_apart(f"---\n{front}---\n").values["f"]
    assert yaml_entries(front)["f"].value == raw, "our own reader and YAML agree"
    fast, slow = reader(field, locale)(raw), (type.read(raw, locale) if raw is not None else None)
    assert fast == slow or isinstance(raw, list)
    return fast


TEXTS = st.one_of(st.text(), st.sampled_from(sorted(NASTY.values())))


@given(TEXTS)
def test_text_reads_back(text: str) -> None:
    for type in (TYPES["text"], TYPES["rich"], TYPES["url"]):
        value = type.read(text, BERLIN)
        assert there_and_back(value if isinstance(value, str) else None, type) == value


@given(TEXTS)
def test_text_is_text_to_every_yaml_reader(text: str) -> None:
    value = ft.Text().read(text, BERLIN)
    if isinstance(value, str):
        assert yaml.safe_load(f"f: {quoted(value)}\n") == {"f": value}


@pytest.mark.parametrize(
    "text",
    ["true", "No", "NaN", "null", "~", "007", "1e5", ".inf", "2026-03-01", "1:30", "=", "<<", "a:", "a #b", "- a", "? a",
     "[x]", "{x}", "@x", "`x`", "%x", "!x", "&x", "*x", "|", ">", "'", '"', ",x", "off", "y"],
)  # fmt: skip
def test_what_looks_like_yaml_is_quoted(text: str) -> None:
    assert quoted(text).startswith('"')


@pytest.mark.parametrize(
    "text", ["in progress", "Ada Lovelace", "שלום", "Crème brûlée, 2 eggs", "https://example.org/a?b=c"]
)
def test_plain_words_stay_plain(text: str) -> None:
    assert quoted(text) == text


@given(st.one_of(st.integers(-(10**12), 10**12), st.floats(-1e15, 1e15, allow_nan=False)))
def test_numbers_read_back(number: float) -> None:
    value = ft.Number().read(number, BERLIN)
    assert there_and_back(value if isinstance(value, int | float) else None, ft.Number()) == value
    assert (
        there_and_back(
            value if isinstance(value, int | float) else None, ft.Number(), Locale(decimal_comma=True)
        )
        == value
    )


@given(st.one_of(st.integers(0, 100), st.floats(0, 100)))
def test_percentages_read_back(number: float) -> None:
    value = ft.Number().read(number, BERLIN)
    if isinstance(value, int | float):
        assert there_and_back(value, TYPES["percent"]) == value


@given(st.dates())
def test_dates_read_back(day: object) -> None:
    assert there_and_back(str(day), TYPES["date"]) == str(day)


@given(st.datetimes(datetime(1880, 1, 2), datetime(2150, 1, 1)),
       st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC", "Africa/Monrovia"]))  # fmt: skip
def test_instants_read_back_in_every_zone(moment: datetime, zone: str) -> None:
    value = moment.replace(microsecond=0).isoformat() + "Z"
    assert there_and_back(value, TYPES["instant"], Locale(ZoneInfo(zone))) == value


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        ("2026-03-01T16:00:00Z", "2026-03-01T17:00:00"),
        ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00"),
        ("2026-03-29T01:00:00Z", "2026-03-29T03:00:00"),
        ("1900-01-01T00:00:00Z", "1900-01-01T01:00:00"),
    ],
)
def test_instants_are_shown_as_the_clock_on_the_wall(instant: str, shown: str) -> None:
    assert local_time(instant, ZoneInfo("Europe/Berlin")) == shown


def test_the_ends_of_the_calendar_are_kept() -> None:
    for value in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert there_and_back(value, TYPES["instant"], Locale(ZoneInfo("America/New_York"))) == value


@pytest.mark.parametrize("name", VALUES)
def test_the_suite_s_values_read_back(name: str) -> None:
    for value in VALUES[name]:
        assert there_and_back(value, TYPES[name]) == value


@given(st.sets(st.sampled_from(["a", "b c", "no", "x: y"])))
def test_choices_read_back(chosen: set[str]) -> None:
    assert there_and_back(sorted(chosen) or None, TYPES["choices"]) == (sorted(chosen) or None)
    assert [there_and_back(one, TYPES["choice"]) for one in ("not started", "yes", "1 - a")] == [
        "not started",
        "yes",
        "1 - a",
    ]


@pytest.mark.parametrize(
    ("type", "raw", "value"),
    [
        ("percent", "40 %", 40), ("percent", "0.5", 50), ("percent", "150", Unreadable), ("percent", "ca. 50 %", Unreadable),
        ("number", "1 000", 1000), ("ten", "11", Unreadable), ("ten", "7", 7), ("number", "², ", Unreadable), ("number", "٣", 3),
        ("date", "1.3.2026", "2026-03-01"), ("date", "3/4/2026", Unreadable), ("date", "March 1, 2026", "2026-03-01"),
        ("date", "2026-02-30", Unreadable), ("date", "2026-W01-1", Unreadable), ("date", "soon", Unreadable),
        ("instant", "2026-03-01 17:00", "2026-03-01T16:00:00Z"), ("instant", "2026-03-01T17:00", "2026-03-01T16:00:00Z"),
        ("instant", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"), ("instant", "2026-13-01T17:00:00", Unreadable),
        ("choice", "Not Started", "not started"), ("choice", "maybe", Unreadable), ("flag", "Yes", True), ("flag", "perhaps", Unreadable),
        ("choices", "a; b c", ["a", "b c"]), ("email", "ada", Unreadable), ("email", "a@b.c", "a@b.c"),
    ],
)  # fmt: skip
def test_what_people_type(type: str, raw: str, value: object) -> None:
    found = reader(Field("f", TYPES[type]), BERLIN)(raw)
    assert isinstance(found, Unreadable) if value is Unreadable else found == value


def test_lists_where_one_value_belongs() -> None:
    read = reader(Field("f", TYPES["choice"]), BERLIN)
    assert read(["yes"]) == "yes"
    assert read([None]) is None
    assert isinstance(read(["yes", "not started"]), Unreadable)
    assert reader(Field("f", TYPES["text"]), BERLIN)(["a", "b"]) == "a, b"


# -- references

ADA, BOB, EVE = ("0" + letter * 25 for letter in "abe")
ONE, MANY = Field("p", ft.Ref(to="person")), Field("p", ft.Refs(to="person"))


@pytest.fixture
def atlas() -> Atlas:
    return Atlas(
        [("People/Ada.md", "person", ADA), ("People/Bob Ross.md", "person", BOB), ("Goals/Ada.md", "goal", "0" + "g" * 25),
         ("People/Eve.md", "person", EVE), ("People/x/Eve.md", "person", "0" + "f" * 25), ("People/New.md", "person", None),
         ("People/C# [x].md", "person", "0" + "c" * 25)],
        {"People/Robert.md": BOB},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("[[Ada]]", ADA), ("[[ada|my friend]]", ADA), ("[[People/Ada|x]]", ADA), ("[[Ada.md]]", ADA), ("[[Ada#Goals]]", ADA),
        ("![[Ada]]", ADA), (["[[Ada]]"], ADA), ("[[Robert]]", BOB), (ADA, ADA), ("Ada", Named("Ada")), (None, None), ("", None),
        ("[[New]]", Named("New")), ("[[Nobody|Some One]]", Named("Nobody")), ("[[Some One 2|Some One 2]]", Named("Some One 2")),
        ("[[Some-One|Some/One]]", Named("Some/One")), ("[[Eve]]", Named("Eve")), ("[[People/Eve]]", EVE),
        ("see [[Bob Ross]]", Named("see Bob Ross")), ("[Ada](People/Ada.md)", Named("Ada")), ([None], None),
    ],
)  # fmt: skip
def test_a_reference_is_read_by_where_it_leads(
    atlas: Atlas, raw: str | list[str | None] | None, value: object
) -> None:
    assert read_refs(raw, ONE, atlas, BERLIN) == value
    assert read_refs(raw, ONE, atlas, BERLIN) == value, "the second time from memory"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (["[[Ada]]", "[[Bob Ross|B]]"], sorted([ADA, BOB])), ("[[Bob Ross]], [[Ada]]", sorted([ADA, BOB])), (["[[Ada]]"] * 2, [ADA]),
        (["[[Ada]]", "Bob"], Named("Ada; Bob")), (["[[Ada]]", "[[Nobody]]"], Named("Ada; Nobody")), ("Ada; Bob", Named("Ada; Bob")),
        ([], None), ([ADA, BOB], sorted([ADA, BOB])),
    ],
)  # fmt: skip
def test_several_references(atlas: Atlas, raw: str | list[str | None], value: object) -> None:
    assert read_refs(raw, MANY, atlas, BERLIN) == value


def test_several_links_where_one_belongs(atlas: Atlas) -> None:
    assert isinstance(read_refs("[[Ada]] [[Bob Ross]]", ONE, atlas, BERLIN), Unreadable)
    assert isinstance(read_refs(["Ada", "Bob"], ONE, atlas, BERLIN), Unreadable)


def test_links_say_the_folder_only_where_a_name_is_not_enough(atlas: Atlas) -> None:
    assert atlas.link(BOB, "Bob Ross", "person") == "[[Bob Ross]]"
    assert atlas.link(BOB, "Bob [the] R|oss", "person") == "[[Bob Ross|Bob (the) R/oss]]"
    assert atlas.link(ADA, "Ada", "person") == "[[People/Ada|Ada]]"
    assert atlas.link(EVE, "Eve", "person") == "[[People/Eve|Eve]]"
    assert atlas.link("0" + "z" * 25, "Who/ever", "person") == "[[Who-ever|Who/ever]]"


@pytest.mark.parametrize("id", [ADA, BOB, EVE, "0" + "f" * 25, "0" + "c" * 25])
@pytest.mark.parametrize("label", ["Ada", "x", "A [b] | c", "C# [x]", "new\nline", ""])
def test_every_link_leads_back(atlas: Atlas, id: str, label: str) -> None:
    front = f"p:{render(id, ONE, BERLIN.zone, atlas, {id: label})}\nq:{render([id], MANY, BERLIN.zone, atlas, {id: label})}\n"
    note = take_apart(f"---\n{front}---\n")
    assert read_refs(note.values["p"], ONE, atlas, BERLIN) == id
    assert read_refs(note.values["q"], MANY, atlas, BERLIN) == [id]


def test_moments_are_utc() -> None:
    assert (
        there_and_back(datetime(2026, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), TYPES["instant"])
        == "2026-01-01T00:00:00Z"
    )
