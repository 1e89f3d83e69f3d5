"""What `mentorsync doctor` says of the access to a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from syncengine.connector import Check, Opening
from syncengine.errors import MentorsyncError
from syncengine_sheets.client import Client
from syncengine_sheets.structure import Structure


def checks(
    client: Callable[[], Client], look: Callable[[], Structure | None], opening: Opening
) -> list[Check]:
    """The sign-in, the file, its zone. Writes nothing: whether it may be written shows with the first set-up."""
    try:
        who = client().identity.who
    except MentorsyncError as error:
        return [Check("signed in to Google", error.reason, error.remedy)]
    found = [Check(f"signed in to Google as {who}")]
    try:
        structure = look()
    except MentorsyncError as error:
        return [*found, Check("the spreadsheet can be read", error.reason, error.remedy)]
    if structure is None:
        return [*found, Check("the spreadsheet will be made by setup")]
    found.append(Check(f"the spreadsheet “{structure.title}” can be read"))
    zone = opening.locale.zone
    if structure.zone and not _same(structure.zone, zone):
        said = f"the spreadsheet is in {structure.zone}, the program in {zone}"
        means = "times in cells are the program's, but “overdue” and the Dashboard go by the spreadsheet's"
        remedy = f"File → Settings → Time zone: choose {zone}."
        found.append(Check("its time zone is the program's", f"{said}: {means}", remedy))
    return found


def _same(name: str, zone: ZoneInfo) -> bool:
    return name == str(zone) or {name, str(zone)} <= {"UTC", "Etc/GMT", "Etc/UTC", "GMT"}
