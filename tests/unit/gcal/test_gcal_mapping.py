"""The pure parts: descriptions, marks, bodies and the cursor, with properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncengine.connector import Operation
from syncengine.model.cadence import Cadence
from syncengine.model.ids import seeded_ids
from syncengine.model.template import load_template
from syncengine.model.values import Locale
from syncengine_gcal import markup
from syncengine_gcal.calls import Call, imagined
from syncengine_gcal.marks import event_id, mark_of, marks
from syncengine_gcal.reading import Reader, handle_of, read_handle
from syncengine_gcal.sandbox.people import as_page_writes
from syncengine_gcal.series import Segment, Series
from syncengine_gcal.state import State
from syncengine_gcal.writing import Refused, guests, new_series

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAIR = seeded_ids(3)(NOW)
LINES = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=30)
TEXTS = st.lists(LINES, max_size=5).map("\n".join)


@given(TEXTS)
def test_text_comes_back_from_markup(text: str) -> None:
    assert markup.as_text(markup.as_markup(text)) == text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "<a href='javascript:x'>y</a>",
        "&lt;b&gt;",
    ],
)
def test_tags_in_peoples_words_are_words(text: str) -> None:
    for written in (
        markup.as_markup(text),
        markup.with_agenda_markup("", text),
        markup.with_agenda_markup("<b>theirs</b>", text),
    ):
        assert "<" not in written.replace("<b>theirs</b>", "")
        assert text in markup.as_text(written)


@given(TEXTS)
def test_what_the_page_makes_of_a_text_is_no_edit(text: str) -> None:
    assert markup.as_text(as_page_writes(text)) == text.replace("\u00a0", " ")


@given(TEXTS, TEXTS, TEXTS)
def test_an_agenda_is_found_again_and_the_rest_stays(around: str, first: str, second: str) -> None:
    assume(first.strip() and second.strip())
    people = as_page_writes(around)
    once = markup.with_agenda_markup(people, first)
    twice = markup.with_agenda_markup(once, second)
    assert [line.rstrip() for line in second.split("\n")] == (markup.agenda_of(twice) or "").split("\n")
    assert people in twice
    assert markup.with_agenda_markup(twice, second) == twice
    assert markup.as_text(markup.with_agenda_markup(twice, None)).strip() == markup.as_text(people).strip()


@given(st.integers(0, 60))
def test_ids_are_google_s_alphabet_whatever_the_generation(generation: int) -> None:
    id = event_id(PAIR, generation)
    assert set(id) <= set("0123456789abcdefghijklmnopqrstuv")
    event = {"id": id, "extendedProperties": {"private": marks("pair", PAIR, id)}}
    assert mark_of(event) == ("pair", PAIR)
    assert mark_of({**event, "id": f"{id}0"}) is None, "a copy"


@given(st.sampled_from(["2026-03-03T16:00:00Z", None]))
def test_handles(slot: str | None) -> None:
    assert read_handle(handle_of(PAIR, "c", slot)) == (PAIR, "c", slot)
    assert read_handle(handle_of(PAIR)) == (PAIR, "", None)


def operation(cadence: Cadence, members: dict[str, str], link: str | None, name: str) -> Operation:
    record = {
        "name": name, "members": sorted(members), "link": link, "every": cadence.every, "agenda": None,
        "first_meeting": cadence.first.isoformat(), "time": cadence.time.isoformat("minutes"), "zone": cadence.zone,
        "minutes": cadence.minutes, "until": cadence.until and cadence.until.isoformat(), "status": "active",
    }  # fmt: skip
    return Operation("create", "pair", PAIR, None, record, {}, record, name, {}, emails=members)


CADENCES = st.builds(
    Cadence,
    st.sampled_from(["week", "2 weeks", "3 weeks", "4 weeks", "month"]),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.times(time(4), time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]),
    st.integers(5, 240),
    st.none() | st.dates(date(2036, 1, 1), date(2040, 1, 1)),
)


@given(CADENCES, LINES, st.booleans())
def test_a_new_series_says_what_the_record_says(cadence: Cadence, name: str, invited: bool) -> None:
    people = {seeded_ids(5)(NOW): "ada@example.org", seeded_ids(6)(NOW): "ben@example.org"}
    made = operation(cadence, people, "https://x.example.org", name.strip() or "x")
    try:
        body = new_series(made, cadence, PAIR, "all" if invited else "none", "")
    except Refused:
        assume(False)
    event = imagined(Call("insert", PAIR, body), None).event
    assert event is not None
    assert ("attendees" in event) is invited
    template = load_template("structured")
    reader = Reader(template.kinds, Locale(ZoneInfo("UTC")), NOW)
    series = Series(PAIR, [Segment(event)])
    [item] = reader.items(series)
    for field in (
        "name",
        "members",
        "link",
        "every",
        "first_meeting",
        "time",
        "zone",
        "minutes",
        "until",
        "status",
    ):
        assert item.fields[field] == made.record[field], field
    state = State("cal", "token", "2026-03-02T09:00:00Z", {PAIR: series})
    assert State.load(state.dump()) == state


@pytest.mark.parametrize("data", [b"", b"{}", b"nonsense", b'{"v": 0}', b'{"v": 1}'])
def test_a_cursor_that_is_none_means_to_read_everything(data: bytes) -> None:
    assert State.load(data) is None


def test_guests_that_calendar_does_not_show_are_never_written_back() -> None:
    cadence = Cadence("week", date(2026, 3, 3), time(17), "Europe/Berlin", 45)
    with pytest.raises(Refused, match="does not show all guests"):
        guests({"id": PAIR, "attendeesOmitted": True}, operation(cadence, {}, None, "x"), "all")
