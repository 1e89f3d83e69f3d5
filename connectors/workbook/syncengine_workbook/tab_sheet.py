"""A kind's sheet as `setup` makes it: headings with notes, a table, drop-downs, formats, colours. For openpyxl."""

from __future__ import annotations

from collections.abc import Mapping

from openpyxl.comments import Comment
from openpyxl.formatting.rule import DataBarRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from syncengine.model import palette
from syncengine.model.fieldtypes import Choice, Date, Flag, Number, Percent, Url
from syncengine.model.kind import Field, Kind
from syncengine.model.palette import late, open_while, tints
from syncengine_workbook import look
from syncengine_workbook.layout import ID_HEADING
from syncengine_workbook.sheet import MOST_ROWS, column_letters

_ROW_HEIGHT, _HEAD_HEIGHT = 32, 34
_LONGEST_LIST = 255


def draw_tab(book: Workbook, kind: Kind, title: str, table: str, lists: Mapping[str, str]) -> None:
    """Add the sheet for a kind. `table`: the table's name; `lists`: kinds to the name of the list of their titles."""
    sheet = book.create_sheet(title)
    fields = list(kind.fields.values())
    for column, field in enumerate(fields, start=1):
        _heading(sheet, column, field.label, computed=field.computed)
        _note(sheet, column, field)
        _column(sheet, column, kind, field)
        validation = validation_of(field, lists)
        if validation is not None:
            validation.add(_below(column))
            sheet.add_data_validation(validation)
    last = len(fields) + 1
    _heading(sheet, last, ID_HEADING, computed=True)
    sheet.column_dimensions[column_letters(last)].hidden = True
    _colours(sheet, kind)
    made = Table(displayName=table, ref=f"A1:{column_letters(last)}2")
    made.tableStyleInfo = TableStyleInfo("TableStyleLight1", showRowStripes=True)
    sheet.add_table(made)
    _view(sheet, kind)


def _heading(sheet: Worksheet, column: int, text: str, *, computed: bool = False) -> None:
    cell = sheet.cell(1, column, text)
    cell.data_type = "s"
    cell.font, cell.alignment = look.HEAD, look.HEAD_ALIGNED
    cell.fill = look.COMPUTED_FILL if computed else look.HEAD_FILL


def _note(sheet: Worksheet, column: int, field: Field) -> None:
    text = field.help
    if field.computed:
        text = f"{text + '. ' if text else ''}Filled in for you; edits here are not kept."
    if text:
        note = Comment(text, "mentorsync")
        note.width, note.height = 220, 60 + 16 * (len(text) // 32)
        sheet.cell(1, column).comment = note


def _column(sheet: Worksheet, column: int, kind: Kind, field: Field) -> None:
    dimension = sheet.column_dimensions[column_letters(column)]
    dimension.width = look.width(kind, field)
    dimension.font = look.LINK if isinstance(field.type, Url) else look.BODY
    dimension.alignment = look.alignment(field)
    dimension.number_format = look.number_format(field)


def validation_of(field: Field, lists: Mapping[str, str]) -> DataValidation | None:
    """The field's drop-down or bounds: a hint with a warning, never a lock, since what people type is read anyway."""
    kind = field.type
    if isinstance(kind, Choice):
        options = ",".join(kind.options)
        if kind.many or len(options) > _LONGEST_LIST or any("," in option for option in kind.options):
            return None
        made = DataValidation("list", formula1=f'"{options}"', allow_blank=True)
        _warn(made, "Another word?", f"Usual here: {', '.join(kind.options)}.")
        made.showErrorMessage = not kind.open
        return made
    if isinstance(kind, Flag):
        made = DataValidation("list", formula1='"TRUE,FALSE"', allow_blank=True)
        _warn(made, "Yes or no?", "Choose TRUE for yes. Words like yes and no are understood as well.")
        return made
    if field.ref and not kind.many and field.ref in lists:
        made = DataValidation("list", formula1=lists[field.ref], allow_blank=True)
        _warn(
            made,
            "Somebody new?",
            "Nobody of that name is in the list yet. Add them there first, or check the spelling.",
        )
        return made
    if isinstance(kind, Number) and kind.least is not None and kind.most is not None:
        scale = 100 if isinstance(kind, Percent) else 1
        made = DataValidation(
            "decimal",
            operator="between",
            formula1=str(kind.least / scale),
            formula2=str(kind.most / scale),
            allow_blank=True,
        )
        _warn(
            made,
            "Out of range?",
            f"Usual here: {kind.least:g} to {kind.most:g}{' %' if scale == 100 else ''}.",
        )
        return made
    if isinstance(kind, Date):
        made = DataValidation("date", operator="greaterThan", formula1="61", allow_blank=True)
        _warn(made, "A date?", "Write it as year-month-day, like 2026-03-01.")
        return made
    return None


def _warn(made: DataValidation, title: str, text: str) -> None:
    made.errorStyle = "warning"
    made.showErrorMessage = True
    made.errorTitle, made.error = title, text


def _below(column: int) -> str:
    letters = column_letters(column)
    return f"{letters}2:{letters}{MOST_ROWS}"


def _colours(sheet: Worksheet, kind: Kind) -> None:
    names = list(kind.fields)
    at = {name: column_letters(names.index(name) + 1) for name in names}
    still = "".join(
        f"${at[name]}2<>TRUE," if over is True else f'${at[name]}2<>"{over}",'
        for name, over in open_while(kind)
    )
    lines = FormulaRule(['$A2<>""'], border=look.UNDER)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(f"A2:{column_letters(len(names))}{MOST_ROWS}", lines)
    for column, (name, field) in enumerate(kind.fields.items(), start=1):
        if isinstance(field.type, Percent):
            bar = DataBarRule("num", 0, "num", 1, color="9CC5B4", showValue=True)  # type: ignore[no-untyped-call]
            sheet.conditional_formatting.add(_below(column), bar)
        for options, colour in tints(field):
            said = ",".join(f'{at[name]}2="{option}"' for option in options)
            _rule(sheet, column, f"OR({said})", colour)
        if tint := late(field):
            _rule(sheet, column, f"AND(ISNUMBER({at[name]}2),{still}{at[name]}2<TODAY())", tint)


def _rule(sheet: Worksheet, column: int, formula: str, colour: str) -> None:
    fill = PatternFill(bgColor=colour)
    rule = FormulaRule([formula], font=Font(color=palette.INK), fill=fill)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(_below(column), rule)


def _view(sheet: Worksheet, kind: Kind) -> None:
    sheet.freeze_panes = "B2"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
    sheet.sheet_format.defaultRowHeight = _ROW_HEIGHT
    sheet.sheet_format.customHeight = True
    sheet.row_dimensions[1].height = _HEAD_HEIGHT
    sheet.sheet_properties.tabColor = "7A8F9A" if kind.name == "question" else palette.DEEP
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
