"""Addresses of rows: where each record is now, for at most one request."""

from __future__ import annotations

from pathlib import Path

from syncengine.run.links import linking
from syncengine_sheets.sandbox import Sandbox
from tests.unit.sheets.stage import Stage


def test_a_row_s_address_follows_it_and_costs_one_request(tmp_path: Path, sandbox: Sandbox) -> None:
    stage = Stage(tmp_path / "program", sandbox)
    for title in ("Learn SQL", "Give a talk"):
        stage.other.add("goal", title=title)
    stage.settled()
    first = stage.records("goal")
    titles = {record.fields["title"]: id for id, record in first.items()}

    def addresses() -> dict[str, str]:
        with stage.store() as store, store.reading(), linking(stage.program, store) as links:
            found = {id: said["sheet"] for id, said in links.to(list(first)).items()}
            assert {links.meant(said)[0]: said for said in found.values()} == found
            assert not links.problems
            return found

    found: dict[str, str] = {}
    calls = stage.requests(lambda: found.update(addresses()))
    assert len(calls) == 1
    tab = next(tab for tab in stage.sheet.tabs if tab.title == "Goals")
    shown = {said: stage.sheet.id in said and f"#gid={tab.id}&range=A" in said for said in found.values()}
    assert all(shown.values()), shown
    stage.people.shuffle("goal")
    moved = addresses()
    assert moved[titles["Learn SQL"]] == found[titles["Give a talk"]]
    stage.people.rename_field("goal", "title")
    assert addresses() == moved, "a heading that was renamed costs one look more"
