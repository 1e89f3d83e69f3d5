"""Which record an item is: every item becomes one record, every record one item; copies and lost ids are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncengine.connector import Item
from syncengine.core.match import Link, by_id, like, match, natural_key
from syncengine.core.shadow import Shadow
from syncengine.model.ids import derived_id
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Fields, Named, Unreadable
from syncengine.testing.clock import START

KINDS = all_kinds()
GOAL = KINDS["goal"]
ADA, GRACE = derived_id(START, "ada"), derived_id(START, "grace")


def id_of(number: int) -> str:
    return derived_id(START, str(number))


def item(number: int | None, handle: str, kind: str = "goal", **fields: Any) -> Item:
    return Item(kind, None if number is None else id_of(number), handle, fields, handle)


def shadow(number: int, handle: str, kind: str = "goal", stamp: bool = False, **held: Any) -> Shadow:
    return Shadow("notes", id_of(number), kind, handle, held, "agreed", stamp=stamp)


def shadows(*known: Shadow) -> dict[str, Shadow]:
    return {one.record: one for one in known}


def matched(
    rest: Iterable[Item],
    gone: Mapping[str, Shadow] | None = None,
    by_handle: Mapping[str, Shadow] | None = None,
    known: Mapping[str, str] | None = None,
    candidates: Mapping[str, Fields] | None = None,
) -> list[Link]:
    def named(_: str, first: str) -> Iterable[tuple[str, Fields]]:
        return [(id, f) for id, f in (candidates or {}).items() if str(f.get("title")).casefold() == first]

    return match(rest, KINDS, gone or {}, by_handle or {}, (known or {}).get, named)


ITEMS = st.lists(
    st.builds(
        lambda number, handle, title, kind: item(number, f"row {handle}", kind, title=title),
        st.none() | st.integers(0, 4), st.integers(0, 9), st.sampled_from([None, "A", "a", "B"]), st.sampled_from(["goal", "resource"]),
    ),
    max_size=7,
    unique_by=lambda one: one.handle,
)  # fmt: skip
SHADOWS = st.lists(
    st.builds(lambda number, handle, title: shadow(number, f"row {handle}", title=title),
              st.integers(0, 6), st.integers(0, 9), st.sampled_from(["A", "B"])),
    max_size=5, unique_by=lambda one: one.record,
)  # fmt: skip


@given(ITEMS, SHADOWS, st.dictionaries(st.integers(0, 6), st.sampled_from(["A", "B"]), max_size=3), st.data())
def test_every_item_becomes_one_record_and_every_record_one_item(
    items: list[Item], known: list[Shadow], others: dict[int, str], data: st.DataObject
) -> None:
    handles = [one.handle for one in items]
    links, rest = by_id(items, shadows(*known))
    assert sorted([link.item.handle for link in links] + [one.handle for one in rest]) == sorted(handles)
    seen = {link.record for link in links}
    gone = {one.record: one for one in known if one.record not in seen}
    places = {one.handle: one for one in gone.values() if data.draw(st.booleans())}
    linked = matched(rest, gone, places, {id_of(n): "goal" for n in range(5)},
                     {id_of(n): {"title": title} for n, title in others.items() if id_of(n) not in seen})  # fmt: skip
    assert [link.item.handle for link in linked] == [one.handle for one in rest]
    records = [link.record for link in (*links, *linked) if link.record is not None]
    assert len(set(records)) == len(records), "no record twice"
    for link in (*links, *linked):
        assert link.record is not None or (link.stamp and link.first)
        assert link.record == link.item.id or link.stamp or link in links, (
            "whoever becomes another record gets its id"
        )


@given(ITEMS, SHADOWS)
def test_an_id_belongs_to_one_item_only(items: list[Item], known: list[Shadow]) -> None:
    """A copied row keeps its content, and loses the id."""
    before = {one.handle: one.id for one in items}
    links, rest = by_id(items, shadows(*known))
    claimed = [one.id for one in (*(link.item for link in links), *rest) if one.id is not None]
    assert len(set(claimed)) == len(claimed)
    assert set(claimed) == {id for id in before.values() if id is not None}


def test_of_copies_the_one_in_the_known_place_is_the_original() -> None:
    for order in ((0, 1), (1, 0)):
        pair = [item(1, "row 1", title="A"), item(1, "row 9", title="A")]
        links, rest = by_id([pair[n] for n in order], shadows(shadow(1, "row 1", title="A")))
        assert [link.item.handle for link in links] == ["row 1"]
        assert [(one.handle, one.id) for one in rest] == [("row 9", None)]


def test_of_copies_in_new_places_the_one_that_changed_least_is_the_original() -> None:
    pair = [item(1, "row 8", title="B", why="x"), item(1, "row 9", title="A", why="x")]
    links, _ = by_id(pair, shadows(shadow(1, "row 1", title="A", why="x")))
    assert [link.item.handle for link in links] == ["row 9"]


def test_copies_of_what_nobody_knows_keep_the_id_once() -> None:
    links, rest = by_id([item(1, "row 1"), item(1, "row 2")], {})
    assert links == []
    assert sorted((one.handle, one.id) for one in rest) == [("row 1", id_of(1)), ("row 2", None)]


def test_an_id_that_was_edited_is_no_id() -> None:
    strange = Item("goal", "not an id", "row 1", {}, "row 1")
    _, (left,) = by_id([strange], {})
    assert left.id is None


def test_an_id_of_another_kind_is_looked_at_again() -> None:
    links, rest = by_id([item(1, "row 1", "resource")], shadows(shadow(1, "row 1")))
    assert links == []
    (link,) = matched(rest, known={id_of(1): "goal"})
    assert link.record is None, "a resource never becomes somebody's goal"


def test_an_id_still_to_be_written_is_remembered() -> None:
    ((link,), _) = by_id([item(1, "row 1")], shadows(shadow(1, "row 1", stamp=True)))
    assert link.stamp


# What by_id leaves over


def test_an_item_at_a_known_place_without_its_id_is_that_record() -> None:
    (link,) = matched(
        [item(None, "row 1", title="renamed as well")], by_handle={"row 1": shadow(1, "row 1", title="A")}
    )
    assert (link.record, link.stamp, link.first) == (id_of(1), True, False)


def test_a_row_that_was_moved_and_lost_its_id_is_no_deletion_and_no_stranger() -> None:
    (link,) = matched(
        [item(None, "row 9", title="learn  SQL", person=ADA)],
        gone=shadows(shadow(1, "row 1", title="Learn SQL", person=ADA)),
    )
    assert (link.record, link.stamp, link.first) == (id_of(1), True, False)


def test_where_two_lost_records_fit_nobody_guesses() -> None:
    lost = shadows(shadow(1, "row 1", title="A"), shadow(2, "row 2", title="A"))
    (link,) = matched([item(None, "row 9", title="A")], gone=lost)
    assert link.record is None


def test_without_a_natural_key_the_whole_content_has_to_be_the_same() -> None:
    lost = shadows(shadow(1, "row 1", "progress", on="2026-03-01", note="It ran.", percent=40))
    (same,) = matched(
        [item(None, "row 9", "progress", on="2026-03-01", note="It ran.", percent=None)], gone=lost
    )
    (other,) = matched([item(None, "row 9", "progress", on="2026-03-01", note="It ran!")], gone=lost)
    (blank,) = matched([item(None, "row 9", "progress", on=None)], gone=lost)
    assert [link.record for link in (same, other, blank)] == [id_of(1), None, None]


def test_a_stamped_stranger_keeps_its_id_so_that_a_lost_state_is_rebuilt() -> None:
    (link,) = matched([item(1, "row 1", title="A")])
    assert (link.record, link.stamp, link.first) == (id_of(1), False, True)


def test_first_contact_matches_by_natural_key() -> None:
    known: dict[str, Fields] = {
        id_of(1): {"title": "Learn SQL", "person": ADA},
        id_of(2): {"title": "Learn SQL", "person": GRACE},
    }
    (hers,) = matched([item(None, "row 1", title="LEARN sql", person=GRACE)], candidates=known)
    assert (hers.record, hers.stamp, hers.first) == (id_of(2), True, True)
    (whose,) = matched([item(None, "row 1", title="Learn SQL", person=None)], candidates=known)
    assert whose.record is None, "it could be either"
    (nobodys,) = matched(
        [item(None, "row 1", title="Learn SQL", person=derived_id(START, "eve"))], candidates=known
    )
    assert nobodys.record is None


def test_a_record_is_matched_once() -> None:
    known: dict[str, Fields] = {id_of(1): {"title": "Learn SQL"}}
    first, second = matched(
        [item(None, "row 1", title="Learn SQL"), item(None, "row 2", title="Learn SQL")], candidates=known
    )
    assert (first.record, second.record) == (id_of(1), None)


# Natural keys


def test_a_key_without_its_first_part_is_none() -> None:
    assert natural_key(GOAL, {"person": ADA}) is None
    assert natural_key(GOAL, {"title": Unreadable("x", "y"), "person": ADA}) is None
    assert natural_key(GOAL, {"title": Named("x")}) is None
    assert natural_key(KINDS["progress"], {"on": "2026-03-01"}) is None
    assert natural_key(GOAL, {"title": " Learn  SQL ", "person": Named("Ada")}) == ("learn sql", None)


@given(
    st.tuples(st.sampled_from("ab"), st.sampled_from([None, "x", "y"])),
    st.tuples(st.sampled_from("ab"), st.sampled_from([None, "x", "y"])),
)
def test_keys_are_alike_where_nothing_speaks_against_it(
    a: tuple[str, str | None], b: tuple[str, str | None]
) -> None:
    assert like(a, a)
    assert like(a, b) == like(b, a)
    assert like(a, b) == (a[0] == b[0] and (a[1] == b[1] or None in (a[1], b[1])))
