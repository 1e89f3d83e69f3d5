"""The wire: google-auth's pooled, thread-safe requests session, in the shape that Google's client library asks for.

The library builds requests from the discovery documents it ships, and parses answers; its own transport (httplib2)
is neither thread-safe nor pooled, and its retries repeat an append after a timeout (sheets.md, 7), so neither is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httplib2
import orjson
from google.auth.transport.requests import AuthorizedSession
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc

from syncengine.secret import hide
from syncengine_google.credentials import Identity

_PATHS: Mapping[tuple[str, str], str] = {
    ("sheets", "v4"): "",
    ("calendar", "v3"): "calendar/v3/",
    ("drive", "v3"): "drive/v3/",
}
"""Where each service lies below `api_endpoint`, as its discovery document has it (`servicePath`)."""

CONNECT_SECONDS = 20.0
READ_SECONDS = 190.0
"""Longer than the service's own limit of 180 s: it gives up first, and says so."""


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
        options = {"api_endpoint": self._root + _PATHS[name, version]} if self._root else None
        document = orjson.loads(get_static_doc(name, version))
        # The library reads the schemas for nothing but the texts of its docstrings, which takes longer than a whole sync.
        document["schemas"] = {one: {"id": one, "type": "object"} for one in document["schemas"]}
        return build_from_document(document, http=self, client_options=options)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """One HTTP request, as the library calls its transport. Raises what requests and google-auth raise."""
        # Redirects are not followed: none of these services sends one, and it would carry the token elsewhere.
        try:
            answer = self._http.request(
                method, uri, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            )
        finally:  # a sign-in makes tokens of its own, which nobody looked up
            hide(str(self.identity.credentials.token or ""), "(an access token of Google's)")
        response = httplib2.Response({**answer.headers, "status": str(answer.status_code)})
        response.reason = answer.reason
        return response, answer.content

    def close(self) -> None:
        """Let go of the connections. May be repeated."""
        self._http.close()
