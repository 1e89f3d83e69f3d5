"""Which records go with somebody, which stay without them, and that nothing else of anybody changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.forget import FORGOTTEN, emptied, forgetting, known_by
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.model.words import FORMER, Words, cleaned
from syncengine.testing.clock import START

KINDS = all_kinds()
GRACE, ADA, PAIR, SOLO = (derived_id(START, name) for name in ("grace", "ada", "pair", "solo"))
PEOPLE = {
    GRACE: Record(GRACE, "person", {"name": "Grace Lindqvist", "email": "grace@example.org"}),
    ADA: Record(ADA, "person", {"name": "Ada Okafor", "email": "ada@example.org"}),
    PAIR: Record(PAIR, "pair", {"name": "Ada & Grace", "members": sorted([GRACE, ADA])}),
}


def way(*records: Record, pairs: dict[str, str | None] | None = None, asked: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    every = {**PEOPLE, **{record.id: record for record in records}}
    words = known_by(PEOPLE[GRACE], PEOPLE.values(), [PEOPLE[PAIR]])
    return forgetting(
        GRACE, words, every, KINDS, {record.id: PAIR for record in records} | (pairs or {}), asked or {}
    )


def test_their_own_words_go_and_what_is_shared_stays_without_them() -> None:
    one = Record("r", "reflection", {"by": GRACE, "what": "x", "pair": PAIR})
    others = Record("o", "reflection", {"by": ADA, "what": "Grace Lindqvist said so", "pair": PAIR})
    given_ = Record("f", "feedback", {"giver": GRACE, "receiver": ADA, "words": "x"})
    got = Record("g", "feedback", {"giver": ADA, "receiver": GRACE, "words": "well done, grace  lindqvist!"})
    goal = Record("s", "goal", {"title": "SQL", "person": GRACE, "pair": PAIR})
    met = Record("m", "checkin", {"pair": PAIR, "attended": sorted([ADA, GRACE]), "lead": GRACE})
    found = way(one, others, given_, got, goal, met)
    assert found.removed.keys() == {GRACE, "r", "f"}
    assert found.changed == {
        "o": {"what": f"{FORMER} said so"},
        "g": {"receiver": None, "words": f"well done, {FORMER}!"},
        "s": {"person": None},
        "m": {"attended": [ADA], "lead": None},
        PAIR: {"name": f"Ada & {FORMER}", "members": [ADA]},
    }


def test_what_nobody_else_has_a_part_in_goes_with_what_hangs_on_it() -> None:
    goal = Record("s", "goal", {"title": "SQL", "person": GRACE})
    entry = Record("e", "progress", {"goal": "s", "note": "x"})
    asked = Record("q", "question", {"about": "Goal: SQL"})
    buried = Record("b", "goal", {"title": "old", "person": GRACE}, deleted=True)
    found = way(goal, entry, asked, buried, pairs=dict.fromkeys("seqb"), asked={"q": "s"})
    assert found.removed.keys() == {GRACE, "s", "e", "q", "b"}


def test_an_address_inside_of_a_link_takes_the_link_along() -> None:
    found = way(Record("x", "resource", {"title": "t", "link": "https://example.org/~grace@example.org/"}))
    assert found.changed["x"] == {"link": None}


def test_a_single_name_and_a_namesakes_are_left_in_texts() -> None:
    will = Record("w", "person", {"name": "Will"})
    assert known_by(will, [will], []).instead == {}
    twins = [Record(id, "person", {"name": "Sam Lee"}) for id in ("1", "2")]
    assert known_by(twins[0], twins, []).instead == {}
    assert known_by(will, [will], [], ["Will"]).without("Will will") == f"{FORMER} will"


def test_what_goes_is_emptied_of_words_only() -> None:
    one = Record("r", "feedback", {"giver": GRACE, "on": "2026-03-01", "words": "x", "answered": True})
    assert emptied(one, KINDS["feedback"]) == {"words": FORGOTTEN}
    assert emptied(PEOPLE[GRACE], KINDS["person"]) == {"name": FORGOTTEN, "email": None}


@given(st.text(max_size=30), st.text(max_size=30))
def test_only_the_words_are_replaced(before: str, after: str) -> None:
    words = Words({"Grace Lindqvist": FORMER})
    parted = f"{before} Grace Lindqvist {after}"
    assert words.count(words.without(parted)) == 0
    if words.count(before) == words.count(after) == 0:
        assert words.without(parted) == f"{before} {FORMER} {after}"


@given(st.sampled_from(['Ren\u00e9 "R" O\'Neil', "Ann, Lee; Jr", "Zo\u00eb <Z> & Co", "A\u030asa  Berg"]))
def test_however_a_tool_writes_it_down(name: str) -> None:
    import html
    import json
    import unicodedata
    from urllib.parse import quote

    words = Words({name: FORMER})
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, name)  # type: ignore[arg-type]
        ways = [text, text.upper(), html.escape(text), json.dumps(f"x\n{text}"), f"{text}\nx", f"({text})"]
        for written in [*ways, quote(unicodedata.normalize("NFC", name))]:
            assert words.count(written) == 1, written
            assert words.count(words.without(written)) == 0, written


def test_it_is_no_part_of_a_longer_word() -> None:
    words = Words({"Ann Lee": FORMER, "Ada": FORMER})
    for text in ("Joann Leeds", "Ann Leeds", "Canada", "ada"):
        assert (words.count(text), words.without(text)) == (0, text)


def test_values_as_json_lose_ids_and_addresses() -> None:
    words = Words({"a@example.org": FORMER})
    said = {
        "members": [ADA, GRACE],
        "lead": GRACE,
        "guests": {"a@example.org": "x"},
        "n": 1,
        "t": "to a@example.org",
    }
    assert cleaned(said, words, {GRACE}) == {
        "members": [ADA],
        "lead": None,
        "guests": {},
        "n": 1,
        "t": f"to {FORMER}",
    }
