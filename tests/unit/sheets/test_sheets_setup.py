"""Set-up: a spreadsheet made, one adopted, one set up again; and who may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gspread
import pytest
from google.oauth2.credentials import Credentials
from gspread.http_client import HTTPClient

from syncengine.testing.loopback import Answer, Fault, Request
from syncengine_sheets.sandbox import Sandbox, Spreadsheet
from tests.unit.sheets.stage import Stage


def adopted(folder: Path, sandbox: Sandbox, sheet: Spreadsheet, **options: object) -> Stage:
    more = f'spreadsheet = "https://docs.google.com/spreadsheets/d/{sheet.id}/edit#gid=0"\n'
    return Stage(folder, sandbox, more=more, **options)  # type: ignore[arg-type]


@pytest.fixture
def own(sandbox: Sandbox) -> Spreadsheet:
    """A coordinator's own spreadsheet: goals under their own headings, a line above them, a tab of their own."""
    sheet = sandbox.make("Our programme", locale="de_DE", time_zone="Europe/Berlin")
    sheet.tabs[0].title = "Ziele und goals"
    hands = sandbox.hands(sheet, "Ziele und goals")
    for row, line in enumerate([
        ["Mentoring 2026"], ["Goal title", "Who", "Deadline", "Progress", "My own mood"],
        ["Learn SQL", "Ada Lovelace", "1.3.2026", 40, "☀"], ["Give a talk", "Grace Hopper", "", 75, "☁"],
    ]):  # fmt: skip
        for column, value in enumerate(line):
            hands.type(row, column, value)
    return sheet


def test_a_spreadsheet_is_made_as_a_template(tmp_path: Path, sandbox: Sandbox) -> None:
    stage = Stage(tmp_path / "program", sandbox, template="structured")
    sheet = stage.sheet
    titles = [tab.title for tab in sheet.tabs]
    assert titles[:2] == ["Dashboard", "Guide"]
    assert titles[-2:] == ["Archive", "mentorsync"]
    assert "Sheet1" not in titles
    assert set(titles) >= {kind.plural for kind in stage.program.template.seen_by("program").kinds.values()}
    assert sheet.time_zone == "Europe/Berlin"
    goals = next(tab for tab in sheet.tabs if tab.title == "Goals")
    assert goals.properties["grid"] == {"frozenRowCount": 1, "frozenColumnCount": 1, "hideGridlines": True}
    hands = sandbox.hands(sheet, "Goals")
    status, percent, due, person, expert, id = (
        hands.column(h) for h in ("Status", "Percent", "Due", "Person", "Needs an expert", "mentorsync id")
    )
    assert goals.validation(5, status)["condition"]["type"] == "ONE_OF_LIST"
    assert goals.validation(5, person)["condition"]["values"] == [{"userEnteredValue": "='People'!$A$2:$A"}]
    assert goals.validation(5, expert)["condition"]["type"] == "BOOLEAN"
    assert not any(goals.validation(5, column).get("strict") for column in (status, person, due))
    assert goals.number_format(5, percent) == {"type": "PERCENT", "pattern": "0%"}
    assert goals.number_format(5, due) == {"type": "DATE", "pattern": "yyyy-mm-dd"}
    assert goals.number_format(5, hands.column("Why it matters")) == {"type": "TEXT", "pattern": "@"}
    assert goals.column_properties[id]["hiddenByUser"]
    assert goals.objects["protectedRanges"][0]["warningOnly"]
    assert goals.objects["bandedRanges"]
    colours = [
        (
            found["ranges"][0]["startColumnIndex"],
            found["booleanRule"]["condition"]["values"][0]["userEnteredValue"],
        )
        for found in goals.objects["conditionalFormats"]
    ]
    for late in (due, hands.column("Review on")):
        assert any(column == late and "<TODAY()" in formula for column, formula in colours), "overdue, stale"
    assert any(column == status and '"achieved"' in formula for column, formula in colours)
    progress = next(tab for tab in sheet.tabs if tab.title == "Progress")
    which = sandbox.hands(sheet, "Progress").column("Goal")
    assert progress.validation(5, which)["condition"]["values"] == [{"userEnteredValue": "='Goals'!$A$2:$A"}]
    assert all(hands.tab.get(0, column).note for column in range(id + 1)), "every heading says what it means"
    dashboard = sheet.tabs[0]
    assert len(dashboard.objects["charts"]) == 4
    formulas = [cell.formula for row in dashboard.rows for cell in row.values() if cell.formula]
    assert len(formulas) > 100
    assert not any("," in formula.replace('","', "") for formula in formulas), (
        "arguments are separated by semicolons"
    )
    assert next(tab for tab in sheet.tabs if tab.title == "mentorsync").properties["hidden"]


def test_setup_that_dies_after_creating_goes_on_with_the_same_spreadsheet(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    sandbox.private.add("nobody")
    stage = Stage(tmp_path / "program", sandbox, make=False)
    from syncengine.testing.loopback import Fault

    sandbox.fault = lambda request: Fault("lost") if request.path.endswith(":batchUpdate") else None
    assert stage.setup().problems
    sandbox.fault = lambda _request: None
    assert not stage.setup().problems
    assert len(sandbox.files) == 1
    assert stage.setup().empty
    assert stage.sync().status == "agreed"


def test_own_tabs_and_columns_are_adopted_and_left_as_they_are(
    tmp_path: Path, sandbox: Sandbox, own: Spreadsheet
) -> None:
    stage = adopted(tmp_path / "program", sandbox, own)
    tab = own.tabs[next(n for n, t in enumerate(own.tabs) if t.title == "Ziele und goals")]
    hands = sandbox.hands(own, "Ziele und goals")
    assert [tab.get(1, column).value for column in range(5)] == [
        "Goal title",
        "Who",
        "Deadline",
        "Progress",
        "My own mood",
    ]
    assert tab.get(0, 0).value == "Mentoring 2026"
    assert own.locale == "de_DE", "the spreadsheet's own settings are people's"
    stage.settled()
    goals = {str(r.fields["title"]): r.fields for r in stage.records("goal").values()}
    assert goals["Learn SQL"]["due"] == "2026-03-01"
    assert goals["Learn SQL"]["percent"] == 40
    assert goals["Give a talk"]["percent"] == 75
    stage.other.add("goal", title="From elsewhere", percent=20, due="2026-05-01")
    stage.settled()
    row = (
        hands.row("Goal title", "From elsewhere", 2)
        if False
        else next(n for n in range(2, 9) if tab.get(n, 0).value == "From elsewhere")
    )
    assert tab.get(row, 3).value == 20, "written as they write it"
    assert tab.get(row, 2).format["numberFormat"]["type"] == "DATE", "a day looks like one"
    assert [tab.get(n, 4).value for n in (2, 3)] == ["☀", "☁"]


def test_the_plan_of_an_adoption_says_what_is_read_as_what(
    tmp_path: Path, sandbox: Sandbox, own: Spreadsheet
) -> None:
    from syncengine.provision import plan_setup

    stage = adopted(tmp_path / "program", sandbox, own, make=False)
    version = own.version
    said = [f"{step.action} {step.what}" for step in plan_setup(stage.program).steps["sheet"]]
    assert "adopt tab 'Ziele und goals' is read as Goals" in said
    assert "adopt column 'Deadline' of tab 'Ziele und goals' is read as Due" in said
    assert "make a hidden column of ids in tab 'Ziele und goals'" in said
    assert "make tab 'People'" in said
    assert own.version == version


def test_a_deleted_column_and_tab_come_back(tmp_path: Path, sandbox: Sandbox) -> None:
    stage = Stage(tmp_path / "program", sandbox)
    stage.other.add("goal", title="Learn SQL", why="to ask")
    stage.settled()
    hands = stage.people.hands("goal")
    hands.delete_column(hands.column("Why it matters"))
    stage.sheet.tabs.remove(next(tab for tab in stage.sheet.tabs if tab.title == "Dashboard"))
    stage.sheet.metadata = [m for m in stage.sheet.metadata if m.get("metadataValue") != "dashboard"]
    steps = stage.setup().steps["sheet"]
    assert {step.what for step in steps} == {"column 'Why it matters' in tab 'Goals'", "tab 'Dashboard'"}
    stage.settled()
    assert hands.see(1, hands.column("Why it matters")) == "to ask"


def test_a_copy_of_the_spreadsheet_is_not_the_place(tmp_path: Path, sandbox: Sandbox) -> None:
    import copy

    stage = Stage(tmp_path / "program", sandbox)
    stage.settled()
    twin = copy.deepcopy(stage.sheet.snapshot())
    twin.id = "1" + "c" * 43
    path = tmp_path / "program" / "mentorsync.toml"
    sandbox.files[twin.id] = twin
    path.write_text(
        path.read_text().replace('connector = "sheets"', f'connector = "sheets"\nspreadsheet = "{twin.id}"')
    )
    from syncengine.config import load
    from syncengine.errors import GuardStop

    stage.program = load(str(path))
    with pytest.raises(GuardStop, match="no longer carries the mark"):
        stage.sync()


def test_a_duplicated_tab_is_the_persons(tmp_path: Path, sandbox: Sandbox) -> None:
    stage = Stage(tmp_path / "program", sandbox)
    stage.other.add("goal", title="Learn SQL")
    stage.settled()
    tab = next(tab for tab in stage.sheet.tabs if tab.title == "Goals")
    made = tab.snapshot()
    made.id, made.title = 4711, "Copy of Goals"
    stage.sheet.tabs.append(made)
    assert stage.sync().writes == 0
    assert len(stage.records("goal")) == 1


def client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> gspread.Client:
    """A third party's client, led to the sandbox."""

    class Led(HTTPClient):
        def request(self, method: str, endpoint: str, *args: object, **options: object) -> object:  # type: ignore[override]
            endpoint = endpoint.replace("https://sheets.googleapis.com", sandbox.address)
            endpoint = endpoint.replace("https://www.googleapis.com", sandbox.address)
            return super().request(method, endpoint, *args, **options)  # type: ignore[arg-type]

    return gspread.Client(Credentials("any-token"), http_client=Led)


def test_a_third_partys_client_reads_what_we_wrote(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path / "program", sandbox)
    stage.other.add("person", name="Ada Lovelace")
    stage.other.add(
        "goal",
        title="Learn SQL",
        person="Ada Lovelace",
        why="=1+1",
        percent=40,
        due="2026-05-01",
        needs_expert=True,
    )
    stage.settled()
    book = client(sandbox, monkeypatch).open_by_key(stage.sheet.id)
    goals = book.worksheet("Goals")
    [record] = goals.get_all_records()
    assert (record["Goal"], record["Person"], record["Why it matters"]) == (
        "Learn SQL",
        "Ada Lovelace",
        "=1+1",
    )
    assert (record["Percent"], record["Due"], record["Needs an expert"]) == ("40%", "2026-05-01", "TRUE")
    [_, row] = goals.get_values(value_render_option="FORMULA")
    assert row[goals.row_values(1).index("Why it matters")] == "=1+1"
    goals.update_acell("A2", "Learn SQL well")
    stage.settled()
    assert {str(r.fields["title"]) for r in stage.records("goal").values()} == {"Learn SQL well"}


INJECTIONS = (
    '=HYPERLINK("http://evil.example";"click")', "=IMPORTXML(A1;A2)", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1;2)", "\t=1+1", "'=1+1",
)  # fmt: skip


def test_no_text_of_a_person_becomes_a_formula(tmp_path: Path, sandbox: Sandbox) -> None:
    """Neither values, nor titles in drop-downs and the Archive, nor notes."""
    stage = Stage(tmp_path / "program", sandbox)
    for number, text in enumerate(INJECTIONS):
        stage.other.add("person", name=f"{text} {number}", about=text)
        stage.other.add("goal", title=f"{text} {number}", why=text, notes=text)
    stage.settled()
    for number in (0, 1):
        stage.other.remove(
            next(
                h
                for h, r in stage.other.rows.items()
                if r.kind == "goal" and r.fields["title"].endswith(f" {number}")
            )
        )
    stage.settled()
    ours = {"Dashboard"}
    for tab in stage.sheet.tabs:
        formulas = [cell.formula for row in tab.rows for cell in row.values() if cell.formula]
        assert tab.title in ours or not formulas, (tab.title, formulas)
    sent = [e.request.body.decode() for e in sandbox.log if e.request.path.endswith("batchUpdate")]
    assert all("formulaValue" not in body for body in sent[1:]), "after set-up no formula is ever sent"
    assert all("USER_ENTERED" not in body for body in sent)
    for record in stage.records("goal").values():
        assert stage.people.read("goal", str(record.fields["title"])) is not None


def test_secrets_are_in_no_log_and_no_message(
    tmp_path: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SHEETS_TOKEN", "planted-secret-token")
    stage = Stage(tmp_path / "program", sandbox)
    stage.settled()
    sandbox.token = "another"
    report = stage.sync()
    assert report.status != "agreed"
    told = "\n".join([*report.warnings, caplog.text, *capfd.readouterr()])
    assert "does not accept the sign-in" in told
    for path in (tmp_path / "program").rglob("*"):
        assert not path.is_file() or b"planted-secret-token" not in path.read_bytes(), path
    assert "planted-secret-token" not in told


REFUSALS = {
    "private": ("not shared", lambda s, file: s.private.add(file)),
    "office": ("Save as Google Sheets", lambda s, file: s.office.add(file)),
    "gone": ("does not exist", lambda s, file: s.files.pop(file)),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_doctor_says_why_in_plain_words(
    what: str, tmp_path: Path, sandbox: Sandbox, own: Spreadsheet
) -> None:
    from syncengine.provision import plan_setup

    said, make = REFUSALS[what]
    stage = adopted(tmp_path / "program", sandbox, own, make=False)
    make(sandbox, own.id)
    checks = [check for _, check in plan_setup(stage.program, check=True).checks]
    assert checks[0].problem == ""
    text = " ".join(f"{check.problem} {check.remedy}" for check in checks)
    assert said in text or "share it with" in text
    assert "Editor" in text or "Save as" in text


def test_an_account_without_storage_is_told_what_to_do(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.storage = False
    stage = Stage(tmp_path / "program", sandbox, make=False)
    error = stage.setup().problems["sheet"]
    assert "can't create files" in error.reason
    assert "Create the file yourself" in error.remedy


def test_the_time_zone_of_an_adopted_spreadsheet_is_compared(
    tmp_path: Path, sandbox: Sandbox, own: Spreadsheet
) -> None:
    from syncengine.provision import plan_setup

    own.time_zone = "America/New_York"
    stage = adopted(tmp_path / "program", sandbox, own, make=False)
    problems = [check for _, check in plan_setup(stage.program, check=True).checks if check.problem]
    assert "America/New_York" in problems[0].problem


def shape(sheet: Spreadsheet) -> dict[str, object]:
    """What set-up makes, but for what differs from one spreadsheet to the next."""
    marks = sorted((m["metadataKey"], m.get("metadataValue", "").split()[0], str(m["location"])) for m in sheet.metadata
                   if m["metadataKey"] != "mentorsync.place")  # fmt: skip
    tabs = {tab.title: ({name: len(made) for name, made in tab.objects.items()}, tab.row_count, tab.column_count)
            for tab in sheet.tabs}  # fmt: skip
    return {
        "titles": [tab.title for tab in sheet.tabs],
        "tabs": tabs,
        "marks": marks,
        "zone": sheet.time_zone,
    }


@pytest.mark.parametrize("kind", ["refused", "committed", "lost", "truncated"])
def test_a_setup_that_breaks_off_anywhere_is_repeated_blindly(
    kind: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each of its requests, done or not: the next set-up ends with the very same template, once."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with Sandbox() as calm:
        whole = shape(Stage(tmp_path / "calm", calm).sheet)
    for step in range(1, 6):
        with Sandbox() as box:
            stage = Stage(tmp_path / f"{step}", box, make=False)
            box.fault = breaking(box, kind, step)
            stage.setup()
            box.fault = lambda _request: None
            done = stage.setup()
            assert not done.problems, (step, done.problems)
            assert len(box.files) == 1, step
            assert shape(stage.sheet) == whole, step
            assert stage.setup().empty


def breaking(box: Sandbox, kind: str, step: int) -> Callable[[Request], Fault | None]:
    """From this request on everything fails."""
    answer = Answer(503, {"error": {"code": 503, "message": "later", "status": "UNAVAILABLE"}})
    fault = Fault(kind, answer if kind in ("refused", "committed") else None)  # type: ignore[arg-type]
    return lambda _request: fault if len(box.log) + 1 >= step else None


def test_what_was_typed_into_a_spreadsheet_whose_setup_broke_off_stays(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    stage = Stage(tmp_path / "program", sandbox, make=False)
    sandbox.fault = breaking(sandbox, "lost", 4)
    assert stage.setup().problems
    sandbox.fault = lambda _request: None
    [sheet] = sandbox.files.values()
    sandbox.hands(sheet, sheet.tabs[0].title).type(4, 2, "a thought")
    assert not stage.setup().problems
    assert any(cell.value == "a thought" for tab in sheet.tabs for row in tab.rows for cell in row.values())
