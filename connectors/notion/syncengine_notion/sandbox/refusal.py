"""The errors of the API, as it words them."""

from __future__ import annotations

import uuid

from syncengine_notion.sandbox.world import Json


class Refusal(Exception):
    """The request is not carried out."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        more: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more, self.headers = (
            status,
            code,
            message,
            more,
            headers or {},
        )

    def body(self, number: int) -> Json:
        """The error's JSON; `number` makes its request id."""
        return error_body(self.status, self.code, self.message, number, self.more)


def error_body(status: int, code: str, message: str, number: int, more: Json | None = None) -> Json:
    """An error as the service writes one."""
    found: Json = {"object": "error", "status": status, "code": code, "message": message}
    if more:
        found["additional_data"] = more
    return {**found, "request_id": request_id(number)}


def request_id(number: int) -> str:
    return str(uuid.UUID(int=number, version=4))


def invalid(message: str) -> Refusal:
    """400 for a request that does not fit."""
    return Refusal(400, "validation_error", message)


def missing(what: str, id: str, bot: str) -> Refusal:
    """404, which means as well: not shared with this connection."""
    message = (
        f"Could not find {what} with ID: {id}. Make sure the relevant pages and databases are shared "
        'with your integration "mentorsync".'
    )
    return Refusal(404, "object_not_found", message, {"integration_id": bot})


def too_many(wait: int, reason: str = "public_api_request_rate_limit") -> Refusal:
    """429; since September 2026 with the reason, and the wait once more."""
    more = {"rate_limit_reason": reason, "retry_after": str(wait)}
    return Refusal(
        429,
        "rate_limited",
        "You have been rate limited. Please try again later.",
        more,
        {"Retry-After": str(wait)},
    )
