"""Calendar's error bodies, as recorded (northworld.403_*.json, 404, 409, 410; compass.errors__*)."""

from __future__ import annotations

from syncengine.testing.loopback import Answer


class Refusal(Exception):
    """What the service answers instead of doing it."""

    def __init__(self, status: int, reason: str, message: str, domain: str = "global", **extra: str) -> None:
        super().__init__(message)
        detail = {"domain": domain, "reason": reason, "message": message, **extra}
        self.answer = Answer(status, {"error": {"errors": [detail], "code": status, "message": message}})


def not_found() -> Refusal:
    return Refusal(404, "notFound", "Not Found")


def invalid(message: str = "Invalid Value") -> Refusal:
    return Refusal(400, "invalid", message)


def required(message: str) -> Refusal:
    return Refusal(400, "required", message)


def duplicate() -> Refusal:
    return Refusal(409, "duplicate", "The requested identifier already exists.")


def conflict() -> Refusal:
    """Two parts of one batch about the same series (gcal.md, 9)."""
    return Refusal(409, "conflict", "Conflict")


def deleted() -> Refusal:
    return Refusal(410, "deleted", "Resource has been deleted")


def changed() -> Refusal:
    return Refusal(412, "conditionNotMet", "Precondition Failed", locationType="header", location="If-Match")


def full_sync_required() -> Refusal:
    message = "Sync token is no longer valid, a full sync is required."
    return Refusal(
        410, "fullSyncRequired", message, "calendar", locationType="parameter", location="syncToken"
    )


def forbidden(reason: str = "forbidden", message: str = "Forbidden") -> Refusal:
    return Refusal(403, reason, message)


def rate_limited() -> Refusal:
    return Refusal(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits")


def usage_limited() -> Refusal:
    return Refusal(403, "quotaExceeded", "Calendar usage limits exceeded.", "usageLimits")
