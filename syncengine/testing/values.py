"""Hypothesis strategies for what people write into a field, and for what the canonical records hold.

For property tests of the engine and of connectors; needs `hypothesis` installed.

    @given(anything(field.type))      # whatever a tool may hand to `read`
    @given(canonical(field))          # a value that a record's field may have, blank included
    @given(record(kind))              # a whole record
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from syncengine.model import fieldtypes as ft
from syncengine.model.ids import derived_id
from syncengine.model.kind import Field, Kind, Record
from syncengine.model.values import Locale, Value
from syncengine.testing.clock import START
from syncengine.testing.conformance import NASTY

_PLAIN = Locale()


def texts() -> st.SearchStrategy[str]:
    """Text of any characters, and the texts that have broken tools; short lines of few words, so that some are alike."""
    words = st.sampled_from(["one", "two", "three", "", " ", "\n", "\n\n", "four five", "=", "é", "e\u0301"])
    return st.one_of(
        st.text(max_size=40),
        st.sampled_from(sorted(NASTY.values())),
        st.lists(words, max_size=8).map("".join),
    )


def ids() -> st.SearchStrategy[str]:
    """Record ids; few, so that some are alike."""
    return st.integers(1, 9).map(lambda number: derived_id(START, str(number)))


def anything() -> st.SearchStrategy[Any]:
    """Whatever a tool may hand to a field type's `read`, sense or nonsense."""
    single = st.one_of(
        st.none(),
        st.booleans(),
        texts(),
        st.integers(),
        st.integers(-(10**4000), 10**4000),
        st.floats(),
        st.dates(),
        st.datetimes(timezones=st.none() | st.timezones()),
        st.from_regex(r"[+-]?[0-9]{1,6}([.,'  ][0-9]{1,4}){0,2} ?%?", fullmatch=True),
        st.from_regex(r"[0-9]{1,4}([./-])[0-9]{1,2}([./-])[0-9]{2,4}([ T][0-9]{1,2}:[0-9]{2}Z?)?", fullmatch=True),
    )  # fmt: skip
    return single | st.lists(single, max_size=3)


def canonical(field: Field) -> st.SearchStrategy[Value]:
    """A canonical value of the field's type: blank, or what `read` makes of something that a person may mean."""
    return st.none() | _meant(field.type)


def filled(field: Field) -> st.SearchStrategy[Value]:
    """As `canonical`, never blank."""
    return _meant(field.type).filter(lambda value: value is not None)


def record(kind: Kind, id: str | None = None) -> st.SearchStrategy[Record]:
    """A living record of the kind with every field, some blank."""
    fields = st.fixed_dictionaries({name: canonical(field) for name, field in kind.fields.items()})
    made = st.just(id) if id else ids()
    return st.builds(Record, made, st.just(kind.name), fields)


@cache
def _meant(type: ft.FieldType) -> st.SearchStrategy[Value]:
    return _raw(type).map(lambda raw: type.read(raw, _PLAIN)).filter(_is_value)  # type: ignore[return-value]  # as filtered


def _is_value(read: object) -> bool:
    return read is None or isinstance(read, str | int | float | list)


def _raw(type: ft.FieldType) -> st.SearchStrategy[Any]:
    if isinstance(type, ft.Number):
        least, most = type.least, type.most
        whole = st.integers(int(-(10**6) if least is None else least), int(10**6 if most is None else most))
        decimal = st.floats(least, most, allow_nan=False, allow_infinity=False)
        return whole | (
            decimal.map(lambda number: f"{number!r} %") if isinstance(type, ft.Percent) else decimal
        )
    if isinstance(type, ft.Refs):
        return st.lists(ids(), max_size=4)
    if isinstance(type, ft.Ref):
        return ids()
    if isinstance(type, ft.Choices):
        return st.lists(st.sampled_from(type.options))
    if isinstance(type, ft.Choice):
        return st.sampled_from(type.options)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "flag": st.booleans(),
        "date": st.dates(),
        "instant": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - read as UTC
        "email": st.emails(),
    }
    return simple.get(type.name, texts())
