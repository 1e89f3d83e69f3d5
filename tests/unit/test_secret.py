"""Secrets are looked up where the config says, a missing one is told with its remedy, and none is ever shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from syncengine import secret
from syncengine.errors import ConfigError
from syncengine.secret import discreet, hide, look_up


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("it is locked; open-sesame would open it")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    found = Ring()
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


def test_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOKEN", "open-sesame")
    assert look_up("env:TOKEN", str(tmp_path)) == "open-sesame"
    monkeypatch.delenv("TOKEN")
    with pytest.raises(ConfigError, match="has no variable TOKEN") as caught:
        look_up("env:TOKEN", str(tmp_path))
    assert (caught.value.where, caught.value.remedy) == ("env:TOKEN", "Set TOKEN before you run mentorsync.")


def test_a_file_beside_the_config_or_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("  open-sesame\n\n", "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("token", "./token", str(tmp_path / "token"), "~/token"):
        assert look_up(f"file:{name}", str(tmp_path)) == "open-sesame"


@pytest.mark.parametrize(
    ("name", "why"), [("nowhere", "No such file"), (".", "directory"), ("binary", "not text in UTF-8")]
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00secret")
    with pytest.raises(ConfigError, match=why) as caught:
        look_up(f"file:{name}", str(tmp_path))
    assert (caught.value.where, caught.value.remedy) == (f"file:{name}", "Check the path and its rights.")


def test_the_keyring(ring: Ring) -> None:
    with pytest.raises(ConfigError, match="no entry notion") as caught:
        look_up("keyring:notion", ".")
    assert caught.value.remedy == "Store it: keyring set mentorsync notion"
    keyring.set_password("mentorsync", "notion", "open-sesame")
    assert look_up("keyring:notion", ".") == "open-sesame"


def test_a_locked_keyring_is_told_without_what_it_says(ring: Ring) -> None:
    ring.locked = True
    with pytest.raises(ConfigError, match="can't be read: KeyringLocked") as caught:
        look_up("keyring:notion", ".")
    assert caught.value.where == "keyring:notion"
    assert "sesame" not in str(caught.value)
    assert "env:NAME" in caught.value.remedy


def test_a_machine_without_a_keyring_says_what_to_use_instead() -> None:
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        with pytest.raises(ConfigError, match="NoKeyringError") as caught:
            look_up("keyring:notion", ".")
    finally:
        keyring.set_keyring(before)
    assert "file:PATH" in caught.value.remedy


@pytest.mark.parametrize(
    "value",
    ["notes", "https://example.org", "C:\\notes", "environment:x", "ENV:x", "a:env:x", "", ":", "env"],
)
def test_anything_else_is_itself(value: str) -> None:
    assert look_up(value, ".") == value
    assert discreet(f"as {value} is") == f"as {value} is"


def test_a_name_with_a_colon_is_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A:B", "open-sesame")
    assert look_up("env:A:B", ".") == "open-sesame"


def test_what_was_looked_up_is_shown_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "open-sesame")
    look_up("env:TOKEN", ".")
    assert discreet("401 for open-sesame at /open-sesame/") == "401 for env:TOKEN at /env:TOKEN/"


@given(
    st.lists(st.text("abc", min_size=4, max_size=9), min_size=1, max_size=4, unique=True),
    st.text("abcd ", max_size=30),
)
def test_no_part_of_a_secret_is_shown_whichever_others_there_are(secrets: list[str], around: str) -> None:
    secret._seen.clear()
    for number, one in enumerate(secrets):
        hide(one, f"<{number}>")
    shown = discreet(f"{around}{' '.join(secrets)}{around}")
    assert not any(one in shown for one in secrets)
    longest = max(secrets, key=len)
    assert discreet(f"-{longest}-") == f"-<{secrets.index(longest)}>-", (
        "whole, and not only as far as a shorter one"
    )


def test_a_word_of_three_letters_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "the")
    assert look_up("env:TOKEN", ".") == "the"
    assert discreet("the place") == "the place"
