"""The workbook part: sheets, defined names, shared strings; and edits of them that leave the rest as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from posixpath import dirname, join, normpath
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from syncengine.errors import AccessError
from syncengine_workbook.package import Package
from syncengine_workbook.sheet import SheetXml, column_number, plain_text
from syncengine_workbook.splice import AFTER_NAMES, before, into, root_prefix, with_attribute, without
from syncengine_workbook.styles import Styles

WORKBOOK = "xl/workbook.xml"
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_AREA = re.compile(r"(?:'((?:[^']|'')+)'|([^'!:]+))!\$?([A-Z]{1,3})\$?([0-9]+)(?::.*)?")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet of the book."""

    title: str
    part: str
    number: int
    """Its `sheetId`."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A link from one part to another."""

    id: str
    type: str
    """The last piece of the type's address, as in `table`."""
    part: str


def quoted(title: str) -> str:
    """A sheet's title as formulas have it."""
    return "'" + title.replace("'", "''") + "'"


def relations_part(part: str) -> str:
    """Where the relations of `part` are kept."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def relations(package: Package, part: str) -> list[Relation]:
    """The parts that `part` links to; links to the outside are left out."""
    name = relations_part(part)
    if not package.has(name):
        return []
    found = []
    for element in ElementTree.fromstring(package.read(name)):  # noqa: S314 - vetted by Package
        if element.get("TargetMode") == "External":
            continue
        target = element.get("Target", "")
        path = target[1:] if target.startswith("/") else normpath(join(dirname(part), target))
        found.append(Relation(element.get("Id", ""), element.get("Type", "").rpartition("/")[2], path))
    return found


class Book:
    """One loaded workbook. Raises `AccessError` for what it cannot work with."""

    def __init__(self, package: Package) -> None:
        self.package = package
        data = package.read(WORKBOOK)
        if _STRICT in data:
            raise AccessError(
                "is a Strict Open XML workbook",
                where=str(package.path),
                remedy="Save it as Excel Workbook (.xlsx).",
            )
        try:
            self._read(ElementTree.fromstring(data))  # noqa: S314 - vetted by Package
        except (ElementTree.ParseError, ValueError) as error:
            raise AccessError("has a workbook part that cannot be read", where=str(package.path),
                              remedy="Open it in Excel, let it repair the file, and save it.") from error  # fmt: skip
        self._sheets: dict[str, SheetXml] = {}

    def _read(self, root: ElementTree.Element) -> None:
        related = {relation.id: relation for relation in relations(self.package, WORKBOOK)}
        self._related = list(related.values())
        self.sheets: list[Sheet] = []
        self.names: dict[str, str] = {}
        self.date1904 = False
        self.taken: set[str] = set()
        for element in root.iter():
            tag = element.tag.rpartition("}")[2]
            if tag == "sheet":
                self.taken.add(element.get("name", "").casefold())
                relation = related.get(element.get(_RELATED, ""))
                if relation and relation.type == "worksheet":
                    self.sheets.append(
                        Sheet(element.get("name", ""), relation.part, int(element.get("sheetId", 0)))
                    )
            elif tag == "definedName" and element.get("localSheetId") is None:
                self.names[element.get("name", "")] = element.text or ""
            elif tag == "workbookPr":
                self.date1904 = element.get("date1904") in ("1", "true")

    def sheet(self, title: str) -> Sheet | None:
        """The sheet of that title; capitals don't count, as in Excel."""
        return next((sheet for sheet in self.sheets if sheet.title.casefold() == title.casefold()), None)

    def xml(self, sheet: Sheet) -> SheetXml:
        """The sheet's part. Raises `ValueError` where it is damaged."""
        if sheet.part not in self._sheets:
            self._sheets[sheet.part] = SheetXml(self.package.read(sheet.part))
        return self._sheets[sheet.part]

    def set_xml(self, sheet: Sheet, data: bytes) -> None:
        """Give the sheet a new part; it must be well-formed."""
        self._sheets[sheet.part] = SheetXml(data)
        self.package.write(sheet.part, data)

    def cell_of(self, name: str) -> tuple[Sheet, int, int] | None:
        """The (sheet, row, column) that a defined name points to; `None` without one, or where it was deleted."""
        found = _AREA.fullmatch(self.names.get(name, "").lstrip("="))
        if not found:
            return None
        sheet = self.sheet((found[1] or "").replace("''", "'") or found[2])
        if sheet is None:
            return None
        return sheet, int(found[4]), column_number(found[3])

    @cached_property
    def strings(self) -> list[str]:
        """The shared strings."""
        part = next((r.part for r in self._related if r.type == "sharedStrings"), None)
        if part is None or not self.package.has(part):
            return []
        texts = []
        for _, element in ElementTree.iterparse(BytesIO(self.package.read(part))):  # noqa: S314 - vetted by Package
            if element.tag.endswith("}si"):
                texts.append(plain_text(element))
                element.clear()
        return texts

    @cached_property
    def styles_part(self) -> str:
        """The part with the cell formats."""
        part = next((r.part for r in self._related if r.type == "styles"), None)
        if part is None or not self.package.has(part):
            raise AccessError(
                "has no styles part",
                where=str(self.package.path),
                remedy="Open it in Excel and save it again.",
            )
        return part

    @cached_property
    def styles(self) -> Styles:
        """The cell formats."""
        return Styles(self.package.read(self.styles_part))

    def keep_styles(self) -> None:
        """Write the formats that were added."""
        if self.styles.changed:
            self.package.write(self.styles_part, self.styles.to_bytes())
            self.forget_styles()

    def forget_styles(self) -> None:
        """Have the cell formats read anew: their part was changed."""
        self.__dict__.pop("styles", None)

    def drop_calculation_chain(self) -> None:
        """Excel rebuilds it; a chain that names a cell without a formula is called damage."""
        for relation in self._related:
            if relation.type == "calcChain" and self.package.has(relation.part):
                self.package.drop(relation.part)
                rels = relations_part(WORKBOOK)
                self.package.write(
                    rels,
                    without(self.package.read(rels), rb"Relationship", b'"' + relation.id.encode() + b'"'),
                )
                types = "[Content_Types].xml"
                self.package.write(
                    types,
                    without(self.package.read(types), rb"Override", b'"/' + relation.part.encode() + b'"'),
                )

    def set_names(self, names: Mapping[str, str | None]) -> None:
        """Define workbook-level names (hidden from people's name lists), or take them back (`None`)."""
        data = self.package.read(WORKBOOK)
        p = root_prefix(data, b"workbook")
        for name in names:
            data = re.sub(rb"<" + p + rb"definedName\b(?=[^>]*\bname=\"" + re.escape(name.encode()) + rb"\")(?![^>]*localSheetId)[^>]*>"
                          rb"[^<]*</" + p + rb"definedName>", b"", data)  # fmt: skip
        made = b"".join(
            b"<%sdefinedName name=%s hidden=\"1\">%s</%sdefinedName>" % (p, quoteattr(name).encode(), escape(text).encode(), p)
            for name, text in sorted(names.items()) if text is not None
        )  # fmt: skip
        data = into(data, p, b"workbook", b"definedNames", made, AFTER_NAMES)
        self.package.write(WORKBOOK, data)
        for name, text in names.items():
            if text is None:
                self.names.pop(name, None)
            else:
                self.names[name] = text

    def calculate_on_load(self) -> None:
        """Have every program compute the formulas anew when it opens the book: their inputs have changed."""
        data = self.package.read(WORKBOOK)
        p = root_prefix(data, b"workbook")
        found = re.search(rb"<" + p + rb"calcPr\b[^>]*>", data)
        if found:
            data = (
                data[: found.start()] + with_attribute(found[0], "fullCalcOnLoad", "1") + data[found.end() :]
            )
        else:
            data = before(data, p, b"workbook", b"<" + p + b'calcPr fullCalcOnLoad="1"/>', AFTER_NAMES[1:])
        if data != self.package.read(WORKBOOK):
            self.package.write(WORKBOOK, data)
