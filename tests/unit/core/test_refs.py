"""References by name: what is shown is found again; unknown and ambiguous names are told and change nothing."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncengine.connector import Item
from syncengine.core.refs import Directory, fold, meant, resolve
from syncengine.core.shadow import Shadow
from syncengine.model.ids import derived_id
from syncengine.model.kind import Field
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Named, Unreadable
from syncengine.testing.clock import START

PAIR, GOAL = all_kinds()["pair"], all_kinds()["goal"]
MEMBERS, PERSON = PAIR.fields["members"], GOAL.fields["person"]
NAMES = st.sampled_from(
    [
        "Ada",
        "ada",
        "Ada Okafor",
        "Ada  Lovelace",
        "Grace",
        "Grace Hopper",
        "Ali & Co",
        "Okafor, Ada",
        "Åsa",
        "李",
    ]
)


def id_of(number: int) -> str:
    return derived_id(START, str(number))


def directory(*names: str, gone: tuple[tuple[str, str], ...] = ()) -> Directory:
    people = [(id_of(number), name) for number, name in enumerate(names)]
    return Directory(
        lambda kind: people if kind == "person" else [], lambda kind: gone if kind == "person" else []
    )


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_the_label_of_a_record_means_that_record(names: list[str]) -> None:
    known = directory(*names)
    for number in range(len(names)):
        assert known.find("person", known.label("person", id_of(number))) == [id_of(number)]


@given(st.lists(NAMES, min_size=1, max_size=6, unique_by=fold), st.data())
def test_labels_joined_mean_all_of_them(names: list[str], data: st.DataObject) -> None:
    known = directory(*names)
    chosen = sorted(data.draw(st.sets(st.sampled_from(range(len(names))), min_size=1)))
    shown = "; ".join(sorted(known.label("person", id_of(number)) for number in chosen))
    assert meant(shown, MEMBERS, known) == sorted(id_of(number) for number in chosen)


@given(st.lists(NAMES, max_size=6), st.text(max_size=12))
def test_words_mean_one_record_or_are_told(names: list[str], words: str) -> None:
    assume(words.strip())
    known = directory(*names)
    found = meant(words, PERSON, known)
    if isinstance(found, Unreadable):
        assert found.text == words
        assert found.remedy
        assert len(known.find("person", words)) != 1
    else:
        assert known.find("person", words) == [found]


@pytest.mark.parametrize("text", ["Ada Okafor", "ada okafor", "  ADA   OKAFOR ", "Ada", "ada"])
def test_capitals_blanks_and_surnames_do_not_count(text: str) -> None:
    assert meant(text, PERSON, directory("Ada Okafor", "Grace Hopper")) == id_of(0)


def test_an_unknown_name_says_whose_list_to_look_at() -> None:
    found = meant("Eve", PERSON, directory("Ada"))
    assert isinstance(found, Unreadable)
    assert found.reason == "is nobody's name: no person is called that"
    assert "as it is in the list" in found.remedy


def test_a_name_of_two_people_names_both_as_they_can_be_told_apart() -> None:
    known = directory("Ada", "ada", "Grace")
    found = meant("Ada", PERSON, known)
    assert isinstance(found, Unreadable)
    assert "could be any of 2: " in found.reason
    for label in (known.label("person", id_of(0)), known.label("person", id_of(1))):
        assert label in found.reason
        assert meant(label, PERSON, known) in (id_of(0), id_of(1))
    assert known.label("person", id_of(2)) == "Grace", "whose name is nobody else's is shown plain"


def test_a_first_name_of_two_is_ambiguous() -> None:
    assert isinstance(meant("Ada", PERSON, directory("Ada Okafor", "Ada Lovelace")), Unreadable)


@pytest.mark.parametrize(
    "text",
    [
        "Ada; Grace",
        "Ada, Grace",
        "Grace & Ada",
        "Ada and Grace",
        "Ada\nGrace",
        "Ada;;Grace; ",
        "Ada, Ada; Grace",
    ],
)
def test_people_are_listed_in_any_way(text: str) -> None:
    assert meant(text, MEMBERS, directory("Ada", "Grace")) == sorted([id_of(0), id_of(1)])


def test_a_name_with_a_comma_or_an_and_is_one_name() -> None:
    known = directory("Okafor, Ada", "Ali & Co", "Sue and Sons")
    assert meant("Okafor, Ada", MEMBERS, known) == [id_of(0)]
    assert meant("Ali & Co; Sue and Sons", MEMBERS, known) == sorted([id_of(1), id_of(2)])


def test_a_name_with_a_semicolon_is_one_name_and_not_two_others() -> None:
    assert meant("Ada; Grace", MEMBERS, directory("Ada", "Grace", "Ada; Grace")) == [id_of(2)]


def test_one_bad_name_in_a_list_stops_the_list() -> None:
    found = meant("Ada; Eve", MEMBERS, directory("Ada"))
    assert isinstance(found, Unreadable)
    assert found.text == "Eve"


def test_a_renamed_record_is_found_by_its_new_name_only() -> None:
    known = directory("Ada", "Grace")
    known.put("person", id_of(0), "Ada Okafor")
    assert known.find_exact("person", "Ada") == []
    assert known.find_exact("person", "ada OKAFOR") == [id_of(0)]
    assert known.title("person", id_of(0)) == "Ada Okafor"


def test_who_has_gone_is_shown_and_no_longer_found() -> None:
    known = directory("Ada", "Grace")
    known.drop("person", id_of(0))
    assert known.find("person", "Ada") == []
    assert known.label("person", id_of(0)) == "Ada"
    assert known.title("person", id_of(0)) is None
    known.put("person", id_of(0), "Ada")
    assert known.find("person", "Ada") == [id_of(0)]


def test_a_tombstone_of_a_living_ones_name_is_told_apart() -> None:
    known = directory("Ada", gone=((id_of(7), "Ada"),))
    assert known.label("person", id_of(0)) == "Ada"
    assert known.label("person", id_of(7)) == f"Ada ({id_of(7)[-4:]})"
    assert known.find("person", known.label("person", id_of(7))) == []


def test_a_stranger_is_shown_by_its_id() -> None:
    assert directory().label("person", id_of(1)) == id_of(1)


def test_a_link_among_names_means_what_it_leads_to() -> None:
    known = directory("Ada Okafor", "Grace")
    assert meant("Ada; Grace", MEMBERS, known, led={"Ada": id_of(5)}) == sorted([id_of(5), id_of(1)])
    assert meant("Ada; Ada & Grace; Grace", MEMBERS, known, led={"Ada; Ada & Grace": id_of(5)}) == sorted(
        [id_of(5), id_of(1)]
    )


# On an item


def resolved(
    text: object, shadow: Shadow | None, *names: str, fresh: bool = False
) -> tuple[object, dict[str, str]]:
    item = Item("goal", None, "row", {"person": text}, "row")  # type: ignore[dict-item]
    texts = resolve(item, GOAL, shadow, directory(*names), fresh=fresh)
    return item.fields.get("person"), texts


def named(text: str, *before: str) -> Shadow:
    return Shadow("A", id_of(9), "goal", named={"person": text}, before={"person": list(before)})


def test_a_name_becomes_an_id_and_its_words_are_remembered() -> None:
    assert resolved(Named("ada"), None, "Ada") == (id_of(0), {"person": "ada"})


def test_words_that_stand_there_unchanged_keep_their_meaning_whoever_is_called_so_now() -> None:
    assert resolved(Named("Ada"), named("Ada"), "Ada", "Ada") == (Named("Ada"), {})
    assert resolved(Named("Ada"), named("Ada")) == (Named("Ada"), {})


def test_words_that_our_write_replaced_keep_their_meaning_while_it_is_fresh() -> None:
    shadow = named("Ada Okafor", "Ada")
    assert resolved(Named("Ada"), shadow, "Ada Okafor", fresh=True) == (Named("Ada"), {})
    assert resolved(Named("Ada"), shadow, "Ada Okafor") == (id_of(0), {"person": "Ada"})


def test_an_unknown_name_is_unreadable_on_its_row() -> None:
    reading, texts = resolved(Named("Eve"), named("Ada"), "Ada")
    assert isinstance(reading, Unreadable)
    assert texts == {}


def test_ids_and_blanks_stay_as_they_are() -> None:
    assert resolved(id_of(0), None, "Ada") == (id_of(0), {})
    assert resolved(None, None, "Ada") == (None, {})


def test_a_name_where_no_reference_belongs_is_left_out() -> None:
    item = Item("goal", None, "row", {"title": Named("Ada"), "colour": Named("red")}, "row")
    assert resolve(item, GOAL, None, directory("Ada")) == {}
    assert item.fields == {}


def test_a_field_that_refers_to_nothing_is_no_reference() -> None:
    assert Field("title", GOAL.fields["title"].type).ref is None
