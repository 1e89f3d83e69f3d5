"""Requests about what is laid over a tab, and developer metadata."""

from __future__ import annotations

import copy
from typing import Any

from syncengine_sheets.sandbox.requests import (
    OURSELVES,
    Requests,
    Said,
    Wrong,
    matches,
    sheet_of,
)


class ObjectRequests(Requests):
    """Each method is the request of its name."""

    # -- objects laid over a tab

    def _add(self, said: Said, name: str, kept: str, key: str) -> Said:
        wanted = copy.deepcopy(said[name])
        area = wanted.get("range") or (wanted.get("ranges") or [{}])[0]
        tab = self.sheet.tab(area.get("sheetId", 0))
        taken = {one.get(key) for other in self.sheet.tabs for one in other.objects.get(kept, [])}
        wanted[key] = self._new_id(wanted, key, taken)
        tab.objects.setdefault(kept, []).append(wanted)
        return {name: wanted}

    def _remove(self, kept: str, key: str, id: Any) -> None:
        for tab in self.sheet.tabs:
            found = tab.objects.get(kept, [])
            if any(one.get(key) == id for one in found):
                tab.objects[kept] = [one for one in found if one.get(key) != id]
                return
        raise Wrong(f"No {kept} with id {id}")

    def _do_addBanding(self, said: Said) -> Said:
        tab, top, bottom, left, right = self._area(said["bandedRange"])
        for one in tab.objects.get("bandedRanges", []):
            _, t, b, le, r = self._area(one)
            if t < bottom and top < b and le < right and left < r:
                raise Wrong(
                    "You cannot add alternating background colors to a range that already has alternating background colors."
                )
        return self._add(said, "bandedRange", "bandedRanges", "bandedRangeId")

    def _do_deleteBanding(self, said: Said) -> None:
        self._remove("bandedRanges", "bandedRangeId", said["bandedRangeId"])

    def _do_addProtectedRange(self, said: Said) -> Said:
        reply = self._add(said, "protectedRange", "protectedRanges", "protectedRangeId")
        shown = reply["protectedRange"]
        shown["editors"] = {k: v for k, v in (shown.get("editors") or {}).items() if v}
        shown["requestingUserCanEdit"] = True
        for name in [n for n, v in shown.items() if v is None or v is False]:
            del shown[name]
        if shown.get("range", {}).get("sheetId") == 0:
            del shown["range"]["sheetId"]
        answered = copy.deepcopy(reply)
        shown["editors"].setdefault(
            "users", [OURSELVES]
        )  # later reads name whoever made it; the answer does not
        return answered

    def _do_deleteProtectedRange(self, said: Said) -> None:
        self._remove("protectedRanges", "protectedRangeId", said["protectedRangeId"])

    def _do_addConditionalFormatRule(self, said: Said) -> None:
        tab = self.sheet.tab(said["rule"]["ranges"][0].get("sheetId", 0))
        tab.objects.setdefault("conditionalFormats", []).insert(
            said.get("index", 0), copy.deepcopy(said["rule"])
        )

    def _do_deleteConditionalFormatRule(self, said: Said) -> Said:
        found = self.sheet.tab(said["sheetId"]).objects.get("conditionalFormats", [])
        if said.get("index", 0) >= len(found):
            raise Wrong(f"No conditional format on sheet: {said['sheetId']} at index: {said.get('index', 0)}")
        return {"rule": found.pop(said.get("index", 0))}

    def _do_setBasicFilter(self, said: Said) -> None:
        tab = self.sheet.tab(said["filter"]["range"].get("sheetId", 0))
        tab.objects["filter"] = [copy.deepcopy(said["filter"])]

    def _do_addChart(self, said: Said) -> Said:
        wanted = copy.deepcopy(said["chart"])
        taken = {one.get("chartId") for tab in self.sheet.tabs for one in tab.objects.get("charts", [])}
        wanted["chartId"] = self._new_id(wanted, "chartId", taken)
        place = wanted["position"]["overlayPosition"]["anchorCell"]
        self.sheet.tab(place.get("sheetId", 0)).objects.setdefault("charts", []).append(wanted)
        return {"chart": wanted}

    def _do_deleteEmbeddedObject(self, said: Said) -> None:
        self._remove("charts", "chartId", said["objectId"])

    def _do_addNamedRange(self, said: Said) -> Said:
        wanted = copy.deepcopy(said["namedRange"])
        if any(one["name"].casefold() == wanted["name"].casefold() for one in self.sheet.named):
            raise Wrong(f"A named range called {wanted['name']} already exists")
        wanted["namedRangeId"] = str(wanted.get("namedRangeId") or self._ids.randrange(1, 2**31))
        if wanted["range"].get("sheetId") == 0:
            del wanted["range"]["sheetId"]
        self.sheet.named.append(wanted)
        return {"namedRange": copy.deepcopy(wanted)}

    # -- developer metadata

    def _do_createDeveloperMetadata(self, said: Said) -> Said:
        wanted = copy.deepcopy(said["developerMetadata"])
        wanted["metadataId"] = self._new_id(
            wanted, "metadataId", {m["metadataId"] for m in self.sheet.metadata}
        )
        place = wanted["location"]
        if "dimensionRange" in place:
            span = place["dimensionRange"]
            self.sheet.tab(span.get("sheetId", 0))
            if span["endIndex"] - span.get("startIndex", 0) != 1:
                raise Wrong("A dimension range must be a single row or column")
            place["locationType"] = "ROW" if span["dimension"] == "ROWS" else "COLUMN"
        elif "sheetId" in place:
            self.sheet.tab(place["sheetId"])
            place["locationType"] = "SHEET"
        else:
            place["locationType"] = "SPREADSHEET"
        self.sheet.metadata.append(wanted)
        for scope in (None, sheet_of(wanted)):
            held = [m for m in self.sheet.metadata if scope is None or sheet_of(m) == scope]
            if (
                scope is not None
                and sum(len(m["metadataKey"]) + len(m.get("metadataValue", "")) for m in held) > 30_000
            ):
                raise Wrong("Developer metadata storage limit exceeded")
        return {"developerMetadata": wanted}

    def _do_deleteDeveloperMetadata(self, said: Said) -> Said:
        wanted = said["dataFilter"].get("developerMetadataLookup", {})
        gone = [m for m in self.sheet.metadata if matches(m, wanted)]
        self.sheet.metadata = [m for m in self.sheet.metadata if m not in gone]
        return {"deletedDeveloperMetadata": gone}
