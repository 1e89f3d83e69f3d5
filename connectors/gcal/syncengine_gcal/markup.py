"""Descriptions: Google stores HTML, and its page adds tags of its own, so text is compared, and parts are replaced in place.

Read: tags that break lines become line breaks, other tags go, entities are resolved, no-break spaces are spaces.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from syncengine.model.description import BEGINS, ENDS, agenda_in, with_agenda

_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3"})
_BEGINS, _ENDS = html.escape(BEGINS, quote=False), html.escape(ENDS, quote=False)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag in _BREAKS:
            self._line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS and tag != "br":
            self._line()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def _line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")


def as_text(markup: str) -> str:
    """What a person reads."""
    parser = _Text()
    parser.feed(markup.replace("\r\n", "\n"))
    parser.close()
    return "".join(parser.parts).replace("\u00a0", " ")


def as_markup(text: str) -> str:
    """Text as Calendar's page shows it again: only what would be taken for a tag is escaped."""
    return html.escape(text, quote=False)


def agenda_of(markup: str) -> str | None:
    """The generated part of a description, as text; `None` where there is none."""
    found = agenda_in(as_text(markup))
    return None if found is None else "\n".join(line.rstrip() for line in found.split("\n"))


def has_agenda(markup: str) -> bool:
    """Whether there is a generated part."""
    return agenda_in(as_text(markup)) is not None


def with_agenda_markup(markup: str, agenda: str | None) -> str:
    """The description with another generated part; what people wrote around it keeps its every tag.

    Only where the page has tags inside our two lines is the whole written anew as text.
    """
    begins, ends = markup.rfind(_BEGINS), markup.find(_ENDS)
    if agenda is not None and 0 <= begins < ends and markup.count(_BEGINS) == markup.count(_ENDS) == 1:
        body = with_agenda(f"{BEGINS}\n{ENDS}", agenda)
        return markup[:begins] + as_markup(body) + markup[ends + len(_ENDS) :]
    if begins < 0 and ends < 0 and not has_agenda(markup):
        if agenda is None:
            return markup
        block = as_markup(with_agenda("", agenda))
        gap = "" if not markup else "" if markup.endswith(("\n", "<br>")) else "\n"
        return f"{block}\n\n{markup}{gap}" if markup else block
    return as_markup(with_agenda(as_text(markup), agenda))


def link_in(text: str) -> str | None:
    """The first web address in a text."""
    found = re.search(r"https?://\S+", text)
    return found[0] if found else None
