"""The markdown connector: see BEHAVIOR.md beside this package."""

from syncengine_markdown.connector import MarkdownConnector

connector = MarkdownConnector()

__all__ = ["connector"]
