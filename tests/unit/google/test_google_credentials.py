"""Signing in: every way a config can name, what is wrong with it, and secrets that stay secret."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import responses
from google.oauth2.credentials import Credentials

from syncengine.errors import AccessError, ConfigError
from syncengine.secret import discreet
from syncengine_google import credentials
from syncengine_google.credentials import SignIn, identity, sign_in

SCOPES = ("https://www.googleapis.com/auth/drive.file",)
CLIENT = {
    "installed": {
        "client_id": "me.apps",
        "client_secret": "planted-client-secret",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
}


def signed(said: object, base: Path, **more: Any) -> SignIn:
    return sign_in({"credentials": said, **more}, str(base))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (None, "is missing"),
        (7, "has to be text"),
        ("", "has to be text"),
        ("ouath", "none of the ways"),
        ("token:ya29.secret", "never written into the config"),
        ("oauth", "needs oauth_client"),
        ("{}", "no key of a service account"),
        ("{not json", "not JSON"),
    ],
)
def test_what_is_wrong_is_said(said: object, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=wrong) as told:
        signed(said, tmp_path)
    assert "ya29.secret" not in str(told.value)


def test_a_token_is_looked_up_when_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    how = signed("token:env:SHEETS_TOKEN", tmp_path)
    monkeypatch.delenv("SHEETS_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="SHEETS_TOKEN"):
        identity(how, SCOPES, str(tmp_path))
    monkeypatch.setenv("SHEETS_TOKEN", "planted-access-token")
    found = identity(how, SCOPES, str(tmp_path))
    assert found.credentials.token == "planted-access-token"
    assert discreet("Bearer planted-access-token") == "Bearer env:SHEETS_TOKEN"


def service_key() -> dict[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "client_email": "robot@project.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        "private_key": pem.decode(),
    }


def test_a_service_accounts_key(tmp_path: Path) -> None:
    key = service_key()
    (tmp_path / "key.json").write_text(json.dumps(key))
    how = signed("file:key.json", tmp_path)
    assert how == signed(json.dumps(key), tmp_path), "the engine hands over the file's text"
    found = identity(how, SCOPES, str(tmp_path))
    assert found.who == "the service account robot@project.iam.gserviceaccount.com"
    assert key["private_key"] not in repr(how)
    assert key["private_key"] not in discreet(f"oops: {key['private_key']}")


def test_a_damaged_key_is_told_without_it(tmp_path: Path) -> None:
    how = signed(json.dumps({"type": "service_account", "private_key": "planted-private-key"}), tmp_path)
    with pytest.raises(AccessError, match="can't be used") as told:
        identity(how, SCOPES, str(tmp_path))
    assert "planted" not in str(told.value)


def person(tmp_path: Path) -> SignIn:
    return signed("oauth", tmp_path, oauth_client=json.dumps(CLIENT))


def test_a_person_is_asked_only_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(AccessError, match="nobody is signed in") as told:
        identity(person(tmp_path), SCOPES, str(tmp_path), str(tmp_path / "kept"))
    assert "doctor in a terminal" in told.value.remedy


def test_a_persons_sign_in_is_kept_for_them_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Credentials(
        "access",
        refresh_token="planted-refresh-token",
        client_id="me.apps",
        client_secret="planted-client-secret",
        token_uri="https://oauth2.googleapis.com/token",
        scopes=list(SCOPES),
    )
    asked: list[object] = []
    monkeypatch.setattr(credentials, "_ask", lambda *_: asked.append(1) or fresh)
    store = tmp_path / "kept"
    identity(person(tmp_path), SCOPES, str(tmp_path), str(store))
    [kept] = store.iterdir()
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    with responses.RequestsMock() as google:
        google.post("https://oauth2.googleapis.com/token", json={"access_token": "next", "expires_in": 3600})
        again = identity(person(tmp_path), SCOPES, str(tmp_path), str(store))
    assert again.credentials.token in ("access", "next")
    assert asked == [1]
    assert "planted" not in discreet("planted-refresh-token planted-client-secret")


def test_a_sign_in_that_ran_out_is_asked_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "kept"
    path = credentials._path("me.apps", SCOPES, str(store))
    store.mkdir()
    Path(path).write_text(
        json.dumps(
            {"refresh_token": "old-refresh", "client_id": "me.apps", "client_secret": "planted-client-secret"}
        )
    )
    fresh = Credentials("access", refresh_token="new-refresh")
    monkeypatch.setattr(credentials, "_ask", lambda *_: fresh)
    with responses.RequestsMock() as google:
        google.post("https://oauth2.googleapis.com/token", status=400, json={"error": "invalid_grant"})
        found = identity(person(tmp_path), SCOPES, str(tmp_path), str(store))
    assert found.credentials is fresh
    assert "new-refresh" in Path(path).read_text()
