"""The wire: google-auth's pooled, thread-safe requests session, in the shape that Google's client library asks for.

The library builds requests from the discovery documents it ships, and parses answers; its own transport (httplib2)
is neither thread-safe nor pooled, and its retries repeat an append after a timeout (sheets.md, 7), so neither is used.
It is loaded with the first service that is asked for: a run that finds nothing changed makes one plain read, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from google.auth.transport.requests import AuthorizedSession

from syncengine.secret import hide
from syncengine_google.credentials import Identity

if TYPE_CHECKING:
    import httplib2
    import requests

_PATHS: Mapping[tuple[str, str], str] = {
    ("sheets", "v4"): "",
    ("calendar", "v3"): "calendar/v3/",
    ("drive", "v3"): "drive/v3/",
}
"""Where each service lies below `api_endpoint`, as its discovery document has it (`servicePath`)."""

CONNECT_SECONDS = 20.0
READ_SECONDS = 190.0
"""Longer than the service's own limit of 180 s: it gives up first, and says so."""


_LONGEST = 2000
"""Of an address; the library makes a POST of longer ones."""


class Read:
    """A GET, as the client library would make it; carried out by `Caller` as the library's requests are."""

    method = "GET"

    def __init__(self, session: Session, uri: str, taken: Callable[[bytes], Any]) -> None:
        self._session, self.uri, self._taken = session, uri, taken

    def execute(self, num_retries: int = 0) -> Any:
        """What `taken` makes of the answer. Raises `HttpError` for a refusal, as the library does."""
        answer = self._session.answer(self.uri)
        if answer.status_code >= 300:
            from googleapiclient.errors import HttpError

            raise HttpError(_response(answer), answer.content, uri=self.uri)
        return self._taken(answer.content)


def _response(answer: requests.Response) -> httplib2.Response:
    import httplib2

    found = httplib2.Response({**answer.headers, "status": str(answer.status_code)})
    found.reason = answer.reason
    return found


def _document(name: str, version: str) -> dict[str, Any]:
    """What the library ships of a service."""
    from googleapiclient.discovery_cache import get_static_doc

    document: dict[str, Any] = orjson.loads(get_static_doc(name, version))
    # The library reads the schemas for nothing but the texts of its docstrings, which takes longer than a whole sync.
    document["schemas"] = {one: {"id": one, "type": "object"} for one in document["schemas"]}
    return document


class Session:
    """Google's services over one pool of connections. Close it."""

    def __init__(
        self, identity: Identity, api_endpoint: str | None = None, read_seconds: float = READ_SECONDS
    ) -> None:
        """`api_endpoint`: the root that stands for googleapis.com, for a proxy or a sandbox."""
        self.identity = identity
        self._root = api_endpoint.rstrip("/") + "/" if api_endpoint else None
        self._http = AuthorizedSession(identity.credentials)
        self._timeout = (CONNECT_SECONDS, read_seconds)

    def service(self, name: str, version: str) -> Any:
        """The client library's resource, from the discovery document that it ships."""
        from googleapiclient.discovery import build_from_document

        options = {"api_endpoint": self._root + _PATHS[name, version]} if self._root else None
        return build_from_document(_document(name, version), http=self, client_options=options)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """One HTTP request, as the library calls its transport. Raises what requests and google-auth raise."""
        answer = self.answer(uri, method, body, headers)
        return _response(answer), answer.content

    def answer(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """One HTTP request, whatever comes of it."""
        # Redirects are not followed: none of these services sends one, and it would carry the token elsewhere.
        try:
            found: requests.Response = self._http.request(
                method, uri, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            )
        finally:  # a sign-in makes tokens of its own, which nobody looked up
            hide(str(self.identity.credentials.token or ""), "(an access token of Google's)")
        return found

    def read(self, path: str, query: Mapping[str, Any], taken: Callable[[bytes], Any]) -> Read | None:
        """A GET of Sheets v4 without the library; `None` where the address would be too long for one."""
        uri = f"{self._root or 'https://sheets.googleapis.com/'}{path}?{urlencode({**query, 'alt': 'json'}, doseq=True)}"
        return Read(self, uri, taken) if len(uri) <= _LONGEST else None

    def close(self) -> None:
        """Let go of the connections. May be repeated."""
        self._http.close()
