"""An edit made where a text is shown otherwise, carried to the text as it was written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.model.fieldtypes import RichText
from syncengine.model.prose import carried

SENT = "# Plan\nread\n* a\n* b\n\n\n\nlast"
HELD = "# Plan\n\nread\n\n- a\n- b\n\nlast"


@pytest.mark.parametrize(
    ("now", "meant"),
    [
        (HELD, SENT),
        (HELD.replace("last", "first"), SENT.replace("\n\n\nlast", "\nfirst")),
        (HELD.replace("- b", "- b\n- c"), SENT.replace("* b\n\n\n", "* b\n- c\n")),
        (HELD.replace("\n\nread", ""), "# Plan\n\n* a\n* b\n\n\n\nlast"),
        (f"mine\n\n{HELD}", "mine\n\n# Plan\nread\n* a\n* b\n\n\n\nlast"),
        ("other words", "other words"),
    ],
)
def test_lines_that_were_left_alone_stay_as_they_were_written(now: str, meant: str) -> None:
    assert carried(SENT, HELD, now) == meant


TEXTS = st.lists(
    st.sampled_from(["# H", "text", "more", "* a", "- b", "1. x", "", "", "> q", "word word"]), max_size=8
).map("\n".join)


@given(TEXTS, TEXTS, TEXTS)
def test_the_words_are_those_of_the_edit(sent: str, held: str, now: str) -> None:
    words = re.compile(r"\w+")
    assert words.findall(carried(sent, held, now)) == words.findall(now)


def test_what_is_blank_now_is_blank() -> None:
    assert RichText().carried(SENT, HELD, None) is None
    assert RichText().carried(None, HELD, "now") == "now"
