"""Google's refusals in plain words, each with what to do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.auth.exceptions import GoogleAuthError
from googleapiclient.errors import HttpError

from syncengine.errors import AccessError, MentorsyncError, Unavailable

_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "quotaExceeded"})
_DAILY = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
_NO_RIGHT = "the sign-in does not include the right that is needed"
_ALLOW = "Sign in again and allow everything that is asked for; a ready token, or gcloud's sign-in, needs the scopes of docs/connectors."


class Refused(AccessError):
    """The service said no, for good: asking again in the same way is useless."""

    def __init__(self, complaint: Complaint, reason: str, *, where: str, remedy: str) -> None:
        super().__init__(reason, where=where, remedy=remedy)
        self.complaint = complaint

    @property
    def code(self) -> int:
        """The HTTP status."""
        return self.complaint.code


@dataclass(frozen=True)
class Complaint:
    """An error answer, taken apart."""

    code: int
    """The HTTP status."""
    reason: str = ""
    """`storageQuotaExceeded`, `fullSyncRequired`, `RATE_LIMIT_EXCEEDED` … ("" where none is given)."""
    status: str = ""
    """`PERMISSION_DENIED` and the like."""
    message: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    retry_after: float = 0.0
    """Seconds that the service asks us to wait; 0 where it does not say."""

    @property
    def busy(self) -> bool:
        """Refused for now, before anything was done."""
        return self.code == 429 or (self.code == 403 and self.reason in _RATE and not self.used_up)

    @property
    def used_up(self) -> bool:
        """Refused for hours: Calendar's limits of invitations and new events (gcal.md, 9), of which it says no more."""
        return self.reason == "quotaExceeded" and self.message.startswith("Calendar usage limits")

    @property
    def broken(self) -> bool:
        """The service failed; whether anything was done is not known."""
        return self.code >= 500


def complaint(error: HttpError) -> Complaint:
    """What an error answer of either style (`errors[]` or `details[]`) says; never raises."""
    code, headers = int(error.resp.status), error.resp
    try:
        retry_after = max(0.0, float(headers.get("retry-after", 0)))
    except ValueError:
        retry_after = 0.0  # a date: our own back-off does
    try:
        body = json.loads(error.content)["error"]
    except (ValueError, KeyError, TypeError):
        return Complaint(code, retry_after=retry_after)
    if not isinstance(body, dict):  # the sign-in service's style
        return Complaint(code, reason=str(body), retry_after=retry_after)
    infos = [one for one in body.get("details", []) if isinstance(one, dict) and "reason" in one]
    old = [one for one in body.get("errors", []) if isinstance(one, dict)]
    reason = infos[0]["reason"] if infos else old[0].get("reason", "") if old else ""
    metadata = infos[0].get("metadata", {}) if infos else {}
    return Complaint(
        code, str(reason), str(body.get("status", "")), str(body.get("message", "")), metadata, retry_after
    )


def explained(said: Complaint, where: str, who: str) -> MentorsyncError:
    """The error for a person. `who`: as whom we called ("the service account robot@…")."""
    if said.busy or said.reason in _DAILY:
        return Unavailable("Google's quota is used up for now", where=where,
                           remedy="Nothing is lost; the next run goes on.")  # fmt: skip
    reason, remedy = _words(said, who)
    return Refused(said, reason, where=where, remedy=remedy)


def sign_in_failed(error: GoogleAuthError, who: str) -> AccessError:
    """A sign-in that Google refuses. The message of the error is left out: it may hold parts of secrets."""
    gone = "invalid_grant" in str(error)
    if "invalid_scope" in str(error):
        return AccessError(_NO_RIGHT, where=who, remedy=_ALLOW)
    return AccessError(
        "the sign-in has run out or was withdrawn" if gone else "Google does not accept the sign-in",
        where=who,
        remedy="Sign in again: run mentorsync doctor in a terminal, or get a new key or token."
        + (" The sign-in of an OAuth app in “Testing” ends after 7 days: publish the app." if gone else ""),
    )


def _words(said: Complaint, who: str) -> tuple[str, str]:
    if said.code == 401:
        return "Google does not accept the sign-in", (
            "Sign in again: run mentorsync doctor in a terminal, or get a new key or token. "
            "(The sign-in of an OAuth app in “Testing” ends after 7 days: publish the app.)"
        )
    if said.used_up:
        return "the account has used up Calendar's limit of invitations and new events", (
            "Nothing is lost: wait some hours, the next run goes on. Fewer guests (invites, share) need less of it."
        )
    if said.code == 403:
        return _forbidden(said, who)
    if said.code == 404:
        return f"it does not exist, or it is not shared with {who}", (
            f"Check the address in the config; open it in the browser and share it with {who} as Editor."
        )
    if said.code == 400 and "not supported for this document" in said.message:
        return "it is an Office file (.xlsx) in Drive, not a Google spreadsheet", (
            "Open it, choose File → Save as Google Sheets, and put the new file's address into the config."
        )
    shown = said.message.splitlines()[0][:300] if said.message else f"error {said.code}"
    return f"Google refused the request: {shown}", "If this stays so, please report it with this line."


def _forbidden(said: Complaint, who: str) -> tuple[str, str]:
    if said.reason == "storageQuotaExceeded":
        return (
            f"{who} can't create files: its Drive storage is used up, and a service account has none of its own",
            (
                f"Create the file yourself, share it with {who} as Editor, and put its address into the config "
                "(or free storage; or sign in as a person)."
            ),
        )
    if "quota project" in said.message:
        return "the sign-in names no Cloud project, and this Google API wants one", (
            "Run: gcloud auth application-default set-quota-project PROJECT (one in which the API is switched on)."
        )
    if said.reason in ("accessNotConfigured", "SERVICE_DISABLED"):
        link = str(said.metadata.get("activationUrl", "")) or "the Cloud console (APIs & Services → Library)"
        return "this Google API is not switched on in your Cloud project", (
            f"Switch it on at {link}, wait a few minutes, and try again."
        )
    if said.reason in ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"):
        return _NO_RIGHT, _ALLOW
    if said.reason in ("forbiddenForServiceAccounts", "calendarForbiddenForServiceAccounts"):
        return f"{who} may not do this without the organisation's leave", (
            "Let an administrator grant domain-wide delegation, or sign in as a person."
        )
    return f"{who} may not read or change it", f"Open it in the browser and share it with {who} as Editor."
