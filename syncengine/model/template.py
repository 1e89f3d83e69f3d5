"""Templates: which kinds and fields a program uses, under which names, with which pages; read from data.

They ship as TOML and Markdown (`templates/` in the checkout, `syncengine/_templates` in an installed wheel).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from syncengine.errors import ConfigError
from syncengine.model.kind import Audience, Kind
from syncengine.model.kinds import all_kinds


class Page(NamedTuple):
    """A page of guidance that `setup` writes once and never touches again."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Template:
    """The kinds a program uses, in order, and the pages that explain them."""

    name: str
    title: str
    kinds: Mapping[str, Kind]
    pages: tuple[Page, ...] = ()
    preset: Mapping[str, Any] = field(default_factory=dict)

    def seen_by(self, audience: Audience) -> Template:
        """The same template without what a replica of this audience may not hold (design: the canonical model)."""
        if audience == "pair":
            return self
        kinds = {
            kind.name: kind.only(tuple(f.name for f in kind.fields.values() if f.audience == "program"))
            for kind in self.kinds.values()
            if kind.audience == "program"
        }
        return replace(self, kinds=kinds)


def templates_folder() -> str:
    """Where the template data lies: inside the installed package, else beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    installed = os.path.join(package, "_templates")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "templates")


def names(what: str = "") -> list[str]:
    """The templates (or, with "presets", the presets) there are."""
    found = os.listdir(os.path.join(templates_folder(), what))
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


@cache
def load_template(name: str, preset: str | None = None) -> Template:
    """The template `name`, worded for `preset`; raises `ConfigError` for an unknown one."""
    data = _read("", name, "template")
    adjust = _read("presets", preset, "preset") if preset else {}
    words: Mapping[str, Any] = adjust.get("words", {})
    known = all_kinds()
    kinds: dict[str, Kind] = {}
    for kind_name, said in data["kinds"].items():
        kind = known[kind_name].only(tuple(said.get("fields", known[kind_name].fields)))
        said = {**said, **words.get(kind_name, {})}
        labels: Mapping[str, str] = said.get("labels", {})
        fields = {f.name: replace(f, label=labels.get(f.name, f.label)) for f in kind.fields.values()}
        kinds[kind_name] = replace(
            kind, label=said.get("label", kind.label), plural=said.get("plural", kind.plural), fields=fields
        )
    return Template(name, data["title"], kinds, _pages(data.get("pages", ())), adjust.get("cadence", {}))


def _read(folder: str, name: str, what: str) -> dict[str, Any]:
    if name not in names(folder):
        raise ConfigError(
            f"there is no {what} called {name!r}", remedy=f"Use one of: {', '.join(names(folder))}."
        )
    return tomllib.loads(_text(folder, f"{name}.toml"))


def _text(folder: str, name: str) -> str:
    with open(os.path.join(templates_folder(), folder, name), encoding="utf-8") as handle:
        return handle.read()


def _pages(page_names: list[str] | tuple[str, ...]) -> tuple[Page, ...]:
    pages = []
    for name in page_names:
        text = _text("pages", f"{name}.md")
        title, _, body = text.partition("\n")
        pages.append(Page(name, title.lstrip("# ").strip(), body.strip() + "\n"))
    return tuple(pages)
