"""What our part of a workspace is made of: which table holds which kind, which property which field.

It is written into the workspace itself (a code block on the home page) and carried in the cursor, so that a sync finds
everything by id and asks nothing twice. Ids of properties survive renames (vendor fact).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from syncengine.model.fieldtypes import Text
from syncengine.model.kind import Kind

Json = dict[str, Any]

ID = "mentorsync id"
"""The property that carries a record's id (design rule 7)."""
CHOOSE = "Choose"
"""The property of the table of questions in which an answer is picked."""
CHOICES = {"Keep": "keep", **{f"Take {number}": f"{number}." for number in range(1, 6)}}
"""What can be picked there, and the answer that each is: with its full stop a number means that value of the list."""
MARK = "mentorsync"


@dataclass
class Table:
    """The database of one kind and its data source."""

    database: str
    source: str
    id: str = ""
    """The property of record ids."""
    properties: dict[str, str] = field(default_factory=dict)
    """Field to the id of its property, as answers show it."""
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    """Field to choice to option id."""
    choose: str = ""
    body: str = ""
    """The field that is the text of the pages; "" where it is a property (or there is none): see BEHAVIOR.md."""


@dataclass
class Layout:
    """Everything of ours in one workspace."""

    place: str
    """The id of this place (design rule 17)."""
    replica: str
    parent: str
    """The page that the config names."""
    home: str = ""
    block: str = ""
    """The block in which this is written."""
    tables: dict[str, Table] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    """Page of the guide to its id."""

    def written(self) -> str:
        """As the code block shows it."""
        said = {MARK: 1, **asdict(self)}
        del said["parent"], said["block"]
        return orjson.dumps(said).decode()

    def to_json(self) -> Json:
        return asdict(self)


def read_layout(said: Mapping[str, Any], parent: str, block: str = "") -> Layout:
    """The layout that `written` or `to_json` made. Raises `ValueError` for anything else."""
    try:
        tables = {kind: Table(**table) for kind, table in said.get("tables", {}).items()}
        return Layout(str(said["place"]), str(said["replica"]), parent, str(said.get("home", "")),
                      block or str(said.get("block", "")), tables, dict(said.get("pages", {})))  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"is no mark of mentorsync: {error}") from error


def title_field(kind: Kind) -> str | None:
    """The field that the title of a row is; `None` where the title is made of several (design: the record's title)."""
    first = kind.title[0] if kind.title else None
    if first is None or first not in kind.fields or not isinstance(kind.fields[first].type, Text):
        return None
    return first


def plain_id(id: str) -> str:
    """An id without dashes, as URLs have it."""
    return id.replace("-", "").lower()


def page_id(text: str) -> str | None:
    """The id at the end of a page's URL, or the id itself; `None` where there is none."""
    path = text.strip().split("?")[0].split("#")[0].rstrip("/")
    found = re.search(r"([0-9a-fA-F]{32})$", path.rsplit("/", 1)[-1].replace("-", ""))
    if found is None:
        return None
    plain = found[1].lower()
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


_HOSTS = re.compile(r"https?://([a-z0-9-]+\.)*notion\.(so|com|site)/", re.IGNORECASE)


def page_link(id: str) -> str:
    """The address of a page; Notion leads from it to wherever it shows pages now."""
    return f"https://www.notion.so/{plain_id(id)}"


def linked_pages(link: str) -> list[str]:
    """The id of the page that a Notion address shows: with `p` that one, peeked at from the page in the path."""
    if not _HOSTS.match(link):
        return []
    said = urlsplit(link)
    peeked = parse_qs(said.query).get("p", [])
    return [id for one in (*peeked, said.path) if (id := page_id(one)) is not None][:1]
