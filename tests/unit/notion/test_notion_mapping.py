"""Values, both ways: whatever is written is read back as it was, through the service's own normalising."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.model.fieldtypes import clean
from syncengine.model.kind import Field
from syncengine.model.kinds import all_kinds
from syncengine.model.template import load_template
from syncengine.model.values import Locale, Named, Unreadable, Value
from syncengine.testing.clock import Clock
from syncengine_notion import mapping, prose
from syncengine_notion.mapping import Unwritable
from syncengine_notion.pushing import levels
from syncengine_notion.sandbox import richtext, schema
from syncengine_notion.sandbox import values as service
from syncengine_notion.sandbox.world import Property, World

BERLIN = Locale(ZoneInfo("Europe/Berlin"))
KINDS = all_kinds()
FIELDS = [field for kind in KINDS.values() for field in kind.fields.values()]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
MARKED = st.lists(
    st.sampled_from(
        ["**", "*", "`", "~~", "[", "](https://a.b/c)", "](", ")", "word", " ", "\n", "🦊", "_", "\\", "a*b"]
    ),
    max_size=30,
).map("".join)
WORLD = World(Clock())


def through(field: Field, value: Value, options: Sequence[str] = ()) -> Any:
    """The value written, kept by the service, and read back."""
    kind = mapping.type_of(field)
    config: dict[str, Any] = {}
    if kind in ("select", "multi_select"):
        config = {"options": []}
    one = Property("abcd", field.label, kind, config)
    for name in options:
        schema.add_option(WORLD, one, mapping.option_name(name))
    sent = mapping.write(field, kind, value, BERLIN.zone, {}, {})
    kept = service._kept(WORLD, one, sent)
    shown = service._shown(WORLD, one, None, kept)  # type: ignore[arg-type]  # only times look at the page
    return mapping.read(field, shown, BERLIN, {}, lambda pages: list(pages))


def by_type(name: str) -> list[Field]:
    return [field for field in FIELDS if field.type.name == name]


@given(st.sampled_from(by_type("text")), TEXT)
def test_short_text(field: Field, text: str) -> None:
    value = field.type.read(text, BERLIN)
    assert through(field, value) == value  # type: ignore[arg-type]


@given(st.sampled_from(by_type("rich text")), st.one_of(TEXT, MARKED))
def test_prose_with_and_without_marks(field: Field, text: str) -> None:
    value = field.type.read(text, BERLIN)
    assert through(field, value) == value  # type: ignore[arg-type]


@given(st.sampled_from(by_type("number")), st.one_of(st.integers(5, 9), st.floats(5, 5, allow_nan=False)))
def test_numbers_within_their_bounds(field: Field, number: float) -> None:
    value = field.type.read(min(number, getattr(field.type, "most", None) or number), BERLIN)
    assert through(field, value) == value  # type: ignore[arg-type]


@given(st.integers(0, 10_000).map(lambda n: n / 100))
def test_percentages_to_a_hundredth(percent: float) -> None:
    field = KINDS["goal"].fields["percent"]
    value = field.type.read(f"{percent}%", BERLIN)
    assert through(field, value) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("percent", [0, 0.5, 1, 1.5, 33.3, 99.999, 100])
def test_percentages_are_fractions_there(percent: float) -> None:
    field = KINDS["goal"].fields["percent"]
    assert mapping.write(field, "number", percent, BERLIN.zone, {}, {}) == {
        "number": round(percent / 100, 11)
    }
    assert through(field, percent) == percent


@given(st.sampled_from(by_type("date")), st.dates())
def test_days(field: Field, day: Any) -> None:
    assert through(field, day.isoformat()) == day.isoformat()


@given(
    st.datetimes(
        min_value=__import__("datetime").datetime(1900, 1, 2),
        max_value=__import__("datetime").datetime(2199, 1, 1),
    )
)
def test_moments_to_the_minute(moment: Any) -> None:
    field = KINDS["checkin"].fields["starts"]
    value = moment.replace(second=0, microsecond=0).isoformat() + "Z"
    assert through(field, value) == value


def test_seconds_are_cut_off_and_zones_folded_in() -> None:
    """Recorded: 17:57:32.42 in Europe/London comes back as 17:57:00.000+01:00, time_zone null."""
    one = Property("abcd", "When", "date")
    kept = service._kept(
        WORLD, one, {"date": {"start": "2026-07-04T17:57:32.42", "time_zone": "Europe/London"}}
    )
    assert kept == {"start": "2026-07-04T17:57:00.000+01:00", "end": None, "time_zone": None}
    assert through(KINDS["checkin"].fields["starts"], "2026-07-04T16:57:32Z") == "2026-07-04T16:57:00Z"


@pytest.mark.parametrize("field", [f for f in FIELDS if mapping.type_of(f) == "select"], ids=lambda f: f.name)
def test_every_choice(field: Field) -> None:
    for option in (*field.type.options, None):  # type: ignore[attr-defined]
        assert through(field, option, field.type.options) == option  # type: ignore[attr-defined]


def test_commas_in_options_come_back() -> None:
    from syncengine.model.fieldtypes import Choice, Choices

    field = Field("x", Choice(options=("one, two", "three"), open=True), "X")
    assert mapping.write(field, "select", "one, two", BERLIN.zone, {}, {}) == {"select": {"name": "one‚ two"}}
    assert through(field, "one, two") == "one, two"
    many = Field("y", Choices(options=("a, b", "c")), "Y")
    assert through(many, ["a, b", "c"]) == ["a, b", "c"]


def test_capitals_of_options_do_not_count() -> None:
    field = KINDS["goal"].fields["status"]
    assert through(field, "in progress", ["In Progress"]) == "in progress"


@pytest.mark.parametrize(("name", "value"), [("email", "ada@example.org"), ("email", None)])
def test_addresses(name: str, value: Value) -> None:
    assert through(KINDS["person"].fields[name], value) == value
    assert (
        through(KINDS["resource"].fields["link"], "https://example.org/a?b=c#d")
        == "https://example.org/a?b=c#d"
    )


def test_a_box_that_is_not_ticked_says_nothing() -> None:
    field = KINDS["commitment"].fields["done"]
    assert [through(field, value) for value in (True, False, None)] == [True, None, None]


def test_references_by_page() -> None:
    field = KINDS["pair"].fields["members"]
    assert mapping.write(
        field, "relation", ["r1", "r2", "r3"], BERLIN.zone, {}, {"r1": "p1", "r3": "p3"}
    ) == {"relation": [{"id": "p1"}, {"id": "p3"}]}
    shown = {"type": "relation", "relation": [{"id": "p3"}, {"id": "p1"}]}
    assert mapping.read(
        field, shown, BERLIN, {}, lambda pages: [{"p1": "r1", "p3": "r3"}[p] for p in pages]
    ) == ["r1", "r3"]
    assert mapping.read(field, shown, BERLIN, {}, lambda pages: Named("Ada; Zoe")) == Named("Ada; Zoe")
    one = KINDS["goal"].fields["person"]
    assert isinstance(mapping.read(one, shown, BERLIN, {}, lambda pages: list(pages)), Unreadable)
    with pytest.raises(Unwritable, match="101"):
        mapping.write(
            field,
            "relation",
            [str(n) for n in range(101)],
            BERLIN.zone,
            {},
            {str(n): "p" for n in range(101)},
        )


def test_a_span_of_days_is_asked_about_rather_than_cut() -> None:
    shown = {"type": "date", "date": {"start": "2026-03-01", "end": "2026-03-05", "time_zone": None}}
    found = mapping.read(KINDS["goal"].fields["due"], shown, BERLIN, {}, list)
    assert isinstance(found, Unreadable)
    assert "2026-03-05" in found.text


# -- limits


@given(st.integers(0, 4005), st.sampled_from(["x", "🦊", "e\u0301"]))
def test_runs_hold_two_thousand_units_and_no_half_character(length: int, letter: str) -> None:
    text = (letter * length)[:length]
    found = prose.pieces(text)
    assert "".join(found) == text
    assert all(0 < richtext.units(piece) <= 2000 for piece in found)
    assert len(found) <= -(-richtext.units(text) // 1999) if text else found == []


def test_the_longest_text_and_one_letter_more() -> None:
    field = KINDS["goal"].fields["notes"]
    text = "🦊" * 100_000
    assert through(field, text) == text
    with pytest.raises(Unwritable, match="200,000"):
        mapping.write(field, "rich_text", text + "x", BERLIN.zone, {}, {})


def test_more_marks_than_runs_become_plain_text_and_lose_no_letter() -> None:
    field = KINDS["goal"].fields["notes"]
    text = "**a** b " * 200 + "."
    sent = mapping.write(field, "rich_text", text, BERLIN.zone, {}, {})
    assert len(sent["rich_text"]) == 1
    assert through(field, text) == text


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([("Hello ", {}), ("world", {"bold": True})], "Hello **world**"),
        ([("a", {"italic": True}), (" b", {"strikethrough": True})], "*a* ~~b~~"),
        ([("both", {"bold": True, "italic": True})], "***both***"),
        ([(" edge ", {"bold": True}), ("x", {})], " **edge** x"),
        ([("two\nlines", {"bold": True})], "**two**\n**lines**"),
        ([("co`de", {"code": True})], "co`de"),
        ([("red", {"color": "red"})], "red"),
    ],
)
def test_what_people_format_reads_as_markdown(runs: list[tuple[str, dict[str, Any]]], text: str) -> None:
    items = [richtext.run(content, marks) for content, marks in runs]
    assert prose.read_marked(items) == text


def test_links_read_as_markdown_and_bare_ones_stay_bare() -> None:
    assert prose.read_marked([richtext.run("docs", None, "https://a.b/")]) == "[docs](https://a.b/)"
    assert prose.read_marked([richtext.run("https://a.b/", None, "https://a.b/")]) == "https://a.b/"
    [sent] = prose.marked_runs("[docs](https://a.b/)")
    assert sent == {"type": "text", "text": {"content": "docs", "link": {"url": "https://a.b/"}}}


def test_clean_text_is_what_is_written() -> None:
    assert clean("a\r\nb\x00") == "a\nb"


def test_what_others_refer_to_is_made_first() -> None:
    order = {
        kind: number for number, level in enumerate(levels(load_template("structured"))) for kind in level
    }
    assert set(order) == set(load_template("structured").kinds)
    for kind in load_template("structured").kinds.values():
        assert all(order[field.ref] < order[kind.name] for field in kind.fields.values() if field.ref)
