"""The Notion connector: see BEHAVIOR.md beside this package."""

from syncengine_notion.connector import NotionConnector

connector = NotionConnector()

__all__ = ["connector"]
