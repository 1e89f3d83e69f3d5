"""The merge core alone: what people changed in 100,000 records, told and merged, without any tool or database.

Run as a module, it prints one JSON object; `measure` runs it so, in a process of its own.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from datetime import UTC, datetime, timedelta

import orjson

from bench.process import run

COUNT = 100_000


def measure(root: str) -> dict[str, float]:
    """Seconds of CPU: `load` (making the records) and `merge` (everything after that)."""
    log = os.path.join(root, "log.txt")
    run([sys.executable, "-m", "bench.merge_core"], log, {"PYTHONPATH": os.getcwd()})
    with open(log, "rb") as handle:
        return dict(orjson.loads(handle.read()))


def main() -> None:
    """One goal in a hundred has a new percentage."""
    from bench.goals import percent, title
    from syncengine.connector import Item
    from syncengine.core.delta import Source, by_field, compare
    from syncengine.core.match import by_id
    from syncengine.core.merge import merge_field
    from syncengine.core.shadow import Shadow
    from syncengine.model.ids import derived_id
    from syncengine.model.template import load_template
    from syncengine.model.values import Value

    gc.set_threshold(50_000, 20, 20)  # as a run has it (syncengine/cli/sync.py)
    begun = time.process_time()
    now = datetime(2026, 1, 5, tzinfo=UTC)
    kind = load_template("light").kinds["goal"]
    shadows: dict[str, bytes | Shadow] = {}
    items = []
    for number in range(COUNT):
        id = derived_id(now + timedelta(seconds=number), str(number))
        fields: dict[str, Value] = {
            "title": title(number), "person": derived_id(now, str(number % 50)), "pair": None, "status": "in progress",
            "percent": percent(number), "due": "2026-09-01", "review_on": "2026-08-01", "why": "It comes up every week",
            "needs_expert": False, "notes": f"Some prose about {title(number)}, " * 8,
        }  # fmt: skip
        shadows[id] = Shadow(
            "A", id, "goal", f"Goals/{number}.md", orjson.loads(orjson.dumps(fields)), "agreed"
        )
        fresh = orjson.loads(orjson.dumps(fields))
        if number % 100 == 0:
            fresh["percent"] = 99
        items.append(Item("goal", id, f"Goals/{number}.md", fresh, f"Goals/{number}.md"))
    loaded = time.process_time()
    known = {id: shadow for id, shadow in shadows.items() if isinstance(shadow, Shadow)}
    source = Source("A", 0, timedelta(seconds=1))
    links, _ = by_id(items, known)
    merged = 0
    for link in links:
        shadow = known[link.record or ""]
        delta = compare(kind, shadow, link.item, source, now)
        for name, edits in by_field(delta.edits).items():
            merged += merge_field(kind.fields[name], shadow.held[name], edits).rule == "edited"
    done = time.process_time()
    assert merged == COUNT // 100, merged
    sys.stdout.write(orjson.dumps({"load": loaded - begun, "merge": done - loaded}).decode())


if __name__ == "__main__":
    main()
