"""A stand-in for Google Sheets: its real HTTP API on this machine, for tests and demos."""

from syncengine_sheets.sandbox.people import Hands
from syncengine_sheets.sandbox.server import Sandbox
from syncengine_sheets.sandbox.spreadsheet import Spreadsheet

__all__ = ["Hands", "Sandbox", "Spreadsheet"]
