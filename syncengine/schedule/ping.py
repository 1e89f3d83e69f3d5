"""The dead-man's switch: a watcher that is told of each run, and cries out when it hears nothing.

As healthchecks.io has it (docs/http_api): the address itself means success, with `/start` before and `/fail` after it the
others; any watcher that takes these will do. The address is a secret: nothing of it is logged, or raised.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit, urlunsplit

_SECONDS = (5.0, 10.0)
"""To connect, and for each piece of the answer."""
_AGAIN = 2
"""How often a ping that ends a run is tried again: a lost one would cry wolf."""
_PAUSE = 0.5
"""Seconds before the second try; twice as long before the third."""

Signal = Literal["", "start", "fail"]


def address(url: str, signal: Signal) -> str:
    """Where to signal; a query stays at the end."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=f"{path}/{signal}" if signal else parts.path))


def ping(url: str, signal: Signal, text: str = "") -> str:
    """Signal; `ok`, or the type of what went wrong. Never raises: a watcher that is away must not fail a run.

    `text` is kept by the watcher: nobody's words.
    """
    try:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util.retry import Retry

        tries = 0 if signal == "start" else _AGAIN
        again = Retry(tries, backoff_factor=_PAUSE, status_forcelist=(429, 502, 503, 504), allowed_methods=None, raise_on_status=False,
                      respect_retry_after_header=False)  # fmt: skip
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=again))
            session.mount("https://", HTTPAdapter(max_retries=again))
            answer = session.post(address(url, signal), data=text.encode(), timeout=_SECONDS, stream=True)
            answer.close()
    except Exception as error:  # the words of these errors hold the address
        return type(error).__name__
    return "ok" if answer.ok else f"HTTP {answer.status_code}"
