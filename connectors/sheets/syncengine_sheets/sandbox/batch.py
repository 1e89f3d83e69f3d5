"""`spreadsheets.batchUpdate`: requests in order, all or nothing."""

from __future__ import annotations

from collections.abc import Callable

from syncengine_sheets.sandbox.batch_cells import CellRequests
from syncengine_sheets.sandbox.batch_objects import ObjectRequests
from syncengine_sheets.sandbox.batch_tabs import TabRequests
from syncengine_sheets.sandbox.requests import Said, Wrong
from syncengine_sheets.sandbox.spreadsheet import invalid


class Batch(TabRequests, CellRequests, ObjectRequests):
    """See the module."""

    def apply(self, requests: list[Said]) -> list[Said]:
        """The replies, one for each request. Raises `Refusal` naming the request; then nothing has changed."""
        before, replies = self.sheet.snapshot(), []
        try:
            for number, request in enumerate(requests):
                name, said = next(iter(request.items()))
                handler: Callable[[Said], Said | None] | None = getattr(self, f"_do_{name}", None)
                if handler is None:
                    raise NotImplementedError(f"the sandbox has no {name}")
                try:
                    reply = handler(said)
                except IndexError:
                    raise invalid(
                        f"Invalid requests[{number}].{name}: Attempting to write column or row outside of the grid"
                    ) from None
                except KeyError as error:
                    raise invalid(
                        f"Invalid requests[{number}].{name}: {error} is missing or unknown"
                    ) from None
                except Wrong as error:
                    raise invalid(f"Invalid requests[{number}].{name}: {error}") from None
                replies.append({name: reply} if reply is not None else {})
        except BaseException:
            self.sheet.restore(before)
            raise
        self.sheet.version += 1
        return replies
