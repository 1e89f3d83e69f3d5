"""The Google Sheets connector: see BEHAVIOR.md beside this package."""
