"""What `doctor` tries: the token, what the connection may do, the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncengine.connector import Check
from syncengine.errors import MentorsyncError
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.client import Wire
from syncengine_notion.layout import Layout
from syncengine_notion.prose import plain_runs

_WHERE = "In Notion: Settings → Connections → your connection → Configure"


def checks(wire: Wire, page: str, layout: Callable[[], Layout | None], mute: str = "") -> list[Check]:
    """Each thing that has to be right, in the order in which to mend them. Changes nothing.

    `mute`: when the connection was last told that it may not comment, "" where it was not.
    """
    return list(_checks(wire, page, layout, mute))


def _checks(wire: Wire, page: str, find: Callable[[], Layout | None], mute: str) -> Iterator[Check]:
    try:
        wire.read("GET", "users/me")
        yield Check("the token is accepted, and so is the Notion-Version")
    except MentorsyncError as error:
        yield Check("the token is accepted", error.reason, error.remedy)
        return
    except (Refused, Doubt) as error:
        yield Check("Notion answers", str(error), "Check base_url and notion_version in the config.")
        return
    try:
        shown = wire.read("GET", f"pages/{page}")
    except Refused as refused:
        yield Check(*_page(refused))
        return
    except MentorsyncError as error:
        yield Check("the page can be read", error.reason, error.remedy)
        return
    if shown["in_trash"]:
        yield Check(
            "the page can be read",
            "it is in the trash",
            "Restore it in Notion, or name another page in the config.",
        )
        return
    yield Check("the page can be read")
    layout = find()
    if layout is not None:
        yield _may(wire, layout)
        yield _comments(wire, layout.home, mute)


def _comments(wire: Wire, home: str, mute: str) -> Check:
    """Whether it may comment, as far as that shows without commenting. It need not."""
    try:
        wire.read("GET", "comments", query={"block_id": home, "page_size": 1})
    except Refused as refused:
        mute = mute or str(refused.status == 403 and refused.message)
    except (Doubt, MentorsyncError) as error:
        return Check("comments can be read", str(error), "Run doctor again.")
    if mute:
        return Check(
            f"comments are not written, which is all right (to have them: {_WHERE}, allow “Insert comments”)"
        )
    return Check("the connection may comment, as far as can be seen")


def _page(refused: Refused) -> tuple[str, str, str]:
    if refused.status == 404:
        remedy = (
            "Open the page in Notion, ••• → Connections, and add your connection; check `page` in the config."
        )
        return "the page is shared with the connection", "it can't be seen", remedy
    if refused.status == 403:
        return "the connection may read", "it may not", f"{_WHERE}: allow “Read content”."
    return (
        "the page can be read",
        str(refused),
        "Check `page` in the config: its URL, or the id at the end of it.",
    )


def _may(wire: Wire, layout: Layout) -> Check:
    """Whether it may update: our own mark, written again as it stands. Whether it may insert only a set-up shows."""
    body = {"code": {"rich_text": plain_runs(layout.written())}}
    try:
        wire.write("PATCH", f"blocks/{layout.block}", body)
    except Refused as refused:
        if refused.status == 403:
            return Check(
                "the connection may update",
                "it may not",
                f"{_WHERE}: allow “Update content” and “Insert content”.",
            )
        return Check("our mark on the home page can be written", str(refused), "Run: mentorsync setup")
    except (Doubt, MentorsyncError) as error:
        return Check("the connection may update", str(error), "Run doctor again.")
    return Check("the connection may update")
