"""The batch endpoint's envelope: multipart/mixed of application/http parts."""

from __future__ import annotations

from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qs, urlsplit

from syncengine.testing.loopback import Answer, Request

BOUNDARY = "batch_sandbox"


def parts(request: Request) -> list[tuple[str, Request]]:
    """The requests inside, each with its Content-ID."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    whole = message_from_bytes(head + request.body)
    found = []
    for part in whole.get_payload():
        assert isinstance(part, Message)
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        found.append((part["Content-ID"], _request(request.number, raw)))
    return found


def _request(number: int, raw: bytes) -> Request:
    line, _, rest = raw.partition(b"\n")
    method, target, *_ = line.decode().split()
    inner = message_from_bytes(rest)
    body = inner.get_payload(decode=True)
    assert isinstance(body, bytes)
    url = urlsplit(target)
    headers = {name.lower(): value for name, value in inner.items()}
    return Request(
        number, method, url.path, parse_qs(url.query, keep_blank_values=True), headers, body.strip()
    )


def joined(answers: Sequence[tuple[str, Answer]]) -> Answer:
    """One answer from many, in the order given."""
    chunks = []
    for id, answer in answers:
        inner = (
            f"HTTP/1.1 {answer.status} X\r\nContent-Type: application/json\r\n\r\n".encode()
            + answer.encoded()
        )
        name = id.replace("<", "<response-", 1)
        head = f"--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: {name}\r\n\r\n"
        chunks.append(head.encode() + inner + b"\r\n")
    body = b"".join([*chunks, f"--{BOUNDARY}--\r\n".encode()])
    return Answer(200, body, {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"})
