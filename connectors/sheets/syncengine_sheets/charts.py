"""Charts of the Dashboard, as the Sheets API has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncengine.model import palette
from syncengine_sheets import look
from syncengine_sheets.marks import DASHBOARD, chosen

Said = dict[str, Any]


def source(sheet: int, row: int, count: int, column: int) -> Said:
    """Cells below each other, as a chart draws them."""
    place = {
        "sheetId": sheet,
        "startRowIndex": row,
        "endRowIndex": row + count,
        "startColumnIndex": column,
        "endColumnIndex": column + 1,
    }
    return {"sourceRange": {"sources": [place]}}


def chart(
    title: str,
    kind: str,
    names: Said,
    series: Sequence[Said],
    anchor: tuple[int, int],
    headers: int = 0,
) -> Said:
    """The request that adds it; `anchor`: row and column of its corner, `headers`: rows of `names` that are headings."""
    if kind == "PIE":
        drawn: Said = {
            "pieChart": {
                "legendPosition": "RIGHT_LEGEND",
                "pieHole": 0.55,
                "domain": names,
                "series": series[0],
            }
        }
    else:
        axis = "BOTTOM_AXIS" if kind == "BAR" else "LEFT_AXIS"
        drawn_as = [
            {"targetAxis": axis, "colorStyle": look.colour(code)} for code in (palette.DEEP, look.GOLD)
        ]
        drawn = {"basicChart": {
            "chartType": kind, "legendPosition": "BOTTOM_LEGEND" if len(series) > 1 else "NO_LEGEND", "headerCount": headers,
            "domains": [{"domain": names}],
            "series": [{"series": one, **how} for one, how in zip(series, drawn_as, strict=False)],
            **({"stackedType": "STACKED"} if len(series) > 1 else {}),
        }}  # fmt: skip
    spec = {"title": title, "fontName": look.FONT, "backgroundColorStyle": look.colour(look.WHITE), **drawn}
    place = {
        "anchorCell": {"sheetId": chosen("tab", DASHBOARD), "rowIndex": anchor[0], "columnIndex": anchor[1]},
        "widthPixels": 430,
        "heightPixels": 300,
    }
    return {
        "addChart": {
            "chart": {"chartId": chosen("chart", title), "spec": spec, "position": {"overlayPosition": place}}
        }
    }
