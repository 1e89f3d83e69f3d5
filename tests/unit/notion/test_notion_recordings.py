"""The sandbox against recorded traffic of the real service: each kind of exchange done here, and the answers compared
key for key, types and forms included. And every recorded answer of the endpoints that we use is understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from syncengine.model.kinds import all_kinds
from syncengine_notion.finding import compared
from syncengine_notion.layout import Table
from syncengine_notion.prose import read_marked, read_plain
from syncengine_notion.rows import title_of
from syncengine_notion.sandbox import Sandbox

from .conftest import SHARED, Inspector

FOLDER = SHARED / "recordings" / "notion"
pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="the recorded traffic is not a part of this project"
)

UUID = r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
MINUTE, SECOND = r"\d{4}-\d\d-\d\dT\d\d:\d\d:", r"\d\d\.\d{3}"
FORMS = {"id": UUID, "minute": rf"{MINUTE}00\.000Z", "moment": rf"{MINUTE}{SECOND}\+00:00"}
OLD = {"ruby"}
"""Recorded with an earlier or later form of the same version: keys that came or went are allowed for."""
NEWER = {
    "archived",
    "is_archived",
    "is_locked",
    "database_parent",
    "description",
    "icon",
    "public_url",
    "cover",
}


def exchanges(pattern: str, status: int = 200) -> list[tuple[str, dict[str, Any]]]:
    """Every recorded exchange whose method and path match."""
    found = []
    for path in sorted(FOLDER.glob("*.json")) if FOLDER.exists() else []:
        for one in json.loads(path.read_text("utf-8")):
            url = re.sub(r"https://[^/]+", "", one["request"]["url"]).split("?")[0]
            what = f"{one['request']['method']} {re.sub(UUID, 'ID', url)}"
            if re.fullmatch(pattern, what) and one["response"]["status"] == status:
                found.append((path.name.split(".")[0], one))
    return found


def shape(value: Any) -> Any:
    """Keys, types and the form of texts (ids, times), without what they say."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, str):
        return next((name for name, form in FORMS.items() if re.fullmatch(form, value)), "text")
    return type(value).__name__


def same(mine: Any, theirs: Any, *, old: bool = False, but: tuple[str, ...] = ()) -> None:
    """Both have the same keys, and everything that both say has the same type and form."""
    a, b = shape(mine), shape(theirs)
    gone = {"properties", "title", "results", "configuration", *but}
    extra = set(a) ^ set(b)
    assert not extra - (NEWER if old else set()), extra
    for key in set(a) & set(b) - gone:
        if a[key] in ([], "NoneType") or b[key] in ([], "NoneType"):
            continue
        assert type(a[key]) is type(b[key]), key
        if isinstance(a[key], dict):
            assert set(a[key]) == set(b[key]) or old, key
        elif key not in ("url", "public_url", "name", "id", "next_cursor"):
            assert a[key] == b[key], key


class Service:
    """A client of the sandbox without our client."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        headers = {"Authorization": f"Bearer {box.token}", "Notion-Version": "2025-09-03"}
        self.http = httpx.Client(base_url=f"{box.address}/v1/", headers=headers)

    def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.http.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def ask(box: Sandbox, inspector: Inspector) -> Iterator[Service]:
    inspector.tolerant = True
    service = Service(box)
    yield service
    service.http.close()


def page_in(ask: Service, title: str = "Test") -> Any:
    body = {
        "parent": {"page_id": ask.box.root.id},
        "properties": {"title": [{"text": {"content": title}}]},
        "children": [],
    }
    return ask("POST", "pages", body)


def base_in(ask: Service) -> Any:
    body = {
        "parent": {"type": "page_id", "page_id": ask.box.root.id},
        "title": [{"type": "text", "text": {"content": "Base"}}],
    }
    return ask("POST", "databases", body)


def test_a_page_below_a_page(ask: Service) -> None:
    for recorder, one in exchanges("POST /v1/pages"):
        body = one["request"]["body"]
        if (
            "page_id" in body["parent"]
            and set(body) <= {"parent", "properties", "children"}
            and recorder not in OLD
        ):
            same(page_in(ask), one["response"]["body"])


def test_a_database_and_its_data_source(ask: Service) -> None:
    made = base_in(ask)
    for recorder, one in exchanges("POST /v1/databases/?"):
        same(made, one["response"]["body"], old=recorder in OLD)
    source = ask("GET", f"data_sources/{made['data_sources'][0]['id']}")
    assert list(source["properties"]) == ["Name"], "as recorded: without a schema there is a title"
    for recorder, one in exchanges("(GET|PATCH) /v1/data_sources/ID"):
        same(source, one["response"]["body"], old=recorder in OLD)
    for recorder, one in exchanges("GET /v1/databases/ID"):
        same(ask("GET", f"databases/{made['id']}"), one["response"]["body"], old=recorder in OLD)


def test_a_second_data_source(ask: Service) -> None:
    base = base_in(ask)
    body = {"parent": {"type": "database_id", "database_id": base["id"]}, "properties": {"Name": {"type": "title", "title": {}}},
            "title": [{"type": "text", "text": {"content": "More"}}], "icon": {"type": "emoji", "emoji": "⚙️"}}  # fmt: skip
    made = ask("POST", "data_sources", body)
    for recorder, one in exchanges("POST /v1/data_sources"):
        same(made, one["response"]["body"], old=recorder in OLD)


def test_a_query(ask: Service) -> None:
    source = base_in(ask)["data_sources"][0]["id"]
    empty = ask("POST", f"data_sources/{source}/query", {})
    for number in range(3):
        row = {
            "parent": {"data_source_id": source},
            "properties": {"Name": {"title": [{"text": {"content": str(number)}}]}},
        }
        made = ask("POST", "pages", row)
    for recorder, one in exchanges("POST /v1/pages"):
        if "data_source_id" in one["request"]["body"]["parent"] and recorder in OLD:
            same(made, one["response"]["body"], old=True)
    page = ask("POST", f"data_sources/{source}/query", {"page_size": 2})
    assert (len(page["results"]), page["has_more"]) == (2, True)
    for _recorder, one in exchanges("POST /v1/data_sources/ID/query"):
        recorded = one["response"]["body"]
        same(page if recorded["has_more"] else empty, recorded, old=True, but=("next_cursor",))
        if recorded["results"]:
            same(page["results"][0], recorded["results"][0], old=True)


def test_every_type_of_property_value(ask: Service) -> None:
    """A row with one of each type, beside the recorded rows that have them."""
    source = base_in(ask)["data_sources"][0]["id"]
    kinds: dict[str, Any] = {
        "rich_text": {}, "number": {"format": "euro"}, "select": {"options": [{"name": "a"}]}, "multi_select": {"options": [{"name": "a"}]},
        "status": {}, "date": {}, "people": {}, "files": {}, "checkbox": {}, "url": {}, "email": {}, "phone_number": {},
        "created_time": {}, "created_by": {}, "last_edited_time": {}, "last_edited_by": {},
        "relation": {"data_source_id": source, "type": "single_property", "single_property": {}},
    }  # fmt: skip
    schema = ask(
        "PATCH",
        f"data_sources/{source}",
        {"properties": {kind: {kind: config} for kind, config in kinds.items()}},
    )
    other = ask("POST", "pages", {"parent": {"data_source_id": source}, "properties": {}})
    values: dict[str, Any] = {
        "Name": {"title": [{"text": {"content": "x"}}]}, "rich_text": {"rich_text": [{"text": {"content": "x"}}]},
        "number": {"number": 1.5}, "select": {"select": {"name": "a"}}, "multi_select": {"multi_select": [{"name": "b"}]},
        "status": {"status": {"name": "Done"}}, "date": {"date": {"start": "2022-03-14", "end": None, "time_zone": None}},
        "people": {"people": [{"object": "user", "id": ask.box.world.person}]}, "checkbox": {"checkbox": True},
        "url": {"url": "https://a.b"}, "email": {"email": "someone@example.com"}, "phone_number": {"phone_number": "1"},
        "files": {"files": [{"name": "x", "type": "external", "external": {"url": "https://a.b/c.png"}}]},
        "relation": {"relation": [{"id": other["id"]}]},
    }  # fmt: skip
    row = ask("POST", "pages", {"parent": {"data_source_id": source}, "properties": values})
    mine = {value["type"]: value for value in row["properties"].values()}
    recorded = {}
    for _recorder, one in exchanges("(PATCH|GET|POST) /v1/(pages/ID|pages|data_sources/ID/query)"):
        body = one["response"]["body"]
        for page in [*body.get("results", ()), body]:
            for value in page.get("properties", {}).values():
                if value.get(value["type"]) not in (None, []):
                    recorded[value["type"]] = value
    assert len(set(mine) & set(recorded)) >= 15
    for kind in set(mine) & set(recorded):
        a, b = shape(mine[kind]), shape(recorded[kind])
        assert set(a) == set(b), kind
        if kind not in ("files", "people", "created_by", "last_edited_by", "title", "rich_text"):
            assert type(a[kind]) is type(b[kind]) or kind == "number", kind
    configs = {one["type"]: one for one in schema["properties"].values()}
    for _recorder, one in exchanges("(PATCH|GET) /v1/data_sources/ID"):
        for theirs in one["response"]["body"]["properties"].values():
            if theirs["type"] in configs:
                assert set(configs[theirs["type"]]) == set(theirs), theirs["type"]
                assert set(shape(configs[theirs["type"]][theirs["type"]])) >= set(
                    shape(theirs[theirs["type"]])
                ) - {"dual_property", "prefix"}


def test_the_pieces_of_a_property(ask: Service) -> None:
    source = base_in(ask)["data_sources"][0]["id"]
    ask(
        "PATCH",
        f"data_sources/{source}",
        {"properties": {"Number": {"number": {}}, "Text": {"rich_text": {}}}},
    )
    row = ask("POST", "pages", {"parent": {"data_source_id": source}, "properties": {
        "Name": {"title": [{"text": {"content": "x"}}]}, "Number": {"number": 1},
        "Text": {"rich_text": [{"text": {"content": "x"}}]}}})  # fmt: skip
    ids = {value["type"]: value["id"] for value in row["properties"].values()}
    seen = set()
    for _recorder, one in exchanges("GET /v1/pages/ID/properties/.+"):
        body = one["response"]["body"]
        kind = body["property_item"]["type"] if body["object"] == "list" else body["type"]
        if kind in ids:
            mine = ask("GET", f"pages/{row['id']}/properties/{ids[kind]}")
            assert set(mine) == set(body), kind
            if body["object"] == "list":
                assert set(mine["property_item"]) == set(body["property_item"])
                assert set(mine["results"][0]) == set(body["results"][0])
            seen.add(kind)
    assert seen == {"title", "number", "rich_text"}


def test_blocks(ask: Service) -> None:
    page = page_in(ask)
    body = {"children": [{"paragraph": {"rich_text": [{"text": {"content": "I'm a paragraph."}}]}}]}
    added = ask("PATCH", f"blocks/{page['id']}/children", body)
    for recorder, one in exchanges("PATCH /v1/blocks/ID/children"):
        if recorder not in OLD and one["request"]["body"] == body:
            same(added, one["response"]["body"])
            same(added["results"][0], one["response"]["body"]["results"][0])
            assert set(added["results"][0]["paragraph"]) == set(
                one["response"]["body"]["results"][0]["paragraph"]
            )
    for recorder, one in exchanges("GET /v1/blocks/ID/children"):
        if recorder not in OLD:
            same(ask("GET", f"blocks/{page['id']}/children"), one["response"]["body"])
    block = added["results"][0]["id"]
    changed = ask(
        "PATCH",
        f"blocks/{block}",
        {"paragraph": {"rich_text": [{"text": {"content": "x"}, "annotations": {"bold": True}}]}},
    )
    for _recorder, one in exchanges("PATCH /v1/blocks/ID"):
        same(changed, one["response"]["body"])
    for _recorder, one in exchanges("DELETE /v1/blocks/ID"):
        kind = one["response"]["body"]["type"]
        if kind == "child_page":
            gone = ask("DELETE", f"blocks/{page_in(ask)['id']}")
        elif kind == "child_database":
            gone = ask("DELETE", f"blocks/{base_in(ask)['id']}")
        else:
            continue
        same(gone, one["response"]["body"])
        assert gone["in_trash"]


def test_views(ask: Service) -> None:
    base = base_in(ask)
    source = base["data_sources"][0]["id"]
    [listed] = ask("GET", f"views?database_id={base['id']}")["results"]
    for _recorder, one in exchanges("GET /v1/views"):
        same(ask("GET", f"views?database_id={base['id']}"), one["response"]["body"])
        same(listed, one["response"]["body"]["results"][0])
    made = ask(
        "POST",
        "views",
        {"data_source_id": source, "name": "Test View", "type": "table", "database_id": base["id"]},
    )
    for _recorder, one in exchanges("POST /v1/views"):
        same(made, one["response"]["body"], but=("type",))
    for _recorder, one in exchanges("GET /v1/views/ID"):
        same(ask("GET", f"views/{made['id']}"), one["response"]["body"])
    for _recorder, one in exchanges("PATCH /v1/views/ID"):
        same(ask("PATCH", f"views/{made['id']}", {"name": "Other"}), one["response"]["body"])
    for number, (_recorder, one) in enumerate(exchanges("DELETE /v1/views/ID")):
        if number == 0:
            same(ask("DELETE", f"views/{made['id']}"), one["response"]["body"])


def test_who_we_are(ask: Service) -> None:
    for _recorder, one in exchanges("GET /v1/users/me"):
        same(ask("GET", "users/me"), one["response"]["body"])


def test_moving_a_page(ask: Service) -> None:
    above, page = page_in(ask), page_in(ask)
    moved = ask("POST", f"pages/{page['id']}/move", {"parent": {"page_id": above["id"]}})
    for _recorder, one in exchanges("POST /v1/pages/ID/move"):
        same(moved, one["response"]["body"])


def test_comments(ask: Service) -> None:
    made = ask(
        "POST",
        "comments",
        {"parent": {"page_id": page_in(ask)["id"]}, "rich_text": [{"text": {"content": "x"}}]},
    )
    for _recorder, one in exchanges("POST /v1/comments"):
        same(made, one["response"]["body"])


@pytest.mark.parametrize(
    ("status", "path"),
    [(400, "invalid"), (401, "users"), (404, "pages/00000000-0000-0000-0000-000000000000")],
)
def test_errors(ask: Service, status: int, path: str) -> None:
    recorded = exchanges(f"GET /v1/{re.sub(UUID, 'ID', path)}", status)
    assert recorded
    if status == 401:
        ask.http.headers["Authorization"] = "Bearer wrong"
    mine = ask("GET", path, status=status)
    for _recorder, one in recorded:
        theirs = one["response"]["body"]
        assert set(mine) == set(theirs)
        assert (mine["code"], mine["status"]) == (theirs["code"], theirs["status"])
        assert re.sub(r'"[^"]+"', '""', mine["message"]) == re.sub(r'"[^"]+"', '""', theirs["message"])


def test_every_recorded_answer_that_we_may_get_is_understood() -> None:
    read = 0
    for _recorder, one in exchanges("(GET|POST|PATCH) /v1/(pages/ID|pages|data_sources/ID/query)"):
        body = one["response"]["body"]
        for page in body["results"] if body["object"] == "list" else [body]:
            assert isinstance(title_of({"properties": page["properties"]}), str)
            for value in page["properties"].values():
                held = value[value["type"]]
                if value["type"] in ("title", "rich_text"):
                    assert "".join(part["plain_text"] for part in held) == read_plain(held)
                    assert isinstance(read_marked(held), str)
                read += 1
    for _recorder, one in exchanges("(GET|PATCH) /v1/data_sources/ID"):
        shown = one["response"]["body"]
        found = compared(all_kinds()["goal"], Table(shown["parent"]["database_id"], shown["id"]), shown, {})
        assert found.state == "there"
    assert read > 250
