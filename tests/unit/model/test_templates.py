"""Templates are data over the model: light is part of structured, and going up to it loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncengine.errors import ConfigError
from syncengine.model import template as module
from syncengine.model.cadence import Cadence, cadence_of
from syncengine.model.kind import Audience
from syncengine.model.kinds import all_kinds
from syncengine.model.template import load_template, names, templates_folder
from syncengine.testing.people import Desk, Team

WORDED = [(name, preset) for name in names() for preset in (None, *names("presets"))]


def test_the_templates_and_presets_there_are() -> None:
    assert names() == ["light", "structured"]
    assert names("presets") == ["community-circle", "early-career", "term", "transition"]


def test_structured_is_everything() -> None:
    structured = load_template("structured")
    assert {name: set(kind.fields) for name, kind in structured.kinds.items()} == {
        name: set(kind.fields) for name, kind in all_kinds().items()
    }


@pytest.mark.parametrize("preset", [None, *names("presets")])
def test_light_is_part_of_structured(preset: str | None) -> None:
    light, structured = load_template("light", preset), load_template("structured", preset)
    for name, kind in light.kinds.items():
        more = structured.kinds[name]
        assert kind.fields.keys() <= more.fields.keys()
        assert (kind.label, kind.plural, kind.title, kind.natural_key, kind.audience) == (
            more.label, more.plural, more.title, more.natural_key, more.audience,
        )  # fmt: skip
        for field in kind.fields.values():
            assert field == more.fields[field.name], "its columns stay the same columns"


@pytest.mark.parametrize(("name", "preset"), WORDED)
@pytest.mark.parametrize("audience", ["program", "pair"])
def test_what_the_engine_relies_on_is_there(name: str, preset: str | None, audience: Audience) -> None:
    template = load_template(name, preset).seen_by(audience)
    assert {"person", "pair", "goal", "progress", "checkin", "win", "question"} <= template.kinds.keys()
    plurals = [kind.plural.casefold() for kind in template.kinds.values()]
    assert len(set(plurals)) == len(plurals), "a folder or sheet for each"
    for kind in template.kinds.values():
        assert set(kind.title) <= kind.fields.keys(), "people can name it"
        assert set(kind.natural_key) <= kind.fields.keys(), "it can be matched"
        labels = [field.label.casefold() for field in kind.fields.values()]
        assert len(set(labels)) == len(labels)
        assert {field.ref for field in kind.fields.values() if field.ref} <= template.kinds.keys()
        assert kind.body is None or kind.body in kind.fields


@pytest.mark.parametrize(("name", "preset"), WORDED)
def test_the_programs_part_is_without_the_pairs_own(name: str, preset: str | None) -> None:
    whole, part = load_template(name, preset), load_template(name, preset).seen_by("program")
    assert whole.seen_by("pair") is whole
    own = {
        (k.name, f.name)
        for k in whole.kinds.values()
        for f in k.fields.values()
        if "pair" in (k.audience, f.audience)
    }
    assert {(k.name, f) for k in part.kinds.values() for f in k.fields} == {
        (k.name, f) for k in whole.kinds.values() for f in k.fields
    } - own
    assert ("checkin", "notes") in own


@pytest.mark.parametrize("preset", names("presets"))
def test_a_presets_rhythm_is_one_that_a_pair_can_keep(preset: str) -> None:
    cadence = load_template("structured", preset).preset
    assert cadence.keys() - {"weeks"} <= all_kinds()["pair"].fields.keys()
    assert cadence["weeks"] > 0
    assert isinstance(cadence_of({**cadence, "first_meeting": "2026-03-03"}, "UTC"), Cadence)


@pytest.mark.parametrize(("name", "preset"), WORDED)
def test_pages_have_a_title_and_words(name: str, preset: str | None) -> None:
    pages = load_template(name, preset).pages
    assert {page.name for page in pages} >= {"guide", "agenda"}
    for page in pages:
        assert page.title
        assert not page.title.startswith("#")
        assert len(page.text.split()) > 20
        assert page.text.endswith("\n")


def test_every_file_of_the_templates_is_used() -> None:
    pages = {page.name for name in names() for page in load_template(name).pages}
    assert {path.stem for path in (Path(templates_folder()) / "pages").glob("*.md")} == pages


@pytest.mark.parametrize(
    ("name", "preset", "told"),
    [("grand", None, "template called 'grand'"), ("light", "mars", "preset called 'mars'")],
)
def test_an_unknown_one_is_told_with_those_there_are(name: str, preset: str | None, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        load_template(name, preset)
    assert "Use one of: " in caught.value.remedy


def test_in_an_installed_wheel_the_templates_are_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "syncengine"
    (package / "model").mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(package / "model" / "template.py"))
    assert Path(templates_folder()) == package.parent / "templates", "beside it in a checkout"
    (package / "_templates").mkdir()
    assert Path(templates_folder()) == package / "_templates"


# Going from one to the other, with tools that people write in.


def with_template(team: Team, name: str) -> None:
    team.template = name
    team.program = team.configure()
    team.setup()
    team.sync(allow=("template",))


def words_in(team: Team, desk: str) -> dict[str, dict[str, object]]:
    return {
        row.id or "": {n: v for n, v in row.fields.items() if v is not None}
        for row in team.tools[desk].rows.values()
    }


def test_light_goes_up_to_structured_and_loses_nothing(tmp_path: Path) -> None:
    team = Team(str(tmp_path), [Desk("A"), Desk("B")], template="light")
    ada = team.add("A", "person", name="Ada", wants="SQL")
    team.add(
        "B",
        "goal",
        title="Learn SQL",
        person="Ada",
        percent="40 %",
        why="To ask my own questions",
        notes="A\n\nB",
    )
    team.add("A", "win", what="First query", who="Ada", story="It ran.")
    team.sync()
    team.sync()
    before = {desk: words_in(team, desk) for desk in ("A", "B")}
    with_template(team, "structured")
    for desk, rows in before.items():
        after = words_in(team, desk)
        for id, fields in rows.items():
            assert fields.items() <= after[id].items()
    assert team.sync().writes == 0
    team.add("B", "commitment", what="Send the link", who="Ada")
    team.sync()
    assert any(row.kind == "commitment" for row in team.tools["A"].rows.values())
    assert team.tools["A"].rows[ada].fields["wants"] == "SQL"


def test_down_to_light_and_up_again_loses_nothing(tmp_path: Path) -> None:
    team = Team(str(tmp_path), [Desk("A"), Desk("B")], template="structured")
    team.add("A", "person", name="Ada", zone="Europe/Berlin")
    team.add("B", "goal", title="Learn SQL", person="Ada", success="I wrote ten", unit="queries", target=10)
    team.add("A", "resource", title="The book", link="https://example.org", notes="Chapter 3")
    team.sync()
    team.sync()
    before = {desk: words_in(team, desk) for desk in ("A", "B")}
    with_template(team, "light")
    assert team.sync().writes == 0
    with_template(team, "structured")
    assert {desk: words_in(team, desk) for desk in ("A", "B")} == before
    assert team.sync().writes == 0
