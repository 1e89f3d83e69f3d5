"""One opened spreadsheet: read by `reader.py`, its rows by `pulling.py`, pushed by `pushing.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from syncengine.connector import Check, Done, Estimate, Opening, Operation, Outcome, Pull, Step, Trouble
from syncengine.errors import MentorsyncError
from syncengine.model.fieldtypes import Flag
from syncengine.model.values import Fields
from syncengine.model.words import Words
from syncengine_sheets import remarks
from syncengine_sheets.addresses import Places, linked_row, read_places, row_link
from syncengine_sheets.client import Client
from syncengine_sheets.layout import Tab
from syncengine_sheets.locales import file_locale
from syncengine_sheets.pulling import Puller
from syncengine_sheets.reader import Reader
from syncengine_sheets.structure import Structure


class SheetsReplica:
    """Keeps `Replica`, `Confirming`, `Remarking`, `Linking` and `Checking`; each method's promises are in `syncengine.connector`."""

    def __init__(self, opening: Opening) -> None:
        self.calls = 0
        self._opening, self._settings = opening, opening.settings
        self._reader = Reader(opening, lambda: self._client)
        self._puller = Puller(self._reader)
        self._made_client: Client | None = None
        self._notes: dict[remarks.Key, str] = {}
        self._made = False
        self._adoptable: dict[str, Tab] | None = None
        self._stale = False
        self._places: Places | None = None
        """Where each row is, for their addresses; not known after a pull or a push."""

    @property
    def _client(self) -> Client:
        if self._made_client is None:
            where = f"spreadsheet of replica {self._opening.name!r}"
            self._made_client = Client(self._settings, where, self._count)
        return self._made_client

    def _count(self) -> None:
        self.calls += 1

    def close(self) -> None:
        """Let go of the connections and of what was read."""
        self._reader.taken()
        if self._made_client is not None:
            self._made_client.close()

    def place(self) -> str | None:
        """From the journal's first row, read with everything else in one call; else from the spreadsheet's metadata."""
        return self._reader.place()

    # -- set-up

    def survey(self) -> Sequence[Step]:
        """What `provision` would make, adopt and repair."""
        from syncengine_sheets.survey import survey

        if not self._reader.spreadsheet:
            return survey(self._opening.template, None, {})
        return survey(self._opening.template, self._reader.structure(), self._adopted())

    def _adopted(self) -> dict[str, Tab]:
        from syncengine_sheets.adoption import tabs_in

        if self._adoptable is None:
            structure = self._reader.structure()
            self._adoptable = tabs_in(self._client, self._opening.template, structure, self._reader.own)
        return self._adoptable

    def provision(self, place: str) -> None:
        """Make the spreadsheet, or add to the one that is there what it lacks."""
        from syncengine_sheets.provisioning import provision

        if not self._reader.spreadsheet:
            title = f"{self._opening.template.title} – {self._opening.name}"
            self._reader.spreadsheet = self._client.create(title, self._settings["key"], place)
            self._made = True
        structure = self._reader.structure()
        zone = str(self._opening.locale.zone) if self._made or self._begun(structure) else None
        provision(self._client, self._opening.template, structure, self._adopted(), place, zone)
        self._adoptable = None
        self._reader.forget()

    def _begun(self, structure: Structure) -> bool:
        """Whether an earlier set-up of ours created it, got no further, and nobody has written anything into it since."""
        if self._settings.get("spreadsheet") or structure.stamped or len(structure.sheets) != 1:
            return False
        return self._client.values(structure.id, [structure.sheets[0].range]) == [[]]

    def takes(self, kind: str, fields: Fields) -> bool:
        """A row needs more than an id and checkboxes: a record that says nothing has no place in a spreadsheet."""
        declared = self._opening.template.kinds.get(kind)
        return declared is not None and any(
            fields.get(name) not in (None, []) and not (isinstance(field.type, Flag) and not fields.get(name))
            for name, field in declared.fields.items()
        )

    # -- reading

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """One read tells everything; of rows that are letter for letter what they were at the cursor nothing is said."""
        self._places = None
        return self._puller.pull(cursor, again)

    def confirm(self, handles: Sequence[str]) -> Pull:
        """Rows that were emptied, their hidden ids too, are told from rows that were taken out; asks nobody."""
        return self._puller.confirm(handles)

    # -- writing

    def remark(self, troubles: Sequence[Trouble]) -> bool:
        """Notes on the cells that could not be understood; whether any has to be put or taken back."""
        known = self._reader.known
        if known is None or self._puller.quiet:
            return False  # nothing was read anew; what could not be used before is noted already
        noted = {key: text for key, text in known.noted.items() if self._puller.told(key[1])}
        self._notes = remarks.differing(remarks.wanted(troubles), noted)
        return bool(self._notes)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """All of them in one batch of about two megabytes, or several; see `pushing.py`."""
        from syncengine_sheets.pushing import Pusher

        known = self._reader.known
        assert known is not None, "pushed without a pull"
        known.digest = ""
        locale = file_locale(known.locale, self._opening.locale)
        pusher = Pusher(self._client, known, self._puller.has_row, locale, self._reader.own)
        try:
            for outcome in pusher.push(operations, self._notes):
                if isinstance(outcome, Done):
                    known.emptied.pop(outcome.operation.id, None)
                yield outcome
        except MentorsyncError:
            self._stale = True
            raise
        finally:
            self._stale |= pusher.stale
            self._notes, self._places = {}, None

    def erase(self, ids: Collection[str], words: Words) -> None:
        """See `syncengine.connector.Erasing`."""
        from syncengine_sheets import erasing

        if self._reader.spreadsheet or self._reader.find():
            erasing.erase(self._client, self._reader.structure(), ids, words)

    def everything(self) -> Iterator[tuple[str, str]]:
        """Every cell of every tab."""
        from syncengine_sheets import erasing

        found = self._reader.spreadsheet or self._reader.find()
        return erasing.everything(self._client, self._reader.structure()) if found else iter(())

    def keeps(self) -> Sequence[str]:
        """What Google keeps."""
        from syncengine_sheets import erasing

        return erasing.KEEPS

    def cursor(self) -> bytes | None:
        """Where everything is; where a write showed that it is somewhere else, only what helps to find it anew."""
        known = self._reader.known
        return None if known is None else known.to_bytes("" if self._stale else self._reader.mapping)

    def estimate(self, operations: Sequence[Operation]) -> Estimate:
        """A look at the rows, and a batch for each megabyte or two."""
        from syncengine_sheets.batching import estimate

        return estimate(operations)

    # -- addresses

    def link(self, handle: str) -> str | None:
        """The row in its tab. One call for all that are asked for."""
        place = self._placed().get(handle)
        return row_link(self._reader.spreadsheet, place) if place else None

    def linked(self, link: str) -> Sequence[str]:
        """By the tab and the row of an address; the spreadsheet's own means no row, and costs no call."""
        place = linked_row(link, self._reader.spreadsheet)
        return [handle for handle, at in self._placed().items() if at == place] if place else []

    def _placed(self) -> Places:
        if self._places is None:
            self._places = read_places(self._client, self._reader)
        return self._places

    def checks(self) -> Sequence[Check]:
        """For `doctor`: the sign-in, the file, the right to write it, its locale and zone."""
        from syncengine_sheets.access import checks

        reader = self._reader
        return checks(
            lambda: self._client,
            lambda: reader.structure() if reader.spreadsheet or reader.find() else None,
            self._opening,
        )
