"""The declaration of the model is complete, and keeps what mentorship promises about who sees what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field, Kind
from syncengine.model.kinds import all_kinds, models
from syncengine.model.values import Locale, Unreadable
from syncengine.testing.values import record

KINDS = all_kinds()
FIELDS = [(kind, field) for kind in KINDS.values() for field in kind.fields.values()]
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
every_field = pytest.mark.parametrize(
    ("kind", "field"), FIELDS, ids=[f"{kind.name}.{field.name}" for kind, field in FIELDS]
)

# What is for the two alone (mentorship: points 2 and 9), and nothing else.
PAIR_ONLY = {"feedback": "all", "reflection": "all", "checkin": {"notes"}}

# Labels that say it all; every other field explains itself to somebody who meets it for the first time.
PRACTICE = {
    "person": {"offers", "wants"},
    "goal": {"title", "why", "success", "start", "now", "target", "unit", "due", "status", "percent", "review_on",
             "confidence_start", "confidence_now", "confidence_end", "needs_expert"},
    "progress": {"on", "percent", "note", "blocker", "needs_expert"},
    "agreement": {"frequency", "length", "channel", "topics_in", "topics_out", "feedback_style", "confidentiality",
                  "cancel_rule", "conflict_rule", "exit_rule", "ends_on", "agreed_by"},
    "commitment": {"what", "who", "due", "done", "carried"},
    "feedback": {"giver", "receiver", "frame", "words", "answered"},
    "resource": {"title", "link", "type", "by", "goal", "worth", "verified_by"},
    "checkin": {"starts", "status", "lead", "attended", "format"},
    "reflection": {"what", "so_what", "now_what", "pattern"},
    "win": {"on", "who", "size", "goal", "noticed_by", "strength"},
    "pair": {"members", "every", "first_meeting", "time", "zone", "minutes", "link", "until"},
}  # fmt: skip
"""What the points of the practice ask for."""


@every_kind
def test_a_kind_says_what_it_is_for(kind: Kind) -> None:
    assert kind.label
    assert kind.plural
    assert kind.help.endswith(".")
    for name in (*kind.title, *kind.natural_key, *kind.owner):
        assert name in kind.fields
    assert kind.title, "people have to be able to name it"
    if kind.body is not None:
        assert isinstance(kind.fields[kind.body].type, ft.RichText)
    if kind.private_if is not None:
        assert isinstance(kind.fields[kind.private_if].type, ft.Flag)


@every_kind
def test_everything_leads_to_its_pair(kind: Kind) -> None:
    for name in kind.owner:
        assert kind.fields[name].ref in KINDS
    assert kind.owner or kind.name in ("person", "pair")


@every_kind
def test_labels_and_headings_mean_one_field_each(kind: Kind) -> None:
    labels = [field.label.casefold() for field in kind.fields.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)
    for field in kind.fields.values():
        for alias in field.aliases:
            others = [other.label.casefold() for other in kind.fields.values() if other is not field]
            assert alias not in others, "an alias never hides another field's own heading"


@every_field
def test_a_default_is_a_value_of_its_field(kind: Kind, field: Field) -> None:
    declared = kind.fields[field.name]
    if declared.default is not None:
        assert declared.type.read(declared.default, Locale()) == declared.default


@every_field
def test_a_reference_leads_to_a_kind_that_exists(kind: Kind, field: Field) -> None:
    declared = kind.fields[field.name]
    assert declared.ref is None or declared.ref in KINDS
    if isinstance(declared.type, ft.Choice):
        assert declared.type.options
        folded = {option.replace("-", " ").casefold() for option in declared.type.options}
        assert len(folded) == len(declared.type.options)
        assert not any(set(option) & set(",;\n") for option in declared.type.options), "lists are split there"


@every_field
def test_scales_say_their_bounds_and_what_is_computed_says_so(kind: Kind, field: Field) -> None:
    declared = kind.fields[field.name]
    bounded = isinstance(declared.type, ft.Number) and declared.type.most in (5, 10)
    if bounded:
        assert declared.help, "a scale without its ends is a guess"
    if declared.computed:
        assert declared.default is None


@every_kind
def test_what_is_the_pairs_own(kind: Kind) -> None:
    own = PAIR_ONLY.get(kind.name, set())
    if own == "all":
        assert kind.audience == "pair"
        return
    assert kind.audience == "program"
    assert {field.name for field in kind.fields.values() if field.audience == "pair"} == own


@pytest.mark.parametrize("name", PRACTICE)
def test_every_point_of_the_practice_has_its_field(name: str) -> None:
    assert PRACTICE[name] <= KINDS[name].fields.keys()


def test_peers_are_equal() -> None:
    words = [
        text
        for kind, field in FIELDS
        for text in (kind.name, kind.label, field.name, field.label, field.help)
    ]
    assert not any("mentor" in word.casefold() or "mentee" in word.casefold() for word in words)
    assert KINDS["pair"].fields["members"].type.many


@given(st.data())
def test_a_record_of_any_kind_is_a_valid_model_of_it(data: st.DataObject) -> None:
    """The pydantic models and the field types say the same about what a value is."""
    kind = data.draw(st.sampled_from(list(KINDS)))
    made = data.draw(record(KINDS[kind]))
    again = models()[kind].model_validate(made.fields).model_dump()
    assert again == made.fields


@given(st.data())
def test_every_value_of_a_record_is_read_as_itself(data: st.DataObject) -> None:
    kind, field = data.draw(st.sampled_from(FIELDS))
    value = data.draw(record(kind)).fields[field.name]
    shown = field.type.read(field.type.show(value, Locale()), Locale())
    assert not isinstance(shown, Unreadable)
    assert shown == value
