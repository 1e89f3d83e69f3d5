"""How many examples the property tests try: few and always the same by default, many with
`--hypothesis-profile=thorough`."""

import signal

import pytest
from hypothesis import HealthCheck, settings

from syncengine import secret

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}

settings.register_profile("steady", derandomize=True, max_examples=60, database=None, **_COMMON)
settings.register_profile("thorough", max_examples=2000, print_blob=True, **_COMMON)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test looked up as a secret is an ordinary word in the next."""
    monkeypatch.setattr(secret, "_seen", {})


@pytest.fixture(autouse=True, scope="session")
def _hears_an_interrupt() -> None:
    """A shell's background job and everything it starts is deaf to Ctrl-C, and so would be what the tests interrupt."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
