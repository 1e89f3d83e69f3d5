"""Field-level N-way merge: the order of the replicas does not matter, repeating changes nothing, no word is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.delta import Edit
from syncengine.core.merge import Candidate, Merged, merge_field
from syncengine.core.shadow import MISSING
from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field
from syncengine.model.moments import moment
from syncengine.model.values import Value

DAY = "2026-03-02T09:00:{:02}Z"
PRECISIONS = (None, timedelta(seconds=1), timedelta(seconds=10))
POOLS: dict[str, tuple[ft.FieldType, Sequence[Value]]] = {
    "text": (ft.Text(), (None, "a", "b", "c", "d")),
    "rich text": (ft.RichText(), (None, "a\n\nb\n\nc", "a\n\nb\n\nc\n\nd", "x\n\na\n\nb\n\nc", "a\n\nB\n\nc", "all new")),
    "number": (ft.Number(), (None, 0, 1, 2.5)),
    "flag": (ft.Flag(), (None, False, True)),
    "date": (ft.Date(), (None, "2026-03-01", "2026-03-02", "2026-04-01")),
    "email": (ft.Email(), (None, "ada@example.org", "Ada@Example.org", "grace@example.org")),
    "refs": (ft.Refs(to="person"), (None, ["a"], ["a", "b"], ["b", "c"], ["d"])),
}  # fmt: skip


@st.composite
def fields(draw: st.DrawFn) -> Field:
    name = draw(st.sampled_from(sorted(POOLS)))
    return Field(name, POOLS[name][0])


@st.composite
def cases(draw: st.DrawFn, *, seen: bool = False) -> tuple[Field, Value, list[Edit]]:
    """A field, its value, and what one to four replicas made of it; with `seen`, all starting from that value."""
    field = draw(fields())
    values = st.sampled_from(POOLS[field.name][1])
    current = draw(values)
    edits = []
    for rank in range(draw(st.integers(1, 4))):
        before = current if seen else draw(st.one_of(st.just(current), values, st.just(MISSING)))
        precision = draw(st.sampled_from(PRECISIONS))
        when = DAY.format(draw(st.integers(0, 30))) if draw(st.booleans()) else None
        after = draw(values.filter(lambda value: before is MISSING or not field.type.equal(value, before)))  # noqa: B023
        edits.append(
            Edit(field.name, before, after, f"replica {rank}", rank, when, precision, f"person {rank}")
        )
    return field, current, edits


def origins(current: Value) -> st.SearchStrategy[Candidate | None]:
    known = st.builds(Candidate, st.just(current), st.just("replica 9"), st.just(9), st.sampled_from([None, DAY.format(5)]),
                      st.sampled_from(PRECISIONS))  # fmt: skip
    return st.none() | known if current is not None else st.none()


@given(cases(), st.data())
def test_the_order_of_the_replicas_does_not_matter(
    case: tuple[Field, Value, list[Edit]], data: st.DataObject
) -> None:
    field, current, edits = case
    origin = data.draw(origins(current))
    merged = merge_field(field, current, edits, origin)
    assert merge_field(field, current, data.draw(st.permutations(edits)), origin) == merged


@given(cases(), st.data())
def test_no_word_is_lost(case: tuple[Field, Value, list[Edit]], data: st.DataObject) -> None:
    """Whatever somebody wrote is the record's, or part of it, or in the conflict."""
    field, current, edits = case
    origin = data.draw(origins(current))
    merged = merge_field(field, current, edits, origin)
    words = [edit.after for edit in edits if not field.type.equal(edit.after, None)]
    if not field.type.equal(current, None) and not any(_saw(field, edit, current) for edit in edits):
        words.append(current)  # nobody who changed it had seen it
    for word in words:
        assert _kept(field, word, current, edits, merged), f"{word!r} is nowhere in {merged}"


def _kept(field: Field, word: Value, current: Value, edits: Sequence[Edit], merged: Merged) -> bool:
    told = [merged.value]
    if merged.conflict is not None:
        told += [merged.conflict.kept.value, *(one.value for one in merged.conflict.lost)]
    if any(field.type.equal(word, value) for value in told):
        return True
    if merged.rule == "merged":
        return _parts(word) <= _parts(merged.value) | _removed(current, edits)
    # What stood there was written over by somebody who had seen it: it is in the history.
    return field.type.equal(word, current) and any(_saw(field, edit, current) for edit in edits)


def _saw(field: Field, edit: Edit, current: Value) -> bool:
    return edit.before is not MISSING and field.type.equal(edit.before, current)  # type: ignore[arg-type]


def _parts(value: Value) -> set[str]:
    return set(value) if isinstance(value, list) else {line for line in str(value or "").split("\n") if line}


def _removed(current: Value, edits: Sequence[Edit]) -> set[str]:
    return {
        part
        for e in edits
        if e.before is not MISSING
        for part in _parts(e.before) - (_parts(e.after) & _parts(current))
    }  # type: ignore[arg-type]


@given(cases(), st.data())
def test_merging_again_changes_nothing(case: tuple[Field, Value, list[Edit]], data: st.DataObject) -> None:
    field, current, edits = case
    """A run that finds the very same edits once more comes to the same value."""
    timed = data.draw(
        st.booleans()
    )  # where only some clocks are told, the value may be somebody else's as well
    edits = [
        replace(edit, when=DAY.format(edit.rank * 7 % 5), precision=timedelta(seconds=1))
        if timed
        else replace(edit, when=None)
        for edit in edits
        if not field.type.equal(edit.after, current)
    ]
    merged = merge_field(
        field, current, edits, Candidate(current, "replica 9", 9, DAY.format(3), timedelta(seconds=1))
    )
    edits = [
        edit for edit in edits if edit.before is MISSING or not field.type.equal(edit.before, merged.value)
    ]  # type: ignore[arg-type]
    kept = merged.conflict.kept if merged.conflict else None
    if (
        merged.rule == "merged"
    ):  # what fitted once is asked about, if anything: it never falls apart by itself
        edits = [replace(edit, before=merged.value) for edit in edits if edit.after == merged.value]
    elif merged.conflict is None:
        edits = [edit for edit in edits if field.type.equal(edit.after, merged.value)]
    again = merge_field(field, merged.value, edits, kept)
    assert field.type.equal(again.value, merged.value) or again.rule == "merged", "or fits more of it in"


@given(cases(seen=True))
def test_one_edit_alone_is_the_value(case: tuple[Field, Value, list[Edit]]) -> None:
    field, current, edits = case
    merged = merge_field(field, current, edits[:1])
    assert field.type.equal(merged.value, edits[0].after)
    assert merged.conflict is None
    assert merged.rule == (None if field.type.equal(edits[0].after, current) else "edited")


@given(cases(seen=True))
def test_agreement_is_no_conflict(case: tuple[Field, Value, list[Edit]]) -> None:
    field, current, edits = case
    alike = [replace(edit, after=edits[0].after) for edit in edits]
    merged = merge_field(field, current, alike)
    assert merged.conflict is None
    assert field.type.equal(merged.value, edits[0].after)


@given(st.data())
def test_sets_merge_as_sets(data: st.DataObject) -> None:
    sets = st.sets(st.sampled_from("abcdef"))
    current, after = data.draw(sets), data.draw(st.lists(sets, min_size=1, max_size=4))
    ranks = data.draw(st.permutations(range(len(after))))
    edits = [Edit("members", sorted(current) or None, sorted(one) or None, f"r{rank}", rank)
             for rank, one in zip(ranks, after, strict=True)]  # fmt: skip
    merged = merge_field(Field("members", ft.Refs(to="person")), sorted(current) or None, edits)
    added, removed = (
        set[str]().union(*(one - current for one in after)),
        set[str]().union(*(current - one for one in after)),
    )
    assert set(merged.value or ()) == (current - removed) | added  # type: ignore[arg-type]
    assert merged.conflict is None


@given(st.data())
def test_edits_of_different_places_of_a_long_text_all_stay(data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True))
    ranks = data.draw(st.permutations(range(len(places))))
    paragraphs = [f"Paragraph {number}." for number in range(10)]
    base = "\n\n".join(paragraphs)
    edits = []
    for rank, place in zip(ranks, places, strict=True):
        changed = [*paragraphs[:place], f"Rewritten {place}.", *paragraphs[place + 1 :]]
        edits.append(Edit("notes", base, "\n\n".join(changed), f"r{rank}", rank))
    merged = merge_field(Field("notes", ft.RichText()), base, edits)
    assert merged.conflict is None
    assert merged.value == "\n\n".join(
        f"Rewritten {n}." if n in places else f"Paragraph {n}." for n in range(10)
    )


TEXT = Field("title", ft.Text())


def edit(
    replica: int, after: Value, second: int | None = None, precision: int = 1, before: object = "old"
) -> Edit:
    when = None if second is None else DAY.format(second)
    return Edit(
        "title", before, after, f"r{replica}", replica, when, timedelta(seconds=precision), f"p{replica}"
    )  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from([1, 5, 20])), min_size=2, max_size=4))
def test_no_earlier_edit_beats_a_later_one_that_the_clocks_can_tell_apart(
    times: list[tuple[int, int]],
) -> None:
    edits = [edit(rank, f"v{rank}", second, precision) for rank, (second, precision) in enumerate(times)]
    merged = merge_field(TEXT, "old", edits)
    assert merged.conflict is not None
    kept = merged.conflict.kept
    blur = timedelta(seconds=max(precision for _, precision in times))
    newest = max(moment(e.when or "") for e in edits)
    assert newest - moment(kept.when or "") <= blur
    late = [e for e in edits if newest - moment(e.when or "") <= blur]
    assert kept.rank == min(e.rank for e in late)
    assert merged.rule == ("newest" if len(late) == 1 else "order")


def test_the_newest_wins_whatever_its_rank_and_the_other_is_kept_with_who_and_when() -> None:
    merged = merge_field(TEXT, "old", [edit(0, "first", 10), edit(1, "second", 20)])
    assert (merged.value, merged.rule) == ("second", "newest")
    assert merged.conflict is not None
    assert merged.conflict.base == "old"
    assert merged.conflict.lost == (Candidate("first", "r0", 0, DAY.format(10), timedelta(seconds=1), "p0"),)


@pytest.mark.parametrize(("a", "b"), [((10, 20), (20, 20)), ((None, 1), (20, 1)), ((10, 1), (None, 1))])
def test_where_the_clocks_cannot_tell_the_programs_order_does(
    a: tuple[int | None, int], b: tuple[int | None, int]
) -> None:
    merged = merge_field(TEXT, "old", [edit(1, "second", *b), edit(0, "first", *a)])
    assert (merged.value, merged.rule) == ("first", "order")


def test_a_text_beats_an_emptied_field_and_nobody_is_asked() -> None:
    merged = merge_field(TEXT, "old", [edit(0, None, 20), edit(1, "new", 10)])
    assert (merged.value, merged.rule, merged.conflict) == ("new", "text kept", None)


def test_what_stands_there_is_kept_before_an_older_blank() -> None:
    merged = merge_field(TEXT, "current", [edit(0, None, before="older")], Candidate("current", "r1", 1))
    assert (merged.value, merged.rule, merged.conflict) == ("current", None, None)


def test_a_value_that_comes_to_an_empty_field_at_first_contact_fills_it() -> None:
    merged = merge_field(TEXT, None, [edit(0, "new", before=MISSING)])
    assert (merged.value, merged.rule, merged.conflict) == ("new", "filled", None)


def test_two_values_at_first_contact_are_a_conflict_with_whoever_wrote_the_first() -> None:
    wrote = Candidate("current", "r0", 0, DAY.format(1), timedelta(seconds=1), "p0")
    merged = merge_field(TEXT, "current", [edit(1, "other", 9, before=MISSING)], wrote)
    assert (merged.value, merged.rule) == ("other", "newest")
    assert merged.conflict is not None
    assert merged.conflict.lost == (wrote,)
