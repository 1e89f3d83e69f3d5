"""Which record a person means by the words they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.naming import Entry, exact, is_address, partial, short_ids, told, words_of
from syncengine.model.ids import EPOCH, derived_id

IDS = [derived_id(EPOCH, str(number)) for number in range(9)]
SQL, SQL_LOW, BASICS, GONE, BEES, PERSON, ASKED = (
    Entry("goal", "Goal", IDS[0], "Learn SQL"),
    Entry("goal", "Goal", IDS[1], "learn sql"),
    Entry("goal", "Goal", IDS[2], "Learn SQL basics"),
    Entry("goal", "Goal", IDS[3], "Keep ants", deleted=True),
    Entry("win", "Win", IDS[4], "Keep bees"),
    Entry("person", "Person", IDS[5], "Ada: the first"),
    Entry("question", "Question", IDS[6], "Goal: Learn SQL · Percent"),
)
ALL = [SQL, SQL_LOW, BASICS, GONE, BEES, PERSON, ASKED]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Learn SQL", [SQL]),
        ("learn sql", [SQL_LOW]),
        ("LEARN  SQL", [SQL, SQL_LOW]),
        ("keep ANTS", [GONE]),
        ("Goal: Learn SQL", [SQL]),
        ("win: keep bees", [BEES]),
        ("goal: Keep bees", []),
        ("Ada: the first", [PERSON]),
        ("Goal: Learn SQL · Percent", [ASKED]),
        (IDS[2], [BASICS]),
        ("Learn", []),
    ],
)
def test_an_exact_title_or_id(said: str, meant: list[Entry]) -> None:
    assert exact(said, ALL) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("learn sql b", [BASICS]),
        ("basics", [BASICS]),
        ("learn", [SQL, SQL_LOW, BASICS]),
        ("keep", [BEES]),  # the living before the deleted
        ("ants", [GONE]),
        ("win: keep", [BEES]),
        ("percent", []),  # a question is meant by nothing less than its whole title
        (f"…{IDS[0][-6:]}", [SQL]),
        (IDS[6][-8:], [ASKED]),
        (IDS[6][-5:], []),
        ("", []),
        ("goal:", []),
    ],
)
def test_a_beginning_a_part_or_the_end_of_an_id(said: str, meant: list[Entry]) -> None:
    assert partial(said, ALL) == meant


def test_the_deleted_may_be_meant_first() -> None:
    again = Entry("goal", "Goal", IDS[7], "Keep ants")
    assert exact("Keep ants", [again, GONE]) == [again]
    assert exact("Keep ants", [again, GONE], deleted_first=True) == [GONE]
    assert partial("keep", ALL, deleted_first=True) == [GONE]
    assert exact("Keep bees", ALL, deleted_first=True) == [BEES], "else the living"


@given(st.lists(st.text(max_size=8), min_size=1, max_size=6), st.data())
def test_a_whole_title_always_means_a_record_of_that_title(titles: list[str], data: st.DataObject) -> None:
    entries = [Entry("goal", "Goal", IDS[n], title) for n, title in enumerate(titles)]
    said = data.draw(st.sampled_from(titles))
    assert {e.title for e in exact(said, entries)} <= {said} or said != said.strip()


@pytest.mark.parametrize(
    ("said", "address", "words"),
    [
        ("file:///x/Goals/Learn%20SQL.md", True, "Learn SQL"),
        ("https://www.notion.so/Learn-SQL-393abc1eedcd818a81e9e14c2f78901e?pvs=4", True, "Learn SQL"),
        ("https://www.notion.so/393abc1eedcd818a81e9e14c2f78901e", True, ""),
        ("Goals/Learn SQL.md", True, "Learn SQL"),
        ("C:\\notes\\Goals\\Learn SQL.md", True, "Learn SQL"),
        ("Ada & Grace.ics", True, "Ada & Grace"),
        ("program.xlsx#Goals!A5", True, "program.xlsx#Goals!A5"),
        ("[[Learn SQL]]", True, "[[Learn SQL]]"),
        ("Learn SQL", False, "Learn SQL"),
        ("Ada: the first", False, "Ada: the first"),
    ],
)
def test_addresses_are_told_from_titles(said: str, address: bool, words: str) -> None:
    assert is_address(said) is address
    assert words_of(said) == words


@given(st.sets(st.sampled_from(IDS), min_size=1))
def test_the_ends_of_ids_tell_them_apart(ids: set[str]) -> None:
    ends = short_ids(ids)
    assert len(set(ends.values())) == len(ids)
    assert all(id.endswith(end) and len(end) >= 6 for id, end in ends.items())


def test_candidates_are_told_with_kind_pair_and_end_of_the_id() -> None:
    twin = Entry("goal", "Goal", IDS[8], "Learn SQL", deleted=True)
    lines = told([twin, SQL, BEES], {IDS[0]: "Ada & Ben", IDS[8]: "Cleo & Dov"})
    assert sorted(lines) == sorted([
        f"Goal: Learn SQL (Ada & Ben)  …{IDS[0][-6:]}",
        f"Goal: Learn SQL (Cleo & Dov), deleted  …{IDS[8][-6:]}",
        f"Win: Keep bees  …{IDS[4][-6:]}",
    ])  # fmt: skip
