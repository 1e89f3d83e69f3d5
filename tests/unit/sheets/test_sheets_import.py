"""The plug-in is cheap to import: Google's libraries are loaded when a spreadsheet is opened."""

import subprocess
import sys

import pytest

from syncengine.connector import SettingsError
from syncengine_sheets import connector


def test_importing_and_checking_settings_loads_nothing_of_googles() -> None:
    code = (
        "import sys, syncengine_sheets as s;"
        "s.connector.validate({'credentials': 'token:env:X'}, '.');"
        "print([m for m in sys.modules if m.split('.')[0] in ('google', 'googleapiclient', 'requests', 'tenacity', 'orjson')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


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
