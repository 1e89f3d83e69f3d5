"""Filters and sorts of a query, as far as the connector (and its tests) use them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from syncengine_notion.sandbox import richtext
from syncengine_notion.sandbox.refusal import invalid
from syncengine_notion.sandbox.world import Json, Page, Source

Values = dict[str, Any]


def check(source: Source, said: Json | None) -> None:
    """Refuse a filter that names a property which is not there."""
    if said is None:
        return
    for part in [*said.get("and", ()), *said.get("or", ())]:
        check(source, part)
    if "property" in said and source.named(said["property"]) is None:
        raise invalid(f"Could not find property with name or id: {said['property']}")


def matches(source: Source, page: Page, values: Values, edited: datetime, said: Json | None) -> bool:
    """Whether a row passes the filter; `edited`: as the query knows it."""
    if not said:
        return True
    if "and" in said:
        return all(matches(source, page, values, edited, part) for part in said["and"])
    if "or" in said:
        return any(matches(source, page, values, edited, part) for part in said["or"])
    if "timestamp" in said:
        moment = edited if said["timestamp"] == "last_edited_time" else page.created
        return _date(moment, said[said["timestamp"]])
    one = source.named(said["property"])
    assert one is not None
    condition = next(value for key, value in said.items() if key not in ("property", "type"))
    return _value(one.type, values.get(one.id), condition, one.config)


def ordered(rows: list[Page], sorts: list[Json]) -> list[Page]:
    """Sorted by timestamps; without a sort in no order that anybody may rely on."""
    found = list(rows)
    if not sorts:
        return sorted(found, key=lambda page: page.id)
    for sort in reversed(sorts):
        if "timestamp" not in sort:
            continue
        earliest = sort["timestamp"] == "created_time"
        down = sort["direction"] == "descending"
        found.sort(key=lambda page: page.created if earliest else page.edited, reverse=down)
    return found


def _value(kind: str, held: Any, condition: Json, config: Json) -> bool:
    [(operator, wanted)] = condition.items()
    if kind in ("title", "rich_text"):
        held = richtext.plain(held or [])
    if kind in ("select", "status") and held is not None:
        held = next(o["name"] for o in config["options"] if o["id"] == held)
    if operator == "is_empty":
        return not held
    if operator == "is_not_empty":
        return bool(held)
    if operator == "equals":
        return bool(held == wanted or (isinstance(wanted, list) and held in wanted))
    if operator == "does_not_equal":
        return bool(held != wanted)
    if operator == "contains":
        return wanted in (held or ())
    if operator == "does_not_contain":
        return wanted not in (held or ())
    raise invalid(f"The sandbox knows no filter {operator} for {kind}.")


def _date(moment: datetime, condition: Json) -> bool:
    [(operator, text)] = condition.items()
    wanted = datetime.fromisoformat(text)
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    if operator == "on_or_after":
        return moment >= wanted
    if operator == "after":
        return moment > wanted
    if operator == "on_or_before":
        return moment <= wanted
    if operator == "before":
        return moment < wanted
    raise invalid(f"The sandbox knows no date filter {operator}.")
