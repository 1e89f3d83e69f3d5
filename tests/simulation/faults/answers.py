"""The answers of a service that says no, and what else can go wrong with a request."""

from __future__ import annotations

from typing import Any

from syncengine.testing.loopback import Answer, Fault

ON_THE_WIRE = ("reset", "lost answer", "half an answer")
"""What a socket has to show."""


def _google(code: int, reason: str, status: str = "", **headers: str) -> Answer:
    detail = {"domain": "global", "reason": reason, "message": reason}
    return Answer(
        code, {"error": {"errors": [detail], "code": code, "message": reason, "status": status}}, headers
    )


def _notion(code: int, word: str, **more: Any) -> Answer:
    return Answer(
        code, {"object": "error", "status": code, "code": word, "message": word, "request_id": "r", **more}
    )


def faults_of(tool: str) -> dict[str, Fault]:
    """Name to fault: refusals in the service's own words, and a connection that fails."""
    if tool == "notion":
        said = {
            "400": _notion(400, "validation_error"), "401": _notion(401, "unauthorized"),
            "403 restricted": _notion(403, "restricted_resource"), "404": _notion(404, "object_not_found"),
            "409": _notion(409, "conflict_error"),
            "410": _notion(410, "object_not_found"), "412": _notion(412, "precondition_failed"),
            "429": _notion(429, "rate_limited"),
            "429 wait 5 s": Answer(429, {"object": "error", "status": 429, "code": "rate_limited", "message": ""}, {"Retry-After": "5"}),
            "429 wait 1 h": Answer(429, {"object": "error", "status": 429, "code": "rate_limited", "message": ""}, {"Retry-After": "3600"}),
            "500": _notion(500, "internal_server_error"), "502": Answer(502, b"<html>bad gateway</html>"),
            "503": _notion(503, "service_unavailable"), "529": _notion(529, "service_overload"),
        }  # fmt: skip
    else:
        said = {
            "400": _google(400, "invalid", "INVALID_ARGUMENT"), "401": _google(401, "authError", "UNAUTHENTICATED"),
            "403 forbidden": _google(403, "forbidden", "PERMISSION_DENIED"),
            "403 rate": _google(403, "rateLimitExceeded"), "403 daily": _google(403, "dailyLimitExceeded"),
            "403 not switched on": _google(403, "accessNotConfigured"), "403 scope": _google(403, "insufficientPermissions"),
            "404": _google(404, "notFound", "NOT_FOUND"), "409": _google(409, "conflict", "ABORTED"),
            "410": _google(410, "fullSyncRequired"), "412": _google(412, "conditionNotMet", "FAILED_PRECONDITION"),
            "429": _google(429, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"),
            "429 wait 5 s": _google(429, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", **{"Retry-After": "5"}),
            "429 wait 1 h": _google(429, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", **{"Retry-After": "3600"}),
            "500": _google(500, "backendError", "INTERNAL"), "502": Answer(502, b"<html>bad gateway</html>"),
            "503": _google(503, "backendError", "UNAVAILABLE"),
        }  # fmt: skip
    found = {name: Fault("refused", answer) for name, answer in said.items()}
    found["503 after the fact"] = Fault("committed", said["503"])
    return found | {
        "reset": Fault("reset"),
        "lost answer": Fault("lost"),
        "half an answer": Fault("truncated"),
        "no answer in time": Fault("stalled"),
        "garbage": Fault("refused", Answer(200, b"<html>please sign in</html>")),
    }
