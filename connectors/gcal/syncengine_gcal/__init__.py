"""mentorsync connector: Google Calendar."""

from syncengine_gcal.connector import CalendarConnector

__all__ = ["connector"]

connector = CalendarConnector()
"""What the entry point names."""
