"""When something was as it is shown now."""

from operator import eq

from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.rewind import NEVER, Span, moment, went_back

STEPS = [(3, None, "a"), (5, "a", "b"), (9, "b", "c")]


def test_a_value_that_was_there_once_says_when() -> None:
    assert went_back("b", STEPS, 1, eq) == Span(5, 9)
    assert went_back("a", STEPS, 1, eq) == Span(3, 5)
    assert went_back(None, STEPS, 1, eq) == Span(1, 3)


def test_what_was_never_there_was_never() -> None:
    assert went_back("d", STEPS, 1, eq) == NEVER
    assert went_back("c", STEPS, 1, eq) == NEVER, "it is what was there last"
    assert went_back(None, STEPS, 3, eq) == NEVER, "before it was born it was not blank"


def test_the_moment_is_that_of_most() -> None:
    assert moment([Span(1, 5), Span(3, 9), Span(4, 6), Span(7, 9)]) == (4, 3)
    assert moment([]) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda pair: Span(*pair)), max_size=12))
def test_no_run_has_more(spans: list[Span]) -> None:
    run, most = moment(spans)
    assert most == max((sum(span.has(one) for span in spans) for one in range(21)), default=0)
    assert sum(span.has(run) for span in spans) == most
