"""The versions of Notion's API that are understood."""

VERSIONS = ("2025-09-03", "2026-03-11")
"""The first is the default: it is what recorded traffic vouches for (BEHAVIOR.md)."""
