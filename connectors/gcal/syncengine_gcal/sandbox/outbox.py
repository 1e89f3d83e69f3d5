"""Every e-mail that Google would send: nobody may be surprised by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["invitation", "update", "cancellation", "sharing"]


@dataclass(frozen=True)
class Mail:
    """One message to one address."""

    to: str
    kind: Kind
    event: str
    summary: str
    request: int
    """The number of the request that caused it; 0 where a person did."""


class Outbox:
    """The messages, oldest first. `google`: addresses with a calendar of Google, which `externalOnly` leaves out."""

    def __init__(self, owner: str, google: Collection[str] = ()) -> None:
        self.owner, self.google = owner, set(google)
        self.mails: list[Mail] = []

    def send(
        self,
        mode: str,
        kind: Kind,
        event: Mapping[str, Any],
        request: int,
        before: Mapping[str, Any] | None = None,
    ) -> None:
        """What `sendUpdates=mode` makes of a change; whom it takes off the list is told of a cancellation."""
        if mode not in ("all", "externalOnly"):
            return
        now, was = _guests(event), _guests(before or {})
        for address in sorted({*now, *was}):
            if address == self.owner or (mode == "externalOnly" and address in self.google):
                continue
            what: Kind = "cancellation" if address not in now else kind
            if what == "update" and before is not None and address not in was:
                what = "invitation"
            self.mails.append(Mail(address, what, str(event["id"]), str(event.get("summary", "")), request))

    def share(self, address: str, calendar: str, request: int) -> None:
        """The message that `acl.insert` sends unless told not to."""
        self.mails.append(Mail(address, "sharing", calendar, "", request))


def _guests(event: Mapping[str, Any]) -> set[str]:
    return {attendee["email"] for attendee in event.get("attendees") or ()}
