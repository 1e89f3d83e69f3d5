"""All operations of one push, in one write of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncengine.connector import Operation, Outcome, Rejected
from syncengine_workbook.archive import Line, append, archive_sheet
from syncengine_workbook.book import Book
from syncengine_workbook.file import Print
from syncengine_workbook.layout import Tab
from syncengine_workbook.mapping import Codec
from syncengine_workbook.results import forget_results
from syncengine_workbook.tab_writer import TabWriter


def write(
    book: Book, tabs: Mapping[str, Tab], codec: Codec, operations: Sequence[Operation], trusted: bool
) -> tuple[list[Outcome], Print | None]:
    """Carry out the operations; the outcomes in their order, and the file as it is now (`None`: not written).

    Raises `Unavailable` or `AccessError` where it could not be replaced; then none of them took effect.
    """
    outcomes: dict[int, Outcome] = {}
    taken: list[tuple[TabWriter, list[Operation]]] = []
    for kind in dict.fromkeys(operation.kind for operation in operations):
        mine = [operation for operation in operations if operation.kind == kind]
        if kind not in tabs:
            outcomes |= {
                id(one): Rejected(one, f"there is no sheet for it ({kind})", "Run setup: it makes the sheet.")
                for one in mine
            }
            continue
        writer = TabWriter(book, tabs[kind], codec, mine, trusted)
        for operation in mine:
            outcome = writer.add(operation)
            if outcome is not None:
                outcomes[id(operation)] = outcome
        taken.append((writer, mine))
    changed = [writer.apply() for writer, _ in taken]
    _keep_removed(book, [line for writer, _ in taken for line in writer.archive])
    written = None
    if any(changed):
        book.keep_styles()
        book.calculate_on_load()
        forget_results(book, tabs.values())
        written = book.package.save()
    for writer, _ in taken:
        for outcome in writer.outcomes():
            outcomes[id(outcome.operation)] = outcome
    return [outcomes[id(operation)] for operation in operations], written


def _keep_removed(book: Book, lines: list[Line]) -> None:
    if not lines:
        return
    if archive_sheet(book) is None:
        from syncengine_workbook.provisioning import add_archive

        add_archive(book)
    append(book, lines)
