"""Every way to sign in, through Google's own libraries over real HTTP to servers on this machine, up to a first call."""

from __future__ import annotations

import json
import threading
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from syncengine.errors import AccessError
from syncengine.secret import discreet
from syncengine.testing.loopback import Answer, Loopback, Request
from syncengine_google.calls import Caller
from syncengine_google.credentials import Identity, identity, sign_in
from syncengine_google.session import Session
from syncengine_sheets.client import Client
from syncengine_sheets.sandbox import Sandbox
from tests.unit.google.test_google_credentials import SCOPES, service_key

FRESH = "planted-fresh-token"
CODE = "planted-code"


class Accounts(Loopback):
    """Google's token endpoint, its consent page's answer, and the metadata server of a cloud machine."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.asked: list[dict[str, str]] = []
        self.refuses = ""

    def _answer(self, request: Request) -> Answer:
        if request.path == "/token":
            self.asked.append({name: found[-1] for name, found in parse_qs(request.body.decode()).items()})
            if self.refuses:
                return Answer(400, {"error": self.refuses, "error_description": "Account not found"})
            said = {"access_token": FRESH, "expires_in": 3600, "token_type": "Bearer", "refresh_token": "planted-refresh",
                    "scope": " ".join(SCOPES)}  # fmt: skip
            return Answer(200, said)
        here = {"Metadata-Flavor": "Google"}
        if request.path.endswith("/token"):
            return Answer(200, {"access_token": FRESH, "expires_in": 3600, "token_type": "Bearer"}, here)
        if request.path.endswith("/project-id"):
            return Answer(200, b"our-project", here)
        if "service-accounts" in request.path:
            account = {"email": "machine@our-project.iam.gserviceaccount.com", "scopes": list(SCOPES)}
            return Answer(200, {**account, "aliases": ["default"]}, here)
        return Answer(200, b"", here)


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Accounts]:
    """Nothing of this machine's own sign-ins is looked at."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCE_METADATA_HOST", "GCE_METADATA_IP"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with Accounts() as accounts:
        yield accounts


def works(who: Identity, project: str | None = None) -> bool:
    """Whether a first call with it is let in: only with the token that the accounts gave out, for this quota project."""
    with Sandbox() as sandbox:
        sandbox.token = FRESH
        sheet = sandbox.make("Ours")
        sandbox.inspect = lambda request, _answer: _billed(request, project)
        session = Session(who, sandbox.address)
        try:
            request = session.service("sheets", "v4").spreadsheets().get(spreadsheetId=sheet.id)
            return bool(Caller("the sheet", who.who)(request)["properties"]["title"] == "Ours")
        finally:
            session.close()


def _billed(request: Request, project: str | None) -> None:
    assert request.headers.get("x-goog-user-project") == project


def key(accounts: Accounts) -> str:
    return json.dumps({**service_key(), "token_uri": f"{accounts.address}/token"})


def test_a_service_accounts_key_gets_a_token_and_is_let_in(accounts: Accounts, tmp_path: Path) -> None:
    who = identity(sign_in({"credentials": key(accounts)}, str(tmp_path)), SCOPES, str(tmp_path))
    assert works(who)
    assert accounts.asked[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_the_default_credentials_of_an_environment(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adc.json").write_text(key(accounts))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "adc.json"))
    who = identity(sign_in({"credentials": "adc"}, str(tmp_path)), SCOPES, str(tmp_path))
    assert who.who == "the service account robot@project.iam.gserviceaccount.com"
    assert works(who)


def test_the_default_credentials_of_a_cloud_machine(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = accounts.address.removeprefix("http://")
    monkeypatch.delenv("NO_GCE_CHECK")
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP"):
        monkeypatch.setenv(name, host)
    who = identity(sign_in({"credentials": "adc"}, str(tmp_path)), SCOPES, str(tmp_path))
    assert who.who == "the account of this machine"
    assert works(who)


def test_a_machine_without_default_credentials_is_told_what_to_run(
    accounts: Accounts, tmp_path: Path
) -> None:
    with pytest.raises(AccessError, match="not signed in") as told:
        identity(sign_in({"credentials": "adc"}, str(tmp_path)), SCOPES, str(tmp_path))
    assert "gcloud auth application-default login" in told.value.remedy


def test_default_credentials_in_a_broken_file_are_told_without_it(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adc.json").write_text('{"type": "service_account", "private_key": "planted-private"}')
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "adc.json"))
    with pytest.raises(AccessError) as told:
        identity(sign_in({"credentials": "adc"}, str(tmp_path)), SCOPES, str(tmp_path))
    assert "planted" not in str(told.value)


def test_an_account_that_was_deleted_is_told_with_the_first_call(accounts: Accounts, tmp_path: Path) -> None:
    who = identity(sign_in({"credentials": key(accounts)}, str(tmp_path)), SCOPES, str(tmp_path))
    accounts.refuses = "invalid_grant"
    with pytest.raises(AccessError, match="run out or was withdrawn"):
        works(who)


def test_a_person_signs_in_in_the_browser_once(
    accounts: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The installed-app flow: consent in the browser, the answer to a server of ours, a code for a token."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the token endpoint is on this machine
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    opened: list[dict[str, list[str]]] = []

    class Browser:
        def open(self, url: str, **_: object) -> bool:
            said = parse_qs(urlsplit(url).query)
            opened.append(said)
            back = f"{said['redirect_uri'][0]}?{urlencode({'code': CODE, 'state': said['state'][0], 'scope': SCOPES[0]})}"
            threading.Thread(target=lambda: urllib.request.urlopen(back).read()).start()
            return True

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    monkeypatch.setattr(webbrowser, "get", lambda *_: Browser())
    monkeypatch.setattr("sys.stdin", Terminal())
    client = {"installed": {"client_id": "me.apps", "client_secret": "planted-client-secret",
                            "auth_uri": f"{accounts.address}/auth", "token_uri": f"{accounts.address}/token"}}  # fmt: skip
    how = sign_in({"credentials": "oauth", "oauth_client": json.dumps(client)}, str(tmp_path))
    assert works(identity(how, SCOPES, str(tmp_path), str(tmp_path / "kept")))
    assert opened[0]["scope"] == [" ".join(SCOPES)]
    assert accounts.asked[0]["code"] == CODE
    assert works(identity(how, SCOPES, str(tmp_path), str(tmp_path / "kept")))
    assert (len(opened), len(accounts.asked)) == (1, 1), "the second time nobody is asked"


# -- a person's sign-in in a file, as gcloud writes it

GCLOUD = "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com"
"""The client that gcloud itself signs in with (`google.auth._cloud_sdk.CLOUD_SDK_CLIENT_ID`)."""


@pytest.fixture
def persons(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The file. The library asks Google's own endpoint, whatever `token_uri` it names: that one is put here."""
    monkeypatch.setattr(
        "google.oauth2.credentials._GOOGLE_OAUTH2_TOKEN_ENDPOINT", f"{accounts.address}/token"
    )
    return {"type": "authorized_user", "client_id": "me.apps", "client_secret": "planted-client-secret",
            "refresh_token": "planted-kept", "quota_project_id": "our-project"}  # fmt: skip


def test_a_persons_sign_in_in_a_file(accounts: Accounts, persons: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "me.json").write_text(json.dumps(persons))
    how = sign_in({"credentials": "file:me.json"}, str(tmp_path))
    who = identity(how, SCOPES, str(tmp_path))
    assert who.who == "the Google account of the key file"
    assert works(who, "our-project")
    said = accounts.asked[0]
    assert (said["grant_type"], said["refresh_token"], said["scope"]) == (
        "refresh_token",
        "planted-kept",
        " ".join(SCOPES),
    )
    assert "planted" not in repr(how) + discreet(f"planted-client-secret planted-kept {FRESH}")


@pytest.mark.parametrize("kept", ["named", "gcloud"])
@pytest.mark.parametrize("project", ["our-project", None])
def test_a_persons_default_credentials(
    accounts: Accounts,
    persons: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kept: str,
    project: str | None,
) -> None:
    """In the file that the environment names, or where gcloud keeps it; without a project too, and without a word of Python's."""
    folder = tmp_path / "no-gcloud"
    folder.mkdir()
    path = folder / "application_default_credentials.json" if kept == "gcloud" else tmp_path / "me.json"
    said = {**persons, "client_id": GCLOUD}
    path.write_text(
        json.dumps(said if project else {n: v for n, v in said.items() if n != "quota_project_id"})
    )
    if kept == "named":
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    who = identity(sign_in({"credentials": "adc"}, str(tmp_path)), SCOPES, str(tmp_path))
    assert who.who == "the account of this machine"
    assert works(who, project)
    assert [one["refresh_token"] for one in accounts.asked] == ["planted-kept"]


def test_a_persons_sign_in_that_lacks_a_right_is_told(
    accounts: Accounts, persons: dict[str, str], tmp_path: Path
) -> None:
    accounts.refuses = "invalid_scope"
    who = identity(sign_in({"credentials": json.dumps(persons)}, str(tmp_path)), SCOPES, str(tmp_path))
    with pytest.raises(AccessError, match="does not include the right") as told:
        works(who, "our-project")
    assert "allow everything" in told.value.remedy
    assert "planted" not in str(told.value)


def test_a_persons_sign_in_that_was_withdrawn_is_told(
    accounts: Accounts, persons: dict[str, str], tmp_path: Path
) -> None:
    accounts.refuses = "invalid_grant"
    who = identity(sign_in({"credentials": json.dumps(persons)}, str(tmp_path)), SCOPES, str(tmp_path))
    with pytest.raises(AccessError, match="run out or was withdrawn"):
        works(who, "our-project")


@pytest.mark.parametrize("lacks", ["refresh_token", "client_secret"])
def test_half_a_sign_in_of_a_person_is_told_without_it(
    persons: dict[str, str], tmp_path: Path, lacks: str
) -> None:
    how = sign_in(
        {"credentials": json.dumps({n: v for n, v in persons.items() if n != lacks})}, str(tmp_path)
    )
    with pytest.raises(AccessError, match="can't be used") as told:
        identity(how, SCOPES, str(tmp_path))
    assert "planted" not in str(told.value) + told.value.remedy


@pytest.mark.parametrize("spreadsheet", [None, "1RIgP_58waM-Dx3A5idNoDCDBwb2Dc4"])
def test_the_narrowest_right_is_asked_for_first(
    accounts: Accounts, persons: dict[str, str], tmp_path: Path, spreadsheet: str | None
) -> None:
    """Files of our own alone, until a spreadsheet is named that somebody else made (sheets.md, 9)."""
    how = sign_in({"credentials": json.dumps(persons)}, str(tmp_path))
    with Sandbox() as sandbox:
        sandbox.token = FRESH
        settings = {
            "sign_in": how,
            "base": str(tmp_path),
            "spreadsheet": spreadsheet,
            "api_endpoint": sandbox.address,
        }
        client = Client(settings, "the sheet", lambda: None)
        try:
            assert client.made_for("key", None) == []
        finally:
            client.close()
    drive, sheets = (f"https://www.googleapis.com/auth/{name}" for name in ("drive.file", "spreadsheets"))
    assert accounts.asked[0]["scope"] == (f"{drive} {sheets}" if spreadsheet else drive)
