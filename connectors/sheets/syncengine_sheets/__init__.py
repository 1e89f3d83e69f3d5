"""The Google Sheets connector: see BEHAVIOR.md beside this package."""

from syncengine_sheets.connector import SheetsConnector

connector = SheetsConnector()

__all__ = ["connector"]
