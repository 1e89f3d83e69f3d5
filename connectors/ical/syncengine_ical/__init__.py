"""The ical connector: see BEHAVIOR.md beside this package."""

from syncengine_ical.connector import IcalConnector

connector = IcalConnector()

__all__ = ["connector"]
