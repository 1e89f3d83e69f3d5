"""The in-memory connectors of every strength, found as anybody's plug-in would be."""

from collections.abc import Iterator

import pytest

from syncengine.testing.plugged import plugged


@pytest.fixture(scope="session", autouse=True)
def _strengths() -> Iterator[None]:
    with plugged():
        yield
