"""The plug-in is cheap to import: Google's libraries are loaded when a spreadsheet is opened."""

import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from syncengine.connector import SettingsError
from syncengine_google.credentials import SignIn
from syncengine_google.session import Session
from syncengine_sheets import a1, connector
from syncengine_sheets.client import Client
from syncengine_sheets.sandbox import Sandbox


def test_importing_and_checking_settings_loads_nothing_of_googles() -> None:
    code = (
        "import sys, syncengine_sheets as s;"
        "s.connector.validate({'credentials': 'token:env:X'}, '.');"
        "print([m for m in sys.modules if m.split('.')[0] in ('google', 'googleapiclient', 'requests', 'tenacity', 'orjson')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_read_loads_nothing_of_the_client_library(sandbox: Sandbox) -> None:
    """Its start takes longer than a sync that has nothing to do."""
    code = (
        "import sys; from syncengine_sheets.client import Client;"
        "from syncengine_google.credentials import SignIn;"
        "settings = {'sign_in': SignIn('token', 'env:SHEETS_TOKEN'), 'base': '.', 'api_endpoint': sys.argv[1]};"
        "print(Client(settings, 'here', lambda: None).values(sys.argv[2], [\"'Sheet1'\"]));"
        "print([m for m in sys.modules if m in ('googleapiclient.discovery', 'httplib2', 'pyparsing')])"
    )
    command = [sys.executable, "-c", code, sandbox.address, sandbox.make().id]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[[]]", "[]"]


@pytest.mark.parametrize(
    "titles", [["Goals"], ["It's", "Ziele & Größe", "a+b c%20", "日本語", "#?=/"], ["t" * 100] * 30]
)
def test_a_read_asks_what_the_client_library_would_ask(
    titles: list[str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"sign_in": SignIn("token", "env:SHEETS_TOKEN"), "base": ".", "api_endpoint": sandbox.address}
    client, asked = Client(settings, "here", lambda: None), list[str]()
    monkeypatch.setattr(client, "call", lambda request: asked.append(request.uri))
    ranges = [a1.quoted(title) for title in titles]
    client.read("abc_-1", ranges)
    session = Session(client.identity, sandbox.address)
    theirs = session.service("sheets", "v4").spreadsheets().values().batchGet(
        spreadsheetId="abc_-1", ranges=ranges, valueRenderOption="UNFORMATTED_VALUE", dateTimeRenderOption="SERIAL_NUMBER",
        prettyPrint=False,
    )  # fmt: skip
    ours, other = urlsplit(asked[0]), urlsplit(theirs.uri)
    assert ours[:3] == other[:3]
    assert parse_qs(ours.query) == parse_qs(other.query)
    session.close()
    client.close()


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({}, "credentials"),
        ({"credentials": "adc", "sheet": "x"}, "sheet"),
        ({"credentials": "adc", "spreadsheet": "my sheet"}, "spreadsheet"),
        ({"credentials": "adc", "spreadsheet": 7}, "spreadsheet"),
        ({"credentials": "adc", "api_endpoint": "http://example.org"}, "api_endpoint"),
        ({"credentials": "adc", "columns": {"goal": {"Deadline": "dew"}}}, "columns.goal.Deadline"),
        ({"credentials": "token:plain"}, "credentials"),
    ],
)
def test_wrong_settings_are_named(said: dict[str, object], key: str) -> None:
    with pytest.raises(SettingsError) as told:
        connector.validate(said, ".")
    assert set(told.value.problems) == {key}


@pytest.mark.parametrize(
    "said",
    [
        "1ixIGCQezexeSZMbzt_A3kYfYLMC9UI4mmFmlw-G_9NI",
        "https://docs.google.com/spreadsheets/d/1ixIGCQezexeSZMbzt_A3kYfYLMC9UI4mmFmlw-G_9NI/edit#gid=0",
        "https://docs.google.com/spreadsheets/u/1/d/1ixIGCQezexeSZMbzt_A3kYfYLMC9UI4mmFmlw-G_9NI",
    ],
)
def test_an_address_or_an_id_names_the_spreadsheet(said: str) -> None:
    settings = connector.validate({"credentials": "adc", "spreadsheet": said}, ".")
    assert settings["spreadsheet"] == "1ixIGCQezexeSZMbzt_A3kYfYLMC9UI4mmFmlw-G_9NI"
