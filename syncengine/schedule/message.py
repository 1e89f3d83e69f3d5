"""One message in words: for a terminal, a journal, an e-mail."""

from __future__ import annotations

import textwrap

from syncengine.schedule.news import News

_MOST = 20
"""Matters that are told one by one."""


def subject(news: News, name: str) -> str:
    """One line; `name`: the program's."""
    if news.what == "well":
        return f"mentorsync, {name}: all is well again"
    count = len(news.matters)
    return f"mentorsync, {name}: {'one thing needs' if count == 1 else f'{count} things need'} a person"


def body(news: News, config: str) -> str:
    """What it is, and what to do; `config`: the path of the program's `mentorsync.toml`."""
    if news.what == "well":
        return "Everything that was told before is settled; the sync runs on as it should.\n"
    lines = []
    for text in dict.fromkeys(matter.text for matter in news.matters):
        first, *rest = text.splitlines()
        lines.append(f"  - {first}")
        lines += [textwrap.indent(one.strip(), "    ") for one in rest]
        if sum(line.startswith("  - ") for line in lines) == _MOST:
            break
    untold = len(news.matters) - _MOST
    if untold > 0:
        lines.append(f"  - and {untold} more")
    lines += [
        "",
        f'More: mentorsync -c "{config}" status',
        "You are told of the same again in a day, unless it is settled.",
    ]
    return "\n".join(lines) + "\n"
