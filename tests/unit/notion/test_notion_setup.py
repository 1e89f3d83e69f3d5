"""The workspace as `setup` makes it: once, whole, continued where it broke off, mended where it drifted."""

from __future__ import annotations

import pytest

from syncengine.errors import AccessError, GuardStop
from syncengine.model.template import load_template
from syncengine.provision import plan_setup
from syncengine.testing.loopback import Fault, Request
from syncengine_notion import client
from syncengine_notion.sandbox.richtext import plain

from .conftest import Stage

STRUCTURED = load_template("structured").seen_by("program")


def counts(stage: Stage) -> tuple[int, int, int, int]:
    world = stage.box.world
    return len(world.pages), len(world.databases), len(world.views), len(world.blocks)


def types(stage: Stage, table: str) -> dict[str, str]:
    return {one.name: one.type for one in stage.people.source(table).properties.values()}


def test_the_whole_template_is_made(stage: Stage) -> None:
    stage.configure("structured")
    stage.setup()
    for kind in STRUCTURED.kinds.values():
        shown = types(stage, kind.plural)
        labels = {field.label for field in kind.fields.values() if field.name != kind.body}
        assert labels <= shown.keys(), kind.name
        assert kind.body not in kind.fields or kind.fields[kind.body].label not in shown, (
            "it is the text of the pages"
        )
        assert shown["mentorsync id"] == "rich_text"
    goals = types(stage, "Goals")
    assert goals["Goal"] == "title"
    assert (goals["Status"], goals["Percent"], goals["Due"], goals["Needs an expert"]) == (
        "select", "number", "date", "checkbox",
    )  # fmt: skip
    percent = next(one for one in stage.people.source("Goals").properties.values() if one.name == "Percent")
    assert percent.config == {"format": "percent"}
    assert types(stage, "People")["E-mail"] == "email"
    assert types(stage, "Resources")["Link"] == "url"
    assert types(stage, "People")["Goals"] == "relation", "the other side of a goal's person"


def test_the_views_are_those_of_a_professional(stage: Stage) -> None:
    stage.configure("structured")
    stage.setup()
    world = stage.box.world
    views: dict[str, list[tuple[str, str]]] = {}
    for view in world.views.values():
        views.setdefault(plain(world.databases[view.parent[1]].title), []).append((view.name, view.type))
    assert views["Goals"] == [
        ("All", "table"),
        ("By status", "board"),
        ("What is due", "table"),
        ("By pair", "table"),
    ]
    assert views["Check-ins"] == [("All", "table"), ("Calendar", "calendar"), ("By pair", "table")]
    assert views["Wins"] == [("All", "table"), ("Gallery", "gallery")]
    assert views["Waits for you"] == [("All", "table"), ("Waits for a person", "table")]


def test_the_guide_is_there_whole(stage: Stage) -> None:
    stage.configure("structured")
    stage.setup()
    home, *_ = [
        page for page in stage.box.world.pages.values() if page.parent == ("page_id", stage.box.root.id)
    ]
    texts = [
        plain(stage.box.world.blocks[id].payload["rich_text"])
        for id in home.children
        if id in stage.box.world.blocks
    ]
    assert "Meet every week or two, for 25 to 50 minutes. Take turns leading." in texts
    assert any("opinion, not professional advice" in text for text in texts)
    titles = [
        stage.people.title(stage.box.world.pages[id]) for id in home.children if id in stage.box.world.pages
    ]
    assert titles == [page.title for page in STRUCTURED.pages[1:]]


def test_a_dry_run_writes_nothing_and_a_second_set_up_has_nothing_to_do(stage: Stage) -> None:
    before = counts(stage)
    plan = plan_setup(stage.program)
    assert plan.steps["notion"]
    assert counts(stage) == before
    stage.setup()
    made = counts(stage)
    assert stage.setup().steps["notion"] == []
    assert plan_setup(stage.program).steps["notion"] == []
    assert counts(stage) == made


@pytest.mark.parametrize("kind", ["killed", "lost", "committed"])
def test_a_set_up_that_broke_off_anywhere_is_continued(
    stage: Stage, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each of its writes in turn: every set-up ends with the same workspace."""
    send = client.Wire._send
    died = 0

    class Died(BaseException):
        pass

    def dying(self: client.Wire, method: str, *rest: object) -> object:
        nonlocal died
        answer = send(self, method, *rest)  # type: ignore[arg-type]
        if method != "GET":
            died += 1
            if died % 3 == 1:
                raise Died
        return answer

    if kind == "killed":
        monkeypatch.setattr(client.Wire, "_send", dying)
        for _ in range(80):
            try:
                stage.setup()
            except Died:
                continue
            break
        monkeypatch.setattr(client.Wire, "_send", send)
        assert died > 15
    else:
        answer = stage.box.after_commit(1) if kind == "committed" else None

        def strike(request: Request) -> Fault | None:
            return Fault(kind, answer) if request.method != "GET" and request.number % 3 == 0 else None  # type: ignore[arg-type]

        stage.box.server.fault = strike
        stage.setup()
        stage.box.server.fault = lambda _request: None
    assert stage.setup().problems == {}
    assert plan_setup(stage.program).steps["notion"] == []
    world, template = stage.box.world, load_template("light")
    assert sorted(plain(base.title) for base in world.databases.values()) == sorted(
        kind.plural for kind in template.kinds.values()
    )
    assert len(world.pages) == 2 + len(template.pages[1:])
    stage.goals("A")
    stage.settled()
    assert len(stage.people.rows("Goals")) == 1


def test_a_set_up_that_died_before_its_last_note_is_not_taken_for_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything was made, and where it all is was not written down: once a sync found no table, and agreed with nothing."""
    send = client.Wire._send

    def dying(self: client.Wire, method: str, path: str, *rest: object) -> object:
        if method == "PATCH" and path.startswith("blocks/") and not path.endswith("/children"):
            raise KeyboardInterrupt
        return send(self, method, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(client.Wire, "_send", dying)
    with pytest.raises(KeyboardInterrupt):
        stage.setup()
    monkeypatch.setattr(client.Wire, "_send", send)
    assert plan_setup(stage.program).steps["notion"] != []
    stage.setup()
    assert plan_setup(stage.program).steps["notion"] == []
    stage.goals("A")
    stage.settled()
    assert len(stage.people.rows("Goals")) == 1


def test_a_template_that_grows_adds_and_keeps(stage: Stage) -> None:
    stage.ready().goals("A", why="because")
    stage.settled()
    stage.people.add_property("Goals", "Mood", {"rich_text": {}})
    stage.people.edit("Goals", "A", Mood="fine")
    stage.configure("structured")
    steps = [step.what for step in plan_setup(stage.program).steps["notion"]]
    assert any("Resources" in what for what in steps)
    assert any("Success looks like" in what for what in steps)
    stage.setup()
    stage.settled()
    shows = stage.people.shows("Goals", "A")
    assert (shows["Mood"], shows["Why it matters"]) == ("fine", "because")
    assert "Success looks like" in shows


def test_a_renamed_property_is_no_drift(stage: Stage) -> None:
    stage.ready()
    stage.people.rename("Goals", "Why it matters", "Motivation")
    assert stage.setup().steps["notion"] == []


def test_a_deleted_property_is_told_and_made_again(stage: Stage) -> None:
    stage.ready().goals("A", why="because")
    stage.settled()
    stage.people.delete_property("Goals", "Why it matters")
    stage.sync()
    assert stage.other.rows[stage.goal("A")].fields["why"] == "because"
    [step] = plan_setup(stage.program).steps["notion"]
    assert (step.action, "Why it matters" in step.what) == ("repair", True)
    stage.setup()
    stage.settled()
    assert stage.people.shows("Goals", "A")["Why it matters"] == "because"


def test_a_property_of_another_type_is_left_to_people_and_gets_a_successor(stage: Stage) -> None:
    stage.ready().goals("A", why="because")
    stage.settled()
    stage.people.retype("Goals", "Why it matters", "number")
    report = stage.sync()
    assert any("another type" in warning for warning in report.warnings)
    assert stage.other.rows[stage.goal("A")].fields["why"] == "because"
    stage.setup()
    stage.settled()
    shows = stage.people.shows("Goals", "A")
    assert (shows["Why it matters"], shows["Why it matters (2)"]) == (None, "because")


def test_a_table_in_the_trash_stops_the_run_and_is_made_anew_when_asked(stage: Stage) -> None:
    stage.ready().goals("A", "B")
    stage.settled()
    stage.people.database("Goals").in_trash = True
    stage.clock.tick(minutes=61)
    with pytest.raises(GuardStop, match="goal"):
        stage.sync()
    assert len(stage.titles()) == 2
    stage.setup()
    stage.settled()
    assert len(stage.titles()) == 2
    assert len(stage.people.rows("Goals")) == 2


def test_a_home_page_that_is_gone_stops_the_run_and_is_never_made_again_silently(stage: Stage) -> None:
    stage.ready().goals("A")
    stage.settled()
    home = next(
        page for page in stage.box.world.pages.values() if page.parent == ("page_id", stage.box.root.id)
    )
    home.in_trash = True
    problems = stage.setup().problems
    assert isinstance(problems["notion"], GuardStop)
    assert stage.titles() == ["A"]


def test_a_copy_of_the_home_page_is_no_second_home(stage: Stage) -> None:
    stage.ready()
    world = stage.box.world
    home = next(page for page in world.pages.values() if page.parent == ("page_id", stage.box.root.id))
    blocks = [world.blocks[id] for id in home.children if id in world.blocks]
    world.actor = world.person
    copy = stage.people.page("Copy of it", stage.box.root)
    for block in blocks:
        stage.people.write.add(copy, kind=block.type)
        world.blocks[copy.children[-1]].payload = dict(block.payload)
    home.in_trash = True
    assert isinstance(stage.setup().problems["notion"], GuardStop), "the copy is another place"


def test_a_page_that_is_not_shared_is_told_with_what_to_do(stage: Stage) -> None:
    stage.people.unshare(stage.box.root)
    problem = stage.setup().problems["notion"]
    assert isinstance(problem, AccessError)
    assert "Connections" in problem.remedy


def test_a_connection_that_may_not_insert_is_told_so(stage: Stage) -> None:
    stage.box.capabilities.discard("insert")
    problem = stage.setup().problems["notion"]
    assert isinstance(problem, AccessError)
    assert "insert" in problem.remedy


def of_pairs(stage: Stage) -> dict[str, list[str]]:
    """Pair to the views in its page."""
    world = stage.box.world
    found: dict[str, list[str]] = {}
    for view in world.views.values():
        parent = world.databases[view.parent[1]].parent
        if parent[1] in world.pages and world.pages[parent[1]] in stage.people.rows("Pairs"):
            found.setdefault(stage.people.title(world.pages[parent[1]]), []).append(view.name)
    return found


def test_a_pair_s_page_shows_what_is_its_own(stage: Stage) -> None:
    stage.configure("structured")
    stage.ready()
    assert of_pairs(stage) == {"Ada & Grace": ["Goals", "Check-ins", "Promises"]}
    pair = stage.people.row("Pairs", "Ada & Grace").id
    for view in stage.box.world.views.values():
        if stage.box.world.databases[view.parent[1]].parent == ("page_id", pair):
            assert pair in str(view.filter)


@pytest.mark.parametrize("died_at", [1, 2])
def test_views_of_a_pair_that_a_killed_run_left_out_are_made_by_the_next(
    stage: Stage, died_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    send, made = client.Wire._send, 0

    def dying(self: client.Wire, method: str, path: str, *rest: object) -> object:
        nonlocal made
        if (method, path) == ("POST", "views"):
            made += 1
            if made == died_at:
                raise Died
        return send(self, method, path, *rest)  # type: ignore[arg-type]

    stage.setup()
    stage.other.add("pair", name="Ada & Grace", status="paused")
    monkeypatch.setattr(client.Wire, "_send", dying)
    with pytest.raises(Died):
        stage.sync()
    monkeypatch.setattr(client.Wire, "_send", send)
    stage.clock.tick(minutes=5)
    stage.settled()
    assert of_pairs(stage) == {"Ada & Grace": ["Goals", "Check-ins"]}
    views = [v for v in stage.box.world.views.values() if v.name == "Check-ins"]
    for view in views:
        stage.box.world.databases[view.parent[1]].in_trash = True
    before = len(stage.box.world.views)
    stage.settled()
    assert len(stage.box.world.views) == before, "what people delete is not made again"


def test_many_pairs_get_their_views_by_several_runs(stage: Stage) -> None:
    stage.setup()
    for number in range(12):
        stage.other.add("pair", name=f"Pair {number}", status="paused")
    for _ in range(4):
        stage.sync()
    assert sorted(of_pairs(stage)) == sorted(f"Pair {number}" for number in range(12))
    assert all(names == ["Goals", "Check-ins"] for names in of_pairs(stage).values())
    assert set(stage.counted()) == {("POST", "data_sources/ID/query")}
