"""Noticing by a stat that a file of this machine was edited, for a program some of whose tools may be far away."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from syncengine.errors import MentorsyncError

if TYPE_CHECKING:
    from syncengine.connector import Connector

    _Place = tuple[Connector, Mapping[str, object], bytes]


class Local:
    """The places of a program that are on this machine, as its last run left them."""

    def __init__(self, config: str) -> None:
        self._config = config
        self._stat: tuple[int, int] | None = None
        self._places: dict[str, _Place] = {}

    def renew(self) -> None:
        """Take what is there now for known; after every run."""
        self._stat = _stat(self._config)
        try:
            self._places = _places(self._config)
        except MentorsyncError:  # the run has told what is wrong; the config is still looked at
            self._places = {}

    def changed(self) -> bool:
        """Whether the config, or something in one of the places, looks other than it did then."""
        return _stat(self._config) != self._stat or not all(map(_unchanged, self._places.values()))

    def edited(self) -> dict[str, bool]:
        """Replica on this machine to whether it looks other than the last run left it; in doubt it does."""
        return {name: not _unchanged(place) for name, place in self._places.items()}


def _unchanged(place: _Place) -> bool:
    connector, settings, cursor = place
    try:
        return connector.unchanged(settings, cursor)
    except Exception:  # a place that is gone, a plug-in that is broken: the run finds out, and says so
        return False


def _stat(path: str) -> tuple[int, int] | None:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size


def _places(config: str) -> dict[str, _Place]:
    from syncengine.config import load
    from syncengine.run.live import places
    from syncengine.store import open_store

    program = load(config)
    url = program.state_url
    if url.startswith("sqlite:///") and not os.path.exists(url.removeprefix("sqlite:///")):
        return {}
    near = [place for place in places(program) if not place.connector.capabilities.remote]
    store = open_store(url)
    try:
        with store.reading():
            rows = store.replicas()
    finally:
        store.close()
    cursors = {name: row.cursor for name, row in rows.items() if row.cursor is not None}
    return {
        place.name: (place.connector, place.settings, cursors[place.name])
        for place in near
        if place.name in cursors
    }
