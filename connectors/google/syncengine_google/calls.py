"""One call to a Google service: paced by quota, repeated where that is safe, in doubt where it is not.

A refusal before anything was done (429, 403 by rate) is waited out for every call. After a 5xx, a broken connection or
half an answer nobody knows what was done: a call that may be repeated is; any other raises `Doubtful`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import requests
import tenacity
from google.auth.exceptions import GoogleAuthError, TransportError
from googleapiclient.errors import HttpError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from syncengine.errors import Unavailable
from syncengine_google.reasons import Complaint, complaint, explained, sign_in_failed

ATTEMPTS = 7
LONGEST_WAIT = 64.0
"""Seconds; Google's advice for truncated exponential back-off is 32 to 64."""


class Doubtful(Unavailable):
    """Nobody knows whether the call took effect; only a read can tell."""


def _sleep(seconds: float) -> None:
    time.sleep(seconds)  # looked up when it is called, so that a test can do without waiting


@dataclass
class Bucket:
    """A quota of calls a minute, refilled steadily; `take` waits until one is left."""

    per_minute: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = _sleep
    _left: float = field(init=False)
    _at: float = field(init=False)
    _turn: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._left, self._at = self.per_minute, self.clock()

    def take(self) -> None:
        """Use up one call."""
        with self._turn:
            now = self.clock()
            self._left = min(self.per_minute, self._left + (now - self._at) * self.per_minute / 60)
            self._at = now
            self._left -= 1
            wait = -self._left * 60 / self.per_minute
        if wait > 0:
            self.sleep(wait)


_shared: WeakValueDictionary[tuple[str, str], Bucket] = WeakValueDictionary()
_sharing = threading.Lock()


def shared_bucket(
    whose: str, what: str, per_minute: float, sleep: Callable[[float], None] = _sleep
) -> Bucket:
    """The bucket of a quota that all replicas of one account use up together, while any of them is open.

    `whose`: the account and the address it calls; `what`: the quota's name.
    """
    with _sharing:
        found = _shared.get((whose, what))
        if found is None:
            found = _shared[whose, what] = Bucket(per_minute, sleep=sleep)
        return found


class Caller:
    """Executes the client library's requests for one replica, and counts them."""

    def __init__(self, where: str, who: str, buckets: Mapping[str, Bucket] | None = None,
                 sleep: Callable[[float], None] = _sleep, attempts: int = ATTEMPTS,
                 counted: Callable[[], None] = lambda: None) -> None:  # fmt: skip
        """`buckets`: "read" (GET) and "write" (the rest) to their quota. `where`, `who`: for messages. `counted`: see `calls`."""
        self.where = where
        self.who = who
        self.calls = 0
        """Requests made, repeats included."""
        self._buckets = buckets or {}
        self._sleep = sleep
        self._attempts = attempts
        self._counted = counted

    def __call__(self, request: Any, *, repeatable: bool | None = None) -> Any:
        """The parsed answer. `repeatable`: whether doing it twice is as good as once (default: only for GET).

        Raises `Unavailable` (still busy after all attempts), `Doubtful`, or what `reasons.explained` makes of a refusal.
        """
        again = request.method == "GET" if repeatable is None else repeatable
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: _worth_another(error, again)),
            wait=_wait, stop=tenacity.stop_after_attempt(self._attempts), sleep=self._sleep, reraise=True,
        )  # fmt: skip
        try:
            return retrying(self._once, request)
        except (HttpError, requests.RequestException, GoogleAuthError, ValueError) as error:
            raise self._told(error, again) from error

    def _once(self, request: Any) -> Any:
        bucket = self._buckets.get("read" if request.method == "GET" else "write")
        if bucket is not None:
            bucket.take()
        self.calls += 1
        self._counted()
        answer = request.execute(num_retries=0)
        if (
            isinstance(answer, str) and request.method != "DELETE"
        ):  # what the library makes of what is no JSON
            raise ValueError("half an answer")
        return answer

    def _told(self, error: Exception, again: bool) -> Exception:
        if isinstance(error, GoogleAuthError) and not isinstance(error, TransportError):
            return sign_in_failed(error, self.who)
        said = complaint(error) if isinstance(error, HttpError) else None
        if said is not None and not said.broken:
            return explained(said, self.where, self.who)
        if not again and not _never_sent(error):
            return Doubtful("Google did not say whether the change was made", where=self.where,
                            remedy="The next run looks whether it was.")  # fmt: skip
        what = f"answered {said.code}" if said is not None else "could not be reached"
        return Unavailable(
            f"Google {what}", where=self.where, remedy="Nothing is lost; the next run tries again."
        )


def _worth_another(error: BaseException, again: bool) -> bool:
    if isinstance(error, HttpError):
        said = complaint(error)
        return said.busy or (again and said.broken)
    if isinstance(error, TransportError):
        return True  # while signing in; nothing was sent yet
    return isinstance(error, requests.RequestException | ValueError) and (again or _never_sent(error))


def _never_sent(error: BaseException) -> bool:
    """Whether the connection was not even made."""
    if isinstance(error, requests.exceptions.ConnectTimeout | TransportError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectionError) and isinstance(
        reason, NewConnectionError | ConnectTimeoutError
    )


_EXPONENTIAL = tenacity.wait_random_exponential(multiplier=1, max=LONGEST_WAIT)


def _wait(state: tenacity.RetryCallState) -> float:
    """Exponential with jitter, and never less than the service asks for (it seldom does)."""
    error = state.outcome.exception() if state.outcome else None
    said: Complaint | None = complaint(error) if isinstance(error, HttpError) else None
    return max(_EXPONENTIAL(state), min(said.retry_after, 2 * LONGEST_WAIT) if said else 0.0)
