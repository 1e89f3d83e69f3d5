"""Files as lines: what is not ours survives to the byte, and nothing we write can break out of its line."""

from __future__ import annotations

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.model.description import BEGINS, ENDS, agenda_in, with_agenda
from syncengine_ical import library
from syncengine_ical.document import Broken, content_line, new_component, parse
from syncengine_ical.lines import set_words

STRANGE = (
    b"BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n"
    b'BEGIN:VEVENT\r\nUID:a\r\nsummary;LANGUAGE=de;X-A="a:b;c":Eins\\, zwei\r\n'
    b"this is no property\r\nREQUEST-STATUS:2.0;Success\r\nCOMMENT:one\r\nX-EMPTY:\r\nCOMMENT:two\r\n"
    b"DESCRIPTION:folded \r\n  oddly\r\n\t and \xc3\r\n \xa4 in a letter\r\n\r\n"
    b"BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\nafterthought\r\n"
)


@pytest.mark.parametrize(
    "data", [STRANGE, STRANGE.replace(b"\r\n", b"\n"), b"\xef\xbb\xbf" + STRANGE, STRANGE.rstrip(b"\r\n")]
)
def test_a_file_survives_to_the_byte(data: bytes) -> None:
    assert parse(data).to_bytes() == data


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_only_the_line_that_is_set_changes(ending: bytes) -> None:
    data = STRANGE.replace(b"\r\n", ending)
    document = parse(data)
    event = document.calendars[0].components("VEVENT")[0]
    set_words(event, "SUMMARY", "Drei; vier")
    set_words(event, "LOCATION", "here")
    old, new = data.split(ending), document.to_bytes().split(ending)
    assert [line for line in old if line not in new] == [b'summary;LANGUAGE=de;X-A="a:b;c":Eins\\, zwei']
    assert [line for line in new if line not in old] == [
        b'summary;LANGUAGE=de;X-A="a:b;c":Drei\\; vier',
        b"LOCATION:here",
    ]
    assert new.index(b"LOCATION:here") < new.index(b"BEGIN:VALARM"), "properties stand before alarms"


def test_lines_are_understood() -> None:
    event = parse(STRANGE).calendars[0].components("VEVENT")[0]
    line = event.first("SUMMARY")
    assert line is not None
    assert (line.words, line.params["X-A"], line.number) == ("Eins, zwei", "a:b;c", 7)
    assert event.all("COMMENT")[1].words == "two"
    described = event.first("DESCRIPTION")
    assert described is not None
    assert described.words == "folded  oddly and ä in a letter"


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", 1, "no calendar"),
        (b"hello\r\n", 1, "no calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n", 3, "not begun"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", 1, "never ends"),
        (b"END:VCALENDAR\r\n", 1, "not begun"),
        (b"BEGIN:VCALENDAR\r\nX:\xff\xfe\r\nEND:VCALENDAR\r\n", 2, "UTF-8"),
        (b"BEGIN:VCALENDAR\r\n" * 99, 21, "deeply"),
        ("BEGIN:VCALENDAR\r\n".encode("utf-16"), 1, "UTF-8"),
    ],
)
def test_what_is_not_a_calendar_says_where_and_why(data: bytes, line: int, words: str) -> None:
    with pytest.raises(Broken) as broken:
        parse(data)
    assert (broken.value.line, words in broken.value.reason) == (line, True), broken.value.reason


NASTY = st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(
    [
        "a\nEND:VEVENT\nBEGIN:VEVENT\nUID:x",
        "a\\nb",
        "\\",
        'a;b,c:d"e',
        "\\\\n",
        "x\\;",
        "😀" * 99,
        "a\u2028b\u2029c",
        "NaN",
        "=1+1",
        " ",
    ]
)


@given(NASTY)
def test_text_never_breaks_out_of_its_property(text: str) -> None:
    event = new_component("VEVENT", ["UID:a"])
    set_words(event, "SUMMARY", text)
    data = b"BEGIN:VCALENDAR\r\n" + b"".join(event.chunks()) + b"END:VCALENDAR\r\n"
    again = parse(data).calendars[0].components("VEVENT")
    line = again[0].first("SUMMARY")
    assert len(again) == 1
    assert (line.words if line else "") == text
    theirs = icalendar.Calendar.from_ical(data).events
    assert len(theirs) == 1
    assert str(theirs[0].get("SUMMARY", "")) == text
    assert all(len(raw) <= 75 for raw in data.split(b"\r\n"))


def test_a_content_line_is_one_line() -> None:
    with pytest.raises(ValueError, match="line break"):
        content_line("SUMMARY:a\nUID:b")


def test_a_second_form_of_a_text_does_not_hide_the_new_one() -> None:
    event = new_component("VEVENT", ['DESCRIPTION;ALTREP="data:text/html,old";LANGUAGE=de:old'])
    set_words(event, "DESCRIPTION", "new")
    line = event.first("DESCRIPTION")
    assert line is not None
    assert line.text == "DESCRIPTION;LANGUAGE=de:new"


# The agenda within the description


def test_the_agenda_stands_among_people_s_words() -> None:
    mine = with_agenda("Bring the book.\n", "1. Wins\n2. Goals")
    assert agenda_in(mine) == "1. Wins\n2. Goals"
    assert mine.endswith("\n\nBring the book.\n")
    edited = "Note above\n" + mine.replace("Bring", "Please bring")
    again = with_agenda(edited, "1. Round A")
    assert again == edited.replace("1. Wins\n2. Goals", "1. Round A")
    assert with_agenda(again, None) == "Note above\n\nPlease bring the book.\n"
    assert with_agenda(with_agenda("", "x"), None) == ""


def test_a_half_deleted_agenda_is_people_s_text() -> None:
    torn = with_agenda("mine", "old agenda").replace(ENDS, "")
    assert agenda_in(torn) is None
    again = with_agenda(torn, "new agenda")
    assert agenda_in(again) == "new agenda"
    assert "old agenda" in again
    assert "mine" in again
    assert agenda_in(with_agenda(again, "newer")) == "newer"


def test_an_agenda_cannot_end_itself() -> None:
    text = with_agenda("mine", f"a\n{ENDS}\n{BEGINS}\nb")
    assert with_agenda(text, None) == "mine"


@given(
    st.lists(st.sampled_from(["a", "", BEGINS, ENDS, "b"])).map("\n".join),
    st.none() | st.sampled_from(["x", "x\n\ny", ENDS]),
)
def test_no_word_around_the_agenda_is_lost(text: str, agenda: str | None) -> None:
    result = with_agenda(with_agenda(text, agenda), None if agenda is None else "other")
    inside = agenda_in(text)
    kept = [line for line in text.split("\n") if line in ("a", "b")]
    if inside is not None:
        kept = [line for line in with_agenda(text, None).split("\n") if line in ("a", "b")]
    assert [line for line in result.split("\n") if line in ("a", "b")] == kept


def test_folding_keeps_characters_whole() -> None:
    for part in library.folded("SUMMARY:" + "ä😀" * 200).split(b"\r\n "):
        part.decode()
