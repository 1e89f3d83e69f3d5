"""Connectors that are plugged in for a while, found as anybody's are: by entry points."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from syncengine.registry import GROUP

STRENGTHS = {
    "memory-minutes": "syncengine.testing.memory:minutes",
    "memory-timeless": "syncengine.testing.memory:timeless",
    "memory-lagging": "syncengine.testing.memory:lagging",
}
"""The in-memory tool with other abilities than those of `memory`, which is always there."""


@contextmanager
def plugged(connectors: Mapping[str, str] = STRENGTHS) -> Iterator[None]:
    """Inside, `connectors` (name to `module:object`) are there as if their package were installed."""
    with tempfile.TemporaryDirectory(prefix="plugged-") as site:
        package = Path(site, "plugged-1.dist-info")
        package.mkdir()
        (package / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: plugged\nVersion: 1\n", encoding="utf-8"
        )
        lines = [f"[{GROUP}]", *(f"{name} = {where}" for name, where in connectors.items())]
        (package / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        sys.path.insert(0, site)
        try:
            yield
        finally:
            sys.path.remove(site)
