"""Signing in to Google, in the four ways a config can name.

    credentials = "oauth"            a person, in the browser, once; the sign-in is kept on this machine
    credentials = "adc"              what the machine is signed in as (gcloud, a cloud server)
    credentials = "file:KEY.json"    a service account's key, or a person's sign-in as gcloud keeps it
    credentials = "token:env:NAME"   a ready access token from the environment

A person's sign-in needs an OAuth client of the kind "Desktop app" (`oauth_client = "file:client.json"`).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncengine.errors import AccessError, Unavailable
from syncengine.secret import hide, look_up

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.oauth2.credentials import Credentials as PersonCredentials

_WAYS = 'write "oauth", "adc", "file:KEY.json" or "token:env:NAME"'


@dataclass(frozen=True)
class SignIn:
    """How a replica signs in, checked but not yet done; holds no secret but a key file's text."""

    way: str
    """`oauth`, `adc`, `key` or `token`."""
    text: str = ""
    """key: the file's JSON; token: its name as in the config; oauth: the client's JSON."""

    def __repr__(self) -> str:
        return f"SignIn({self.way})"


@dataclass(frozen=True)
class Identity:
    """Credentials ready for use, and whose they are in words for people."""

    credentials: Credentials
    who: str
    """`the service account robot@…`, `the Google account you signed in with` …"""
    way: str

    @property
    def account(self) -> str:
        """A digest that is the same for replicas that sign in alike, and so share the quotas of one user."""
        from hashlib import sha256

        names = ("service_account_email", "refresh_token", "token")
        said = next((text for name in names if (text := getattr(self.credentials, name, None))), "")
        return sha256(f"{self.way} {said}".encode()).hexdigest()


def sign_in(settings: Mapping[str, Any], base: str) -> SignIn:
    """The way that `settings["credentials"]` names. Raises `ValueError` (what is wrong, what to write) or `ConfigError`.

    The engine hands over the text of a `file:` already; a path is looked up here as well, relative to `base`.
    """
    said = settings.get("credentials")
    if not isinstance(said, str) or not said:
        raise ValueError(f"is missing; {_WAYS}" if said is None else f"has to be text; {_WAYS}")
    if said == "adc":
        return SignIn("adc")
    if said == "oauth":
        return SignIn("oauth", _client(settings.get("oauth_client"), base))
    if said.startswith("token:"):
        name = said.removeprefix("token:")
        if not name.startswith(("env:", "file:", "keyring:")):
            raise ValueError("a token is never written into the config; write token:env:NAME")
        return SignIn("token", name)
    text = look_up(said, base) if said.startswith(("file:", "env:", "keyring:")) else said
    if not text.lstrip().startswith("{"):
        raise ValueError(f"is none of the ways to sign in; {_WAYS}")
    key = _json(text)
    if key.get("type") not in ("service_account", "authorized_user"):
        raise ValueError(
            "names a JSON file that is no key of a service account; create a key (JSON) in the Cloud console"
        )
    for secret in ("private_key", "refresh_token", "client_secret"):
        hide(str(key.get(secret) or ""), f"({secret} of the key file)")
    return SignIn("key", text)


def _client(said: object, base: str) -> str:
    if not isinstance(said, str) or not said:
        raise ValueError(
            'needs oauth_client = "file:client.json" beside it: an OAuth client of the kind “Desktop app” '
            "(Cloud console → APIs & Services → Credentials)"
        )
    text = look_up(said, base)
    client = _json(text).get("installed")
    if not isinstance(client, dict):
        raise ValueError(  # noqa: TRY004 - the config is wrong, not a type of ours
            "oauth_client is not the JSON of an OAuth client of the kind “Desktop app”"
        )
    hide(str(client.get("client_secret") or ""), "(client_secret of oauth_client)")
    return text


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError("names a file that is not JSON") from None
    return found if isinstance(found, dict) else {}


def identity(how: SignIn, scopes: Sequence[str], base: str, store: str | None = None) -> Identity:
    """Sign in. `scopes`: the rights to ask for; `store`: the folder for a person's sign-in (default: the user's own).

    A browser opens only for `oauth`, without a stored sign-in, at a terminal. Raises `AccessError` or `ConfigError`.
    """
    if how.way == "token":
        from google.oauth2.credentials import Credentials

        return Identity(Credentials(look_up(how.text, base)), "the account of your access token", how.way)
    if how.way == "key":
        return _key(json.loads(how.text), scopes)
    if how.way == "adc":
        return _default(scopes)
    return _person(how.text, scopes, store)


def _key(key: dict[str, Any], scopes: Sequence[str]) -> Identity:
    from google.oauth2.credentials import Credentials
    from google.oauth2.service_account import Credentials as ServiceCredentials

    try:
        if key["type"] == "authorized_user":
            person = Credentials.from_authorized_user_info(key, list(scopes))
            return Identity(person, "the Google account of the key file", "key")
        robot = ServiceCredentials.from_service_account_info(key, scopes=list(scopes))
    except (ValueError, KeyError) as error:
        raise AccessError(
            f"the key file can't be used ({type(error).__name__})",
            where="credentials",
            remedy="Create a new key (JSON) for the service account and name that file.",
        ) from error
    return Identity(robot, f"the service account {robot.service_account_email}", "key")


def _default(scopes: Sequence[str]) -> Identity:
    import warnings

    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        with (
            warnings.catch_warnings()
        ):  # of a sign-in without a project: the service says so itself, see `reasons`
            warnings.simplefilter("ignore", UserWarning)
            found, _ = google.auth.default(scopes=list(scopes))
    except DefaultCredentialsError as error:
        raise AccessError(
            "this machine is not signed in to Google",
            where='credentials = "adc"',
            remedy="Run: gcloud auth application-default login (with the scopes of docs/connectors), or use another way to sign in.",
        ) from error
    email = getattr(found, "service_account_email", None)
    who = f"the service account {email}" if email and email != "default" else "the account of this machine"
    return Identity(found, who, "adc")


def _person(client: str, scopes: Sequence[str], store: str | None) -> Identity:
    info = json.loads(client)["installed"]
    path = _path(str(info.get("client_id")), scopes, store)
    found = _stored(path, scopes) or _ask(client, scopes)
    _keep(path, found.to_json())
    return Identity(found, "the Google account you signed in with", "oauth")


def _stored(path: str, scopes: Sequence[str]) -> PersonCredentials | None:
    """The kept sign-in, renewed; `None` when it is expired for good (a testing app's after seven days) or damaged.

    Raises `Unavailable` when Google can't be asked just now.
    """
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.auth.transport.requests import Request
    from google.oauth2.credentials import Credentials

    if not os.path.exists(path):
        return None
    try:
        found: PersonCredentials = Credentials.from_authorized_user_file(path, list(scopes))
        hide(str(found.refresh_token or ""), "(the stored sign-in)")
        if not found.valid:
            found.refresh(Request())
    except TransportError as error:
        raise Unavailable(
            "Google can't be reached to sign in",
            where='credentials = "oauth"',
            remedy="The next run tries again.",
        ) from error
    except (ValueError, GoogleAuthError):
        return None
    return found


def _path(client_id: str, scopes: Sequence[str], store: str | None) -> str:
    from hashlib import sha256

    from platformdirs import user_data_dir

    name = sha256(" ".join([client_id, *sorted(scopes)]).encode()).hexdigest()[:16]
    return os.path.join(store or user_data_dir("mentorsync"), f"google-{name}.json")


def _ask(client: str, scopes: Sequence[str]) -> PersonCredentials:
    if not (sys.stdin and sys.stdin.isatty()):
        raise AccessError(
            "nobody is signed in to Google here, or the sign-in has run out",
            where='credentials = "oauth"',
            remedy="Run mentorsync doctor in a terminal: it opens the browser. "
            "(The sign-in of an app in “Testing” ends after 7 days: publish the app.)",
        )
    from google_auth_oauthlib.flow import InstalledAppFlow

    flow = InstalledAppFlow.from_client_config(json.loads(client), list(scopes))
    found: PersonCredentials = flow.run_local_server(port=0, open_browser=True)
    return found


def _keep(path: str, text: str) -> None:
    """Readable by this user alone from the first byte on."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    part = f"{path}.part"
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
    os.replace(part, path)
