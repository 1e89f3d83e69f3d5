"""What people wrote, on a terminal: nothing in it can move the cursor, colour the screen, or turn the line around."""

from __future__ import annotations

import re

# Controls (but line ends and tabs), DEL, the second set of controls, and what overrides the direction of writing.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS = re.compile(r"\r\n|\r")


def harmless(text: str) -> str:
    """`text` with a sign in place of each character that a terminal would obey rather than show."""
    if not _HARMFUL.search(text):
        return text
    return _HARMFUL.sub(_shown, _LINE_ENDS.sub("\n", text))


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def json_line(data: object) -> str:
    """`data` on one line of JSON, in which such characters are escaped and so arrive as they are."""
    import json

    text = json.dumps(data, ensure_ascii=False)
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
