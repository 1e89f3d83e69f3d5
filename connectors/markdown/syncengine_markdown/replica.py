"""One opened vault."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from syncengine.connector import Opening, Operation, Outcome, Pull, Step
from syncengine.errors import AccessError
from syncengine.model.values import Fields
from syncengine_markdown.adopting import Arrangement, arrange
from syncengine_markdown.clock import ROOMY, settled
from syncengine_markdown.dialect import Dialect
from syncengine_markdown.files import read_whole, remove
from syncengine_markdown.listing import Past, inode_of, pack, stamp, unpack
from syncengine_markdown.marker import Marker, marker_path, read_marker
from syncengine_markdown.placing import Placer
from syncengine_markdown.provisioning import make, steps
from syncengine_markdown.pulling import Puller, digest_of
from syncengine_markdown.pushing import Pusher
from syncengine_markdown.vault import Vault

if TYPE_CHECKING:
    from syncengine.model.words import Words  # only `forget` needs it


class MarkdownReplica:
    """Keeps the contract `syncengine.connector.Replica` for a folder of notes."""

    def __init__(self, opening: Opening) -> None:
        self.calls = 0
        self._opening = opening
        self._root: str = opening.settings["path"]
        self._named: Mapping[str, str] = opening.settings["folders"]
        self._vault: Vault | None = None
        self._pulled = False
        self._leftovers: list[str] = []

    def place(self) -> str | None:
        """The id in the vault's marker file."""
        marker = self._marker()
        return marker.place if marker else None

    def survey(self) -> Sequence[Step]:
        """Folders and pages to make, and existing ones that will be used."""
        marker = self._marker()
        return steps(self._root, self._opening.template, self._layout(marker), marker)

    def provision(self, place: str) -> None:
        """Make what `survey` says. Existing files are never written."""
        marker = self._marker()
        make(self._root, self._opening.template, self._layout(marker), marker, place)
        self._vault, self._pulled = None, False

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """See the contract; complete with the cursor `None`, of another version, or of other folders."""
        self._vault = self._open_vault()
        past = unpack(cursor)
        if past is not None and past.kinds != self._kinds(self._vault):
            past = None
        puller = Puller(self._vault, past, again)
        pull = puller.pull()
        self.calls += puller.calls
        self._leftovers, self._pulled = puller.leftovers, True
        return pull

    def takes(self, kind: str, fields: Fields) -> bool:
        """A vault has a place for every kind of its template."""
        return kind in self._opening.template.kinds

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """See the contract. Notes that get a new file name take the references of other notes along."""
        if not operations:
            return
        if not self._pulled:
            self.pull(None, ())
        assert self._vault
        self._clear(self._vault)
        placer = Placer(self._vault)
        pusher = Pusher(self._vault, placer)
        yield from pusher.push(operations)
        self.calls += pusher.calls + placer.calls

    def cursor(self) -> bytes | None:
        """Stat, digest and id of every note, as last read or written here; `None` before the first read."""
        if self._vault is None or not self._pulled:
            return None
        self._clear(self._vault)  # also where there was nothing to push: a note may be in place already
        self._settle(self._vault)
        self._vault.forget_atlas()  # of a large vault it is large, and so is what comes now
        marker = stamp(marker_path(self._root))
        return pack(Past(self._kinds(self._vault), marker, self._vault.former, self._vault.shelves))

    def link(self, handle: str) -> str:
        """The note's file."""
        from syncengine.model.filelinks import file_link  # no sync needs it

        return file_link(f"{self._root}/{handle}")

    def linked(self, link: str) -> Sequence[str]:
        """By path, `file:` URI, `[[wiki link]]` or Obsidian's own address."""
        from syncengine_markdown.addresses import linked_notes

        return linked_notes(link, self._root)

    def erase(self, ids: Collection[str], words: Words) -> None:
        """See `syncengine.connector.Erasing`."""
        from syncengine_markdown import erasing

        self.calls += erasing.erase(self._root, ids, words)

    def everything(self) -> Iterator[tuple[str, str]]:
        """Every file of the vault."""
        from syncengine_markdown import erasing

        return erasing.everything(self._root)

    def keeps(self) -> Sequence[str]:
        """What Obsidian and drives keep."""
        from syncengine_markdown import erasing

        return erasing.KEEPS

    def close(self) -> None:
        """Nothing is kept open."""
        self._vault, self._pulled = None, False

    def _clear(self, vault: Vault) -> None:
        """Remove what a run that died has left; a read alone removes nothing."""
        for leftover in self._leftovers:
            remove(vault.absolute(leftover))
        self._leftovers = []

    def _settle(self, vault: Vault) -> None:
        """Look once more at files that were too young to trust their times, so that the next run need not.

        What has just been written is let grow as old as that takes: it costs a run that wrote less than it saves the next.
        """
        young = vault.unsettled()
        if young:
            time.sleep(ROOMY / 1e9)
        for path in young:
            file = vault.file(path)
            if file is None or file.digest is None:
                continue
            now = time.time_ns()
            try:
                data, found = read_whole(vault.absolute(path), file.size)
            except OSError:
                continue
            if digest_of(data) == file.digest and settled(found.st_mtime_ns, now):
                inode = inode_of(found)
                vault.put(path, file._replace(mtime=found.st_mtime_ns, size=found.st_size, inode=inode))

    def _kinds(self, vault: Vault) -> dict[str, str]:
        return {name: dialect.folder for name, dialect in vault.dialects.items()}

    def _marker(self) -> Marker | None:
        if os.path.lexists(self._root) and not os.path.isdir(self._root):
            raise AccessError(
                "is a file, not a folder", where=self._root, remedy="Name a folder under `path`."
            )
        return read_marker(self._root)

    def _layout(self, marker: Marker | None) -> Arrangement:
        return arrange(self._root, self._opening.template, self._named, marker)

    def _open_vault(self) -> Vault:
        layout = self._layout(self._marker())
        kinds = self._opening.template.kinds
        dialects = {
            kind.name: Dialect(
                kind, layout.folders[kind.name], layout.keys.get(kind.name, {}), self._opening.locale
            )
            for kind in kinds.values()
        }
        return Vault(self._root, dialects)
