"""People at work in a sandbox spreadsheet, for the conformance suite: by tabs, headings and what they see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncengine.model.kinds import all_kinds
from syncengine_sheets.sandbox import Hands, Sandbox, Spreadsheet

HEADINGS = {
    kind.name: {field.name: field.label for field in kind.fields.values()} for kind in all_kinds().values()
}
TABS = {kind.name: kind.plural for kind in all_kinds().values()}


class SheetsPeople:
    """Type into cells as a person does."""

    def __init__(self, sandbox: Sandbox, sheet: Spreadsheet) -> None:
        self.sandbox, self.sheet = sandbox, sheet
        self.renamed: dict[tuple[str, str], str] = {}

    def hands(self, kind: str) -> Hands:
        return self.sandbox.hands(self.sheet, TABS[kind])

    def column(self, kind: str, field: str) -> int:
        return self.hands(kind).column(self.renamed.get((kind, field), HEADINGS[kind][field]))

    def row(self, kind: str, title: str) -> int | None:
        hands, at = self.hands(kind), self.column(kind, all_kinds()[kind].title[0])
        return next((n for n in range(1, len(hands.tab.rows)) if hands.tab.get(n, at).value == title), None)

    def add(self, kind: str, fields: Mapping[str, Any]) -> None:
        hands = self.hands(kind)
        row = hands.below()
        for name, value in fields.items():
            self.enter(hands, row, self.column(kind, name), value)

    def enter(self, hands: Hands, row: int, column: int, value: Any) -> None:
        """Texts are pasted as they are: a person who wants =1+1 as words types an apostrophe first."""
        if isinstance(value, str) and value.startswith("="):
            value = f"'{value}"
        hands.type(row, column, value)

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        row = self.row(kind, title)
        assert row is not None, f"no {kind} {title!r}"
        self.enter(self.hands(kind), row, self.column(kind, field), value)

    def remove(self, kind: str, title: str) -> None:
        row = self.row(kind, title)
        assert row is not None
        self.hands(kind).delete_row(row)

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        row = self.row(kind, title)
        hands = self.hands(kind)
        if row is None:
            return None
        heads = {cell.value for cell in hands.tab.row(0).values()}
        shown = {name: self.renamed.get((kind, name), label) for name, label in HEADINGS[kind].items()}
        return {name: hands.see(row, hands.column(label)) for name, label in shown.items() if label in heads}

    def count(self, kind: str) -> int:
        hands = self.hands(kind)
        heads = {cell.value: column for column, cell in hands.tab.row(0).items()}
        shown = [self.renamed.get((kind, name), label) for name, label in HEADINGS[kind].items()]
        columns = [heads[label] for label in shown if label in heads]
        return sum(any(not hands.tab.get(n, c).empty for c in columns) for n in range(1, len(hands.tab.rows)))

    def copy(self, kind: str, title: str) -> None:
        row = self.row(kind, title)
        assert row is not None
        self.hands(kind).copy_row(row, self.hands(kind).below())

    def rename_field(self, kind: str, field: str) -> None:
        hands, at = self.hands(kind), self.column(kind, field)
        hands.type(0, at, "My own words for it")
        self.renamed[kind, field] = "My own words for it"

    def drop_field(self, kind: str, field: str) -> None:
        self.hands(kind).delete_column(self.column(kind, field))

    def shuffle(self, kind: str) -> None:
        self.hands(kind).sort(self.column(kind, all_kinds()[kind].title[0]), descending=True)

    def own_content(self) -> None:
        hands = self.hands("goal")
        self.sandbox.hands(self.sheet, "Goals").insert_column(2)
        hands.type(0, 2, "My mood")
        hands.type(1, 2, "fine ☀")
        hands.compute(1, hands.column("Unit"), "=CONCAT(1;2)", "12")
        dashboard = self.sandbox.hands(self.sheet, "Dashboard")
        dashboard.type(60, 14, "my own")

    def own_content_is_intact(self) -> bool:
        hands = self.hands("goal")
        dashboard = self.sandbox.hands(self.sheet, "Dashboard")
        row, unit = self.row("goal", "Learn SQL"), hands.column("Unit")
        assert row is not None
        return (hands.see(0, 2), hands.see(row, 2), hands.tab.get(row, unit).formula, dashboard.see(60, 14)) == (
            "My mood", "fine ☀", "=CONCAT(1;2)", "my own",
        )  # fmt: skip

    def break_item(self, kind: str, title: str) -> None:
        self.edit(kind, title, "percent", "ca. 50 %")
