"""What a set-up would do, in words for the person."""

from __future__ import annotations

from syncengine.connector import Step
from syncengine.model.template import Template
from syncengine_notion.finding import Found
from syncengine_notion.layout import CHOOSE, ID, Layout
from syncengine_notion.schema import text_of


def survey(template: Template, layout: Layout | None, found: list[Found], pages: set[str]) -> list[Step]:
    """What `Setup` would do, in words. `pages`: titles of the pages on the home page."""
    if layout is None:
        tables = ", ".join(kind.plural for kind in template.kinds.values())
        return [
            Step("make", f"a home page “{template.title}” with the guide"),
            Step("make", f"the databases {tables}, with their properties, relations and views"),
            *(Step("make", f"the page “{page.title}”") for page in template.pages[1:]),
        ]
    steps = [step for one in found for step in _steps(one)]
    unnoted = [page for page in template.pages[1:] if page.name not in layout.pages]
    steps += [Step("make", f"the page “{page.title}”") for page in unnoted if page.title not in pages]
    if not steps and (unnoted or any(not _noted(layout, one) for one in found)):
        steps.append(Step("repair", "the note of where all this is, which an interrupted set-up left out"))
    return steps


def _noted(layout: Layout, found: Found) -> bool:
    """Whether a table is written down with all its properties: a sync finds nothing that is not."""
    noted = layout.tables.get(found.kind.name)
    if found.table is None or noted is None:
        return False
    same = (noted.database, noted.source, noted.id, noted.choose) == (
        found.table.database,
        found.table.source,
        found.table.id,
        found.table.choose,
    )
    return same and found.table.properties.keys() <= noted.properties.keys()


def _steps(found: Found) -> list[Step]:
    plural = found.kind.plural
    if found.state == "missing":
        return [Step("make", f"the database {plural!r} with its properties and views")]
    if found.state == "trashed":
        return [
            Step(
                "repair",
                f"the database {plural!r}, which is in the trash: restore it there, or it is made anew",
            )
        ]
    if found.state == "unseen":
        return [
            Step(
                "repair",
                f"the database {plural!r}, which can't be seen: share it with the connection again, or it is made anew",
            )
        ]
    prose = text_of(found.kind)
    steps = [
        Step("repair", f"property {label(found, name)!r} of {plural}, which is not there")
        for name in found.lacking
        if name != prose
    ]
    if prose in (*found.lacking, *found.retyped):
        what = f"{label(found, prose)!r} of {plural}, which has no property: it becomes the text of the pages"
        steps.append(Step("repair", what))
    return steps + [
        Step(
            "repair",
            f"property {label(found, name)!r} of {plural}: {now!r} has another type now, so a new one is made beside it",
        )
        for name, now in found.retyped.items()
        if name != prose
    ]


def label(found: Found, name: str) -> str:
    """What one of our properties is called."""
    return name if name in (ID, CHOOSE) else found.kind.fields[name].label
