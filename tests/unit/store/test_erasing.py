"""What was taken out of the state is in no table, no free page and no file that was written ahead; on both databases."""

from __future__ import annotations

import os

import pytest

from syncengine.connector import Trouble
from syncengine.core.shadow import Shadow
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.words import Words
from syncengine.store import ConflictRow, HistoryRow, ReplicaRow, Store, open_store
from syncengine.store.erasing import erase, texts
from syncengine.testing.clock import START

NAME = "Grace Lindqvist"
GRACE, GOAL = derived_id(START, "grace"), derived_id(START, "goal")


def planted(store: Store) -> None:
    """The name in every column of every table that can hold it, and on pages that are free again."""
    with store.transaction():
        store.put_records([(Record(GRACE, "person", {"name": NAME}), NAME, None)])
        store.put_records(
            [(Record(GOAL, "goal", {"title": f"Thank {NAME}", "person": GRACE}), f"Thank {NAME}", None)]
        )
        store.put_shadows([Shadow("a", GRACE, "person", "1", {"name": NAME}),
                           Shadow("a", GOAL, "goal", "2", {"title": NAME}, named={"person": NAME}, before={"title": [NAME]})])  # fmt: skip
        store.put_replica(ReplicaRow("a", "memory", "p", {"x": NAME}, f'{{"name": "{NAME}"}}'.encode()))
        store.put_replica(ReplicaRow("b", "memory", "q", None, b"\xffbinary " + NAME.encode()))
        run = store.start_run("2026-03-01T00:00:00Z", f"forgot {NAME}")
        store.end_run(run, "2026-03-01T00:00:01Z", "agreed", {"warnings": [f"look at {NAME}"]})
        store.add_history([HistoryRow(run, GRACE, "a", "filled", {"name": [None, NAME]}),
                           HistoryRow(run, GOAL, "a", "edited",
                                      {"person": [None, GRACE], "title": ["x", f"Thank {NAME}"]}, NAME)])  # fmt: skip
        store.add_conflicts(
            [
                ConflictRow(
                    run, GOAL, "title", {"kept": {"value": NAME, "who": NAME}, "lost": []}, None, "answered"
                )
            ]
        )
        store.put_troubles(
            run, "a", [Trouble(f"row of {NAME}", NAME, NAME, NAME, "goal", "2", "title")], None
        )
        store.put_note("invited:x", f'{{"standing": {{"guests": {{"grace@example.org": "{NAME}"}}}}}}')
        store.put_note("forgetting", f'{{"words": "{NAME}"}}')
    for number in range(50):
        with store.transaction():
            store.put_note("large", f"{NAME} {number} " * 2000)
    with store.transaction():
        store.put_note("large", "")


def test_no_word_is_left_in_any_table_or_file(url: str) -> None:
    store = open_store(url)
    planted(store)
    store.close()
    words = Words({NAME: "former member", "grace@example.org": "former member"})
    for _ in range(2):
        erase(url, {GRACE}, words, {GOAL: {"person": None}}, "forgetting")
    assert [(table, text) for table, text in texts(url) if NAME in text or GRACE in text] == []
    after = open_store(url)
    assert after.records([GRACE, GOAL])[GOAL].fields == {"title": "Thank former member", "person": None}
    assert [row.changes for row in after.history()] == [{"title": ["x", "Thank former member"]}]
    assert after.note("invited:x") == '{"standing":{"guests":{}}}'
    assert (after.note("forgetting"), after.replicas()["b"].cursor) == (None, None)
    assert after.by_title("goal", "thank former member")
    after.close()
    assert _raw(url) == []


def _raw(url: str) -> list[str]:
    """Files of the database with the name in them."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        files = [one for one in (path, f"{path}-wal", f"{path}-shm") if os.path.exists(one)]
    else:
        import psycopg

        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        folder = os.path.join(url.partition("host=")[2], "data", "base")
        if not os.access(folder, os.R_OK):
            pytest.skip("the cluster's files can't be read by this user")
        files = [os.path.join(above, name) for above, _, names in os.walk(folder) for name in names]
    found = []
    for file in files:
        with open(file, "rb") as handle:
            if NAME.encode() in handle.read():
                found.append(file)
    return found
