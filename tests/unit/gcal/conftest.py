"""A stand-in calendar, held to the contract and to recorded traffic where the shared material is at hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from syncengine.testing.clock import Clock
from syncengine_gcal.sandbox import CalendarSandbox
from tests.unit.gcal.stage import SHARED, hold_to_contract


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[CalendarSandbox]:
    with hold_to_contract(CalendarSandbox(clock)) as server:
        yield server


@pytest.fixture
def recording() -> Callable[[str], Any]:
    """A recorded body by its name, without `.json`."""
    folder = SHARED / "recordings" / "gcal"
    if not folder.exists():
        pytest.skip("the recorded traffic is not at hand (../shared)")
    return lambda name: json.loads((folder / f"{name}.json").read_text("utf-8"))
