"""Addresses of records, for people: where one can be opened, and which record a pasted address means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from syncengine.config import Program
from syncengine.connector import Linking, Opening
from syncengine.errors import MentorsyncError
from syncengine.run.live import Live, failure, place_at, view_of
from syncengine.store import Store


class Links:
    """The replicas at hand whose items have addresses, in the program's order."""

    def __init__(self, replicas: Mapping[str, Linking], store: Store) -> None:
        self.problems: dict[str, MentorsyncError] = {}
        """Replicas that could not be asked, and why."""
        self._replicas = replicas
        self._store = store

    @classmethod
    def among(cls, lives: Sequence[Live], store: Store) -> Links:
        """Those of a run."""
        usable = {live.name: live.replica for live in lives if live.usable}
        return cls({name: one for name, one in usable.items() if isinstance(one, Linking)}, store)

    def to(self, records: Sequence[str]) -> dict[str, dict[str, str]]:
        """Record to the address of its item in each replica that has one; a tool that can't be asked is left out."""
        found: dict[str, dict[str, str]] = {id: {} for id in records}
        for name, replica in self._replicas.items():
            try:
                for id, shadow in self._store.shadows(name, records).items():
                    address = replica.link(shadow.handle) if shadow.handle else None
                    if address:
                        found[id][name] = address
            except Exception as error:
                self.problems[name] = failure(name, error)
        return found

    def meant(self, address: str) -> list[str]:
        """The records whose items the address leads to, mostly one; [] where no tool knows it."""
        found: list[str] = []
        for name, replica in self._replicas.items():
            try:
                handles = replica.linked(address)
            except Exception as error:
                self.problems[name] = failure(name, error)
                continue
            known = self._store.shadows_at(name, handles)
            found += [known[handle].record for handle in handles if handle in known]
        return list(dict.fromkeys(found))


@contextmanager
def linking(program: Program, store: Store) -> Iterator[Links]:
    """The program's replicas, opened for their addresses alone; those that can't be are in `Links.problems`."""
    replicas: dict[str, Linking] = {}
    links = Links(replicas, store)
    rows, pairs = store.replicas(), store.titles("pair")
    with ExitStack() as stack:
        for number, section in enumerate(program.replicas):
            try:
                place = place_at(program, number)
                view = view_of(place.name, program.template, place.audience, pairs, place.where)
                row = rows.get(place.name)
                opening = Opening(place.name, place.settings, view.template, program.locale, row.cursor if row else None,
                                  datetime.now(UTC), bound=row.place if row else None)  # fmt: skip
                replica = place.connector.open(opening)
            except Exception as error:
                links.problems[section.name] = failure(section.name, error)
                continue
            stack.callback(replica.close)
            if isinstance(replica, Linking):
                replicas[place.name] = replica
        yield links
