"""What Notion's refusals mean for one record, and for all that are to be made in a table."""

from __future__ import annotations

from syncengine.connector import Operation, Rejected
from syncengine_notion.answers import Refused
from syncengine_notion.provisioning import refusal

LATER = "Nothing to do: the next run takes it up."


class Full(Exception):
    """The table takes no more rows: nothing else is to be made in it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def rejected(operation: Operation, refused: Refused, plural: str) -> Rejected:
    """The answer for a record of a table. Raises `Full` where no other will be taken either."""
    if refused.code == "row_limit_exceeded":
        reason = f"the table {plural} has as many rows as Notion allows"
        raise Full(reason, "Delete rows that nobody needs, and empty the trash.")
    if refused.status == 403:
        error = refusal(refused)
        raise Full(error.reason, error.remedy)
    if refused.status == 404:
        reason = "the page can't be seen any more"
        return Rejected(operation, reason, "Share it with the connection again; the next run looks.")
    reason = f"Notion refused it: {refused.message}"
    return Rejected(operation, reason, "Change the value, or the property in Notion; run: mentorsync doctor")
