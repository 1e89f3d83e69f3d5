"""Secrets: looked up when they are needed, and never told.

A value of the config may be `env:NAME` (the environment), `file:PATH` (a file's content) or `keyring:NAME`.
Light to import: every command passes its words through `discreet`.
"""

from __future__ import annotations

import os
import re

from syncengine.errors import ConfigError

SCHEMES = ("env", "file", "keyring")
_LONG_LINE = 16
_SHORTEST = 4
"""What is shorter can't be told from ordinary words, and is no secret."""

_seen: dict[str, str] = {}
"""Each secret that this process has looked up, and how it is written in the config."""


def look_up(value: str, folder: str) -> str:
    """What a secret's name stands for (paths are relative to `folder`); any other value is itself. Raises `ConfigError`."""
    scheme, mark, name = value.partition(":")
    if not mark or scheme not in SCHEMES:
        return value
    found = {"env": _environment, "file": _file, "keyring": _keyring}[scheme](value, name, folder)
    hide(found, value)
    return found


def hide(secret: str, name: str) -> None:
    """Have `discreet` show `name` for a secret that came in another way (inside a key file, from a sign-in).

    As a URL, a header of basic sign-in, JSON or Python would write it as well: libraries put theirs into what they raise.
    """
    if len(secret) >= _SHORTEST:
        _seen.update(dict.fromkeys((secret, *_written(secret)), name))


def _written(secret: str) -> set[str]:
    import base64  # a program without secrets pays for none of these
    import json
    from urllib.parse import quote, quote_plus

    found = {
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }
    found |= {base64.b64encode(said.encode()).decode() for said in (secret, f"\0{secret}")}
    if "\n" in secret:  # a key of several lines, in a traceback that shows one of them
        found |= {
            line for line in secret.splitlines() if len(line) > _LONG_LINE and not line.startswith("-----")
        }
    return {one for one in found if len(one) >= _SHORTEST}


def literal(key: str, value: object) -> bool:
    """Whether a key of the config that has to be a secret holds it itself, rather than saying where it is."""
    if not isinstance(value, str) or not value or value.partition(":")[0] in SCHEMES:
        return False
    if key == "state":
        return re.search(r"://[^/@:]*:.+@", value) is not None
    if key == "credentials":
        return value.lstrip().startswith("{")
    return re.search(r"(^|_)(token|secret|password|passwd|api_?key|private_key)$", key) is not None


def discreet(text: str) -> str:
    """`text` with the name of each secret in place of the secret."""
    for secret, name in sorted(_seen.items(), key=lambda seen: -len(seen[0])):  # one may be part of another
        text = text.replace(secret, name)
    return text


def _environment(value: str, name: str, _folder: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise ConfigError(
            f"the environment has no variable {name}",
            where=value,
            remedy=f"Set {name} before you run mentorsync.",
        )
    return found


def _file(value: str, name: str, folder: str) -> str:
    try:
        with open(os.path.join(folder, os.path.expanduser(name)), encoding="utf-8") as handle:
            return handle.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigError(
            f"the secret can't be read: {reason}", where=value, remedy="Check the path and its rights."
        ) from error


def _keyring(value: str, name: str, _folder: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        found = keyring.get_password("mentorsync", name)
    except (KeyringError, RuntimeError) as error:  # RuntimeError: there is none on this machine
        raise ConfigError(
            f"the keyring can't be read: {type(error).__name__}",
            where=value,
            remedy="Unlock the keyring, or keep the secret in a file or variable: file:PATH, env:NAME.",
        ) from error
    if found is None:
        raise ConfigError(
            f"the keyring has no entry {name} for mentorsync",
            where=value,
            remedy=f"Store it: keyring set mentorsync {name}",
        )
    return found
