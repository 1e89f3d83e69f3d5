"""Queries: every row of a data source, or those edited since; whole or not at all.

Vendor facts: at most 100 rows a page, 10,000 a query (then `request_status` says incomplete on the last page); without a
sort no order is promised; creation times never change, so windows over them lose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from syncengine.errors import Unavailable
from syncengine_notion.answers import Refused
from syncengine_notion.client import Wire

Json = dict[str, Any]

LAG = timedelta(minutes=2)
"""How far behind a query may be. The vendor gives no bound; the complete reads at an interval catch what is later."""
OVERLAP = LAG
"""So much is read twice, counted from the beginning of a minute, for edit times are rounded down to it."""
MOST_AT_ONCE = 100
SMALL = 90
"""A table of so few rows is read whole each time: that costs one query as well."""


@dataclass
class Rows:
    """What one read of a table found."""

    kind: str
    whole: bool
    rows: dict[str, Json] = field(default_factory=dict)
    """Page to row."""
    heard: datetime | None = None
    """Notion's time when the read began."""
    gone: bool = False
    """The table can't be seen any more."""


def since_filter(since: str) -> Json:
    return {"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": since}}


def read_rows(wire: Wire, kind: str, source: str, since: str | None) -> Rows:
    """The rows of a table edited since then (`None`: every row). Raises as `Wire.read`, and `Unavailable` when it can't be whole."""
    found = Rows(kind, since is None)
    start: str | None = None
    while True:
        parts = [since_filter(since)] if since else []
        if start is not None:
            parts.append({"timestamp": "created_time", "created_time": {"on_or_after": start}})
        try:
            last, incomplete = _window(wire, source, parts, found)
        except Refused as refused:
            if refused.status != 404:
                raise
            found.gone = True
            return found
        if not incomplete:
            return found
        if last is None or last == start:
            raise Unavailable(
                f"more than 10,000 rows of one minute in the table of {kind} can't be told apart",
                remedy="Split the table, or ask for help: mentorsync reads such a table only whole.",
            )
        start = last


def _window(wire: Wire, source: str, parts: list[Json], found: Rows) -> tuple[str | None, bool]:
    """One query, page after page; returns the last creation time, and whether the query was cut off."""
    body: Json = {
        "page_size": MOST_AT_ONCE, "result_type": "page", "sorts": [{"timestamp": "created_time", "direction": "ascending"}],
    }  # fmt: skip
    if parts:
        body["filter"] = {"and": parts} if len(parts) > 1 else parts[0]
    last: str | None = None
    while True:
        page = wire.read("POST", f"data_sources/{source}/query", body)
        found.heard = found.heard or wire.heard
        for row in page["results"]:
            if row.get("object") == "page" and "properties" in row:
                found.rows[row["id"]] = row
                last = row["created_time"]
        if (page.get("request_status") or {}).get("type") == "incomplete":
            return last, True
        if not page["has_more"]:
            return last, False
        body = {**body, "start_cursor": page["next_cursor"]}


def find_records(wire: Wire, source: str, id_property: str, ids: list[str]) -> dict[str, Json]:
    """Record to row, for those of the records that the table shows (a query may be behind)."""
    found: dict[str, Json] = {}
    for start in range(0, len(ids), 50):
        wanted = [{"property": id_property, "rich_text": {"equals": id}} for id in ids[start : start + 50]]
        page = wire.read("POST", f"data_sources/{source}/query", {"page_size": 100, "filter": {"or": wanted}})
        for row in page["results"]:
            for value in row["properties"].values():
                if value["id"] == id_property:
                    found.setdefault("".join(part["plain_text"] for part in value["rich_text"]).strip(), row)
    return found


def minute(moment: datetime) -> str:
    """As filters take it, rounded down."""
    return moment.replace(second=0, microsecond=0).strftime("%Y-%m-%dT%H:%M:00.000Z")
