"""The workbook connector: see BEHAVIOR.md beside this package."""

from syncengine_workbook.connector import WorkbookConnector

connector = WorkbookConnector()

__all__ = ["connector"]
