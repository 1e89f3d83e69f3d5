"""The steps of a run and of a set-up, tool by tool: which requests they are, and what has to be for them to be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from syncengine.testing.loopback import Request
from tests.simulation.faults.people import People
from tests.simulation.faults.workplace import Workplace

Concerns = Callable[[Request], bool]
ALL = 1_000_000


@dataclass(frozen=True)
class Step:
    """Requests that a fault may strike: the first `most` that `concerns` says yes to."""

    concerns: Concerns
    most: int = 1
    setup: bool = False
    """Of `setup`, not of `sync`."""
    fresh: bool = False
    """Of `sync --fresh`."""
    before: Callable[[Workplace], None] | None = None
    """Where this was done before the run."""
    small_pages: bool = False
    """Where the service hands out its lists in pages of two."""
    lost: Concerns | None = None
    """After the first of these, whose answer did not come."""
    meanwhile: tuple[Concerns, Callable[[Workplace], None]] | None = None
    """After the first of these, just before which somebody did something."""


def _no_values(request: Request) -> bool:
    return request.method == "GET" and "/values" not in request.path


def _batch(request: Request) -> bool:
    return request.path.endswith(":batchUpdate")


def _events(request: Request) -> bool:
    return request.path.startswith("/batch") or (request.method != "GET" and "/events" in request.path)


def _one_event(request: Request) -> bool:
    alone = request.method == "GET" and "/events/" in request.path
    return alone or (request.path.startswith("/batch") and b"\nGET /calendar" in request.body)


def _colour(place: Workplace) -> None:
    """Somebody gives the series a colour, which is nobody's business but the calendar's."""
    people = People(place).gcal
    for pair in ("Ada & Ben", "Cleo & Dov"):
        people.edit(str(people.find(pair).body["id"]), colorId="5")


def _blank_row(place: Workplace) -> None:
    """Somebody inserts a row above all goals."""
    People(place).sheet.hands("goal").insert_rows(1)


def _another_batch(place: Workplace) -> None:
    """The spreadsheet's journal speaks of a write that the state knows nothing of, as after a run that died."""
    people = People(place).sheet
    people.sandbox.hands(people.sheet, "mentorsync").paste(1, 0, "0" * 32)


def _made_a_page(request: Request) -> bool:
    return request.method == "POST" and request.path == "/v1/pages"


def _properties(request: Request) -> bool:
    return (
        request.method == "PATCH"
        and request.path.startswith("/v1/pages/")
        and "properties" in (request.json or {})
    )


def _any(_request: Request) -> bool:
    return True


STEPS: Mapping[str, Mapping[str, Step]] = {
    "notion": {
        "read": Step(lambda r: r.path.endswith("/query")),
        "a later page": Step(lambda r: r.path.endswith("/query") and "start_cursor" in r.json, small_pages=True),
        "the texts": Step(lambda r: r.method == "GET" and r.path.startswith("/v1/blocks/")),
        "is it gone?": Step(lambda r: r.method == "GET" and r.path.startswith("/v1/pages/")),
        "what tables are there": Step(lambda r: "/v1/data_sources/" in r.path and r.method == "GET", fresh=True),
        "create": Step(_made_a_page),
        "was it made?": Step(lambda r: r.path.endswith("/query") and "filter" in r.json, lost=_made_a_page),
        "update": Step(_properties),
        "was it changed?": Step(lambda r: r.method == "GET" and r.path.startswith("/v1/pages/"), lost=_properties),
        "update of a text": Step(lambda r: r.method == "PATCH" and r.path.startswith("/v1/blocks/")),
        "delete": Step(lambda r: r.method == "PATCH" and "in_trash" in (r.json or {})),
        "remark": Step(lambda r: r.path == "/v1/comments"),
        "every request": Step(_any, most=ALL),
        "set-up: look": Step(lambda r: r.method == "GET", setup=True),
        "set-up: the page": Step(_made_a_page, setup=True),
        "set-up: a table": Step(lambda r: r.path == "/v1/databases", setup=True),
        "set-up: a view": Step(lambda r: r.path.startswith("/v1/views") and r.method != "GET", setup=True),
        "set-up: the mark": Step(lambda r: r.method == "PATCH" and r.path.startswith("/v1/blocks/"), setup=True),
        "set-up: every request": Step(_any, most=ALL, setup=True),
    },
    "sheet": {
        "read": Step(lambda r: "batchGet" in r.path),
        "where everything is": Step(lambda r: _no_values(r) and "ranges" not in r.query, before=_another_batch),
        "look before writing": Step(lambda r: _no_values(r) and "ranges" in r.query),
        "write": Step(_batch),
        "was it written?": Step(lambda r: r.method == "GET", lost=_batch),
        "look at what moved": Step(lambda r: r.method == "GET", meanwhile=(_batch, _blank_row)),
        "put right what moved": Step(_batch, meanwhile=(_batch, _blank_row)),
        "every request": Step(_any, most=ALL),
        "set-up: look for it": Step(lambda r: r.path.startswith("/drive") and r.method == "GET", setup=True),
        "set-up: the file": Step(lambda r: r.path.startswith("/drive") and r.method == "POST", setup=True),
        "set-up: look": Step(lambda r: r.path.startswith("/v4") and r.method == "GET", setup=True),
        "set-up: the tabs": Step(_batch, setup=True),
        "set-up: every request": Step(_any, most=ALL, setup=True),
    },
    "gcal": {
        "read": Step(lambda r: r.method == "GET" and r.path.endswith("/events")),
        "a later page": Step(lambda r: r.method == "GET" and "pageToken" in r.query, small_pages=True),
        "write": Step(_events),
        "look again": Step(_one_event, meanwhile=(_events, _colour)),
        "every request": Step(_any, most=ALL),
        "set-up: look for it": Step(lambda r: "calendarList" in r.path, setup=True),
        "set-up: the calendar": Step(lambda r: r.method == "POST" and r.path.endswith("/calendars"), setup=True),
        "set-up: read": Step(lambda r: r.method == "GET" and r.path.endswith("/events"), setup=True),
        "set-up: the first series": Step(_events, setup=True),
        "set-up: every request": Step(_any, most=ALL, setup=True),
    },
}  # fmt: skip
NO_STEP: Mapping[str, Mapping[str, str]] = {
    "notion": {"read-back": "Notion answers a write with the page as it is now"},
    "sheet": {
        "a later page": "a read of values has no pages",
        "is it gone?": "every read is of whole tabs",
        "read-back": "the batch that writes is asked for what stands there after it",
    },
    "gcal": {
        "is it gone?": "a listing names what was deleted",
        "was it written?": "the next run's listing says so; the row “lost answer” is just that",
        "read-back": "Google answers a write with the event as it is now",
    },
}
"""What other tools have as a step of its own, and this one has not."""
