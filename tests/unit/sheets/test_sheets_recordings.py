"""The sandbox is held to recorded traffic of the real service: the same requests get the same answers."""

from __future__ import annotations

import http.client
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from syncengine_sheets.sandbox import Sandbox

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings" / "sheets"
FILES = sorted(RECORDINGS.glob("*.json")) if RECORDINGS.is_dir() else []
_DRAWN = ("sheetId", "protectedRangeId", "namedRangeId", "createdTime", "modifiedTime", "description")
"""What the service draws or measures for itself. `description`: parts of some messages."""


@pytest.mark.skipif(not FILES, reason="../shared/recordings is not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem.removeprefix("gspread."))
def test_recorded_requests_get_recorded_answers(path: Path, sandbox: Sandbox) -> None:
    replay = Replay(sandbox)
    for number, exchange in enumerate(json.loads(path.read_text("utf-8"))):
        wanted, got = replay.answers(exchange)
        assert got == wanted, (
            f"exchange {number}: {exchange['request']['method']} {exchange['request']['url']}"
        )


class Replay:
    """Sends recorded requests to the sandbox; ids that each drew for itself are matched up as they appear."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.ids: dict[str, str] = {}
        """Drawn by the service to drawn by the sandbox."""

    def answers(self, exchange: dict[str, Any]) -> tuple[object, object]:
        request, wanted = exchange["request"], exchange["response"]
        if wanted["status"] == 403:
            self.sandbox.private.add(re.findall(r"spreadsheets/([^?/]+)", request["url"])[0])
        status, got = self._send(request)
        self._learn(wanted["body"], got)
        return self._plain(wanted["status"], wanted["body"]), self._plain(status, got, ours=True)

    def _send(self, request: dict[str, Any]) -> tuple[int, Any]:
        url = urlsplit(self._ours(request["url"]))
        connection = http.client.HTTPConnection(self.sandbox.address.removeprefix("http://"))
        try:
            body = self._ours(json.dumps(request["body"])) if request["body"] is not None else None
            connection.request(
                request["method"], f"{url.path}?{url.query}", body, {"Authorization": "Bearer x"}
            )
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def _ours(self, text: str) -> str:
        for theirs, ours in self.ids.items():
            text = re.sub(rf"(?<![\w-]){re.escape(theirs)}(?![\w-])", ours, text)
        return text

    def _learn(self, wanted: Any, got: Any) -> None:
        if isinstance(wanted, dict) and isinstance(got, dict):
            for name, value in wanted.items():
                if (
                    name in ("id", "spreadsheetId", "sheetId", "protectedRangeId", "namedRangeId")
                    and name in got
                ):
                    if value not in (0, got[name]):
                        self.ids[str(value)] = str(got[name])
                else:
                    self._learn(value, got.get(name))
        elif isinstance(wanted, list) and isinstance(got, list):
            for one, other in zip(wanted, got, strict=False):
                self._learn(one, other)

    def _plain(self, status: int, body: Any, *, ours: bool = False) -> object:
        def plain(found: Any) -> Any:
            if isinstance(found, dict):
                return {k: "…" if k in _DRAWN else plain(v) for k, v in found.items()}
            if isinstance(found, list):
                return [plain(one) for one in found]
            return found if ours or not isinstance(found, str) else self._ours(found)

        return status, plain(body)
