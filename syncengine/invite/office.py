"""The office: compares records with what was told, and sends or writes what is new. One note a pair in the state."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from syncengine.config import Program
from syncengine.errors import AccessError
from syncengine.invite.envelope import calendar_of, mail_of
from syncengine.invite.messages import Message, messages
from syncengine.invite.replies import answer_key, came, read_replies
from syncengine.invite.sending import NotSent, Unknown, postman
from syncengine.invite.standing import NEVER, Standing, Told, standing_of
from syncengine.model.kind import Record
from syncengine.model.moments import moment
from syncengine.model.series import uid_of
from syncengine.model.values import Fields
from syncengine.run import Wish
from syncengine.run.identities import noted
from syncengine.store import Store

_TOLD, _ANSWERS = "invited:", "replies"


@dataclass
class Errand:
    """One message of one pair, with what it needs to be written."""

    pair: Record
    title: str
    link: str | None
    message: Message

    @property
    def digest(self) -> str:
        """The same for the same message, whenever it is made."""
        return hashlib.sha256(repr(self.message).encode()).hexdigest()[:16]


@dataclass
class PairErrands:
    """All messages of one pair, and what will have been told."""

    errands: list[Errand]
    after: Told
    missing: list[str]
    """Members without an address."""


def plan(program: Program, store: Store, now: datetime, only: str | None = None) -> dict[str, PairErrands]:
    """What would be told, by pair id; `only`: one pair. Reads only."""
    found, uids = {}, noted(store)
    zone = program.locale.zone.key
    everyone = [*store.all_records("pair"), *store.all_records("pair", deleted=True)]
    pairs = {record.id: record for record in everyone if only in (None, record.id)}.values()
    for pair in sorted(pairs, key=lambda r: r.id):
        note = store.note(_TOLD + pair.id)
        before = Told.load(orjson.loads(note)) if note else None
        guests, missing = _guests(store, pair)
        own = [r for r in store.of_pair(pair.id) if r.kind == "checkin"]
        now_standing = standing_of(pair, own, guests, zone, now)
        if before is None and (now_standing.series is None or pair.deleted):
            continue
        if before is not None:
            before.uid = before.uid or uid_of(pair.id)
        told, after = messages(uids.get(pair.id) or uid_of(pair.id), before, now_standing, now)
        title, link = _on_one_line(pair.fields.get("name")) or "Check-in", pair.fields.get("link")
        errands = [Errand(pair, title, link if isinstance(link, str) else None, one) for one in told]
        if errands or missing or before is None or before.standing != now_standing:
            found[pair.id] = PairErrands(errands, after, missing)
    return found


def _guests(store: Store, pair: Record) -> tuple[dict[str, str], list[str]]:
    members = pair.fields.get("members")
    people = store.records(members if isinstance(members, list) else [])
    guests, missing = {}, []
    for person in people.values():
        address, name = person.fields.get("email"), _on_one_line(person.fields.get("name"))
        if isinstance(address, str) and not person.deleted:
            guests[address.lower()] = name
        else:
            missing.append(name)
    return guests, missing


def _on_one_line(value: object) -> str:
    """A name as a header of a mail and a line of a calendar can hold it: no line ends, nothing that can't be seen."""
    shown = "".join(c if c.isprintable() else " " for c in str(value or ""))
    return " ".join(shown.split())


def send(program: Program, store: Store, plans: Mapping[str, PairErrands], now: datetime) -> Iterator[str]:
    """Mail every message to everybody it is for, once; yields what went wrong. Raises `Unavailable`, `AccessError`.

    An address is noted before the message is handed over: where the answer is lost, it is not sent again.
    """
    said = program.mail()
    if not any(one.errands for one in plans.values()):
        _settle(store, plans, set())
        return
    failed: set[str] = set()
    with postman(said) as server:
        for id, mine in plans.items():
            for errand in mine.errands:
                for address in errand.message.to:
                    key = f"{errand.digest} {address}"
                    if key in mine.after.reached:
                        continue
                    _remember(store, id, mine, key)
                    mail = mail_of(errand.message, errand.title, errand.link, said.sender, address, now)
                    try:
                        server.send(mail)
                    except NotSent as error:
                        failed.add(id)
                        mine.after.reached.remove(key)
                        _remember(store, id, mine, None)
                        yield f"{address} was not told ({errand.title}: {errand.message.why}): the mail server said {error}"
                    except Unknown:
                        yield f"nobody knows whether {address} was told ({errand.title}: {errand.message.why}); it is not sent again"
    _settle(store, plans, failed)


def _remember(store: Store, id: str, mine: PairErrands, key: str | None) -> None:
    """Note who was reached, beside what was told before this run: the message is the same in the next one."""
    if key is not None:
        mine.after.reached.append(key)
    note = store.note(_TOLD + id)
    before = Told.load(orjson.loads(note)) if note else None
    before = before or Told(Standing(None), NEVER)
    before.reached = list(mine.after.reached)
    with store.transaction():
        store.put_note(_TOLD + id, orjson.dumps(before.dump()).decode())


def _settle(store: Store, plans: Mapping[str, PairErrands], failed: set[str]) -> None:
    with store.transaction():
        for id, mine in plans.items():
            if id not in failed:
                mine.after.reached = []
                store.put_note(_TOLD + id, orjson.dumps(mine.after.dump()).decode())


def write(
    program: Program, store: Store, plans: Mapping[str, PairErrands], folder: str, now: datetime
) -> list[str]:
    """One .ics file for each message, for people to send themselves; returns their paths. Raises `AccessError`."""
    sender, paths = program.mail().sender, []
    try:
        os.makedirs(folder, exist_ok=True)
        for mine in plans.values():
            for number, errand in enumerate(mine.errands):
                name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", errand.title).strip()[:80] or "Check-in"
                path = os.path.join(
                    folder, f"{name} {errand.message.method} {mine.after.sequence}-{number}.ics"
                )
                with open(path, "wb") as file:
                    file.write(calendar_of(errand.message, errand.title, errand.link, sender, now))
                paths.append(path)
    except OSError as error:
        raise AccessError(f"can't be written: {error.strerror}", where=folder,
                          remedy="Choose another folder, or ask for the right to write there.") from error  # fmt: skip
    _settle(store, plans, set())
    return paths


def take_replies(store: Store, paths: list[str]) -> tuple[int, list[str]]:
    """Note the answers in these files; returns how many there were, and which files could not be used."""
    note = store.note(_ANSWERS)
    answers: dict[str, dict[str, list[str]]] = orjson.loads(note) if note else {}
    count, wrong = 0, []
    adopted = {uid: id for id, uid in noted(store).items()}
    for path in paths:
        try:
            with open(path, "rb") as file:
                replies = read_replies(file.read(), adopted)
        except (OSError, ValueError) as error:
            wrong.append(f"{os.path.basename(path)}: {getattr(error, 'strerror', None) or error}")
            continue
        for reply in replies:
            known = answers.setdefault(answer_key(reply), {})
            if reply.address not in known or known[reply.address][1] <= reply.stamp:
                known[reply.address] = [reply.answer, reply.stamp]
                count += 1
    with store.transaction():
        store.put_note(_ANSWERS, orjson.dumps(answers).decode())
    return count, wrong


def attendance(store: Store, now: datetime) -> list[Wish]:
    """What the answers propose for meetings that are over and that nobody has said anything of: held, by whom, or skipped."""
    note = store.note(_ANSWERS)
    answers = orjson.loads(note) if note else {}
    wishes: list[Wish] = []
    for pair in store.all_records("pair") if answers else ():
        members = pair.fields.get("members")
        people = store.records(members if isinstance(members, list) else [])
        addresses = {str(p.fields["email"]).lower(): p.id for p in people.values() if p.fields.get("email")}
        for record in store.of_pair(pair.id):
            at = record.fields.get("starts")
            open_still = (
                record.kind == "checkin"
                and not record.deleted
                and record.fields.get("status") in ("planned", "moved")
            )
            if not open_still or not isinstance(at, str) or moment(at) > now or record.fields.get("attended"):
                continue
            slot = record.fields.get("slot")
            event = pair.id if f"{record.id} " not in answers else record.id
            who = came(answers, event, slot if isinstance(slot, str) else None, addresses)
            if who is not None:
                fields: Fields = {"status": "held", "attended": who} if who else {"status": "skipped"}
                wishes.append(Wish(record.id, fields, "replies", "answers", kind="checkin"))
    return wishes
