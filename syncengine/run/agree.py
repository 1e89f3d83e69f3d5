"""Third step of a run: what people changed becomes the canonical records (rules 2, 3), conflicts included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from syncengine.connector import Trouble
from syncengine.core import checkins, questions
from syncengine.core.canon import ENGINE, Change
from syncengine.core.delta import Edit, Told, by_field
from syncengine.core.merge import Candidate, Merged, merge_field
from syncengine.core.shadow import Shadow, _Missing, differing
from syncengine.model.kind import Kind, Record
from syncengine.model.values import Fields, Unreadable, Value
from syncengine.run import beginners
from syncengine.run.live import Live
from syncengine.run.work import Wish, Work
from syncengine.store import ConflictRow


def agree(work: Work, wishes: Iterable[Wish] = ()) -> None:
    """Merge edits, deletions and wishes into the canonical records, and let the engine make what follows."""
    before = set(work.canon.changed)
    granted, found = beginners.matched(work, wishes)
    kept: list[tuple[str, Edit]] = []
    for wish in granted:
        _grant(work, wish, kept)
    _answers(work, kept)
    _hear(work, kept)
    edited = {id for _, id in work.gone if work.edits.get(id)}
    for id in sorted(work.edits):
        edits = work.edits.pop(id)  # what they say is in the record, a conflict or the history then
        record = work.canon.get(id)
        assert record is not None
        _merge(work, record, edits, new=id in before)
    beginners.fill(work, found)
    _bury(work, edited)
    for id in list(work.canon.changed):
        record = work.canon.changed[id]
        if record.kind == "checkin" and not record.deleted:
            checkins.settle_status(work.canon, record)
    _ask(work)


def _grant(work: Work, wish: Wish, kept: list[tuple[str, Edit]]) -> None:
    record = work.canon.get(wish.record) or work.canon.add(wish.record, wish.kind)
    if wish.deleted is True and not record.deleted:
        work.canon.bury(record, wish.source, wish.rule)
    elif wish.deleted is False and record.deleted:
        work.canon.revive(record, wish.source, wish.rule)
    if wish.rule == "resolved":
        kept += [(record.id, Edit(name, value, value, wish.source, rank=-1, answer=True))
                 for name, value in wish.fields.items() if record.fields.get(name) == value]  # fmt: skip
    work.canon.write(record, wish.fields, wish.source, wish.rule)
    _answered(work, record, wish.fields)


def _hear(work: Work, kept: Iterable[tuple[str, Edit]]) -> None:
    """Who answered that a value stays is heard beside those who say otherwise at the same time; alone it changes nothing."""
    for id, edit in kept:
        others, record = work.edits.get(id, ()), work.canon.get(id)
        otherwise = record is not None and not record.deleted and record.fields.get(edit.field) != edit.after
        if otherwise or any(other.field == edit.field and other.after != edit.after for other in others):
            work.edits[id] = [*others, edit]


def _merge(work: Work, record: Record, edits: Sequence[Edit], *, new: bool) -> None:
    kind = work.canon.kinds[record.kind]
    if (
        record.deleted and record.kind == "question"
    ):  # it has been answered; what is written there now, the answer itself among it, is history
        _note(work, record, edits, "answer")
        work.canon.changed.setdefault(record.id, record)
        return
    if record.deleted:  # rule 3: delete loses to edit
        work.canon.revive(
            record, edits[0].replica if edits else ENGINE, "delete lost to edit" if edits else "found again"
        )
    if new and not record.fields and isinstance(edits, Told):
        _fill(work, record, kind, edits)
        return
    decided: list[tuple[str, Merged, list[Edit]]] = []
    for name, field_edits in by_field(edits).items():
        field = kind.fields[name]
        if field.computed and not _lost_question(work, record):
            _note(work, record, field_edits, "written over generated text")
            continue
        current = record.fields.get(name)
        merged = merge_field(field, current, field_edits, _origin(work, record, name, field_edits))
        decided.append((name, merged, field_edits))
    _write(work, record, decided)
    for name, merged, field_edits in decided:
        if merged.conflict is not None:
            work.conflicts.append(ConflictRow(0, record.id, name, questions.detail(merged.conflict)))
        _keep_losers(work, record, merged, field_edits)
    _answered(work, record, [name for name, merged, _ in decided if merged.rule is not None])
    if new or (record.id in work.canon.changed and not record.fields):
        _complete(work, record, kind, edits)
    work.canon.changed.setdefault(record.id, record)


def _fill(work: Work, record: Record, kind: Kind, told: Told) -> None:
    """A new record that one item tells of is as it is written there: there is nothing to merge it with."""
    found = _lost_question(work, record)
    ours = [name for name in told.fields if kind.fields[name].computed and not found]
    if ours:
        _note(work, record, [edit for edit in told if edit.field in ours], "written over generated text")
    values = {n: v for n, v in told.fields.items() if n not in ours} if ours else told.fields
    work.canon.fill(record, values, told.replica, "filled", told.who, told.when)
    _answered(work, record, values)
    _complete(work, record, kind, told)
    work.canon.changed.setdefault(record.id, record)


def _lost_question(work: Work, record: Record) -> bool:
    """Whether it is a question that the state has lost: nobody can generate its words anew, and somebody's are in it."""
    return record.kind == "question" and record.id in work.refound


def _write(work: Work, record: Record, decided: Iterable[tuple[str, Merged, list[Edit]]]) -> None:
    """Set what was decided; what one person wrote in one place, by one rule, together."""
    together: dict[tuple[str, str, str | None, str | None], Fields] = {}
    for name, merged, edits in decided:
        if merged.rule is not None:
            winner = _winner(merged, edits)
            rule: str = "answered" if winner.answer else merged.rule
            together.setdefault((winner.replica, rule, winner.who, winner.when), {})[name] = merged.value
    for (replica, rule, who, when), fields in together.items():
        if not work.canon.write(record, fields, replica, rule, who, when):
            work.canon.changed[record.id] = record


def _winner(merged: Merged, edits: list[Edit]) -> Edit:
    return next((e for e in edits if e.after == merged.value), edits[0])


def _keep_losers(work: Work, record: Record, merged: Merged, edits: list[Edit]) -> None:
    """Whatever was merged away stays in the history, whole: nothing anyone wrote is ever lost."""
    away = [edit for edit in edits if edit.after is not None and edit.after != merged.value]
    _note(work, record, away, "lost" if merged.conflict else "merged from")


def _note(work: Work, record: Record, edits: Sequence[Edit], rule: str) -> None:
    """Keep in the history what does not become the record's."""
    for edit in edits:
        before = None if isinstance(edit.before, _Missing) else edit.before
        work.canon.changes.append(
            Change(record.id, edit.replica, rule, {edit.field: [before, edit.after]}, edit.who, edit.when)
        )


def _origin(work: Work, record: Record, name: str, edits: list[Edit]) -> Candidate | None:
    """Who last set the field, where an edit did not start from its value."""
    current = record.fields.get(name)
    if current is None or all(not isinstance(e.before, _Missing) and e.before == current for e in edits):
        return None
    ranks = {live.name: live.source for live in work.lives}
    for change in reversed(work.store.history(record=record.id)):
        if name in change.changes and change.changes[name][1] == current:
            source = ranks.get(change.source)
            return Candidate(current, change.source, source.rank if source else len(ranks), change.at,
                             source.precision if source else timedelta(seconds=1), change.who)  # fmt: skip
    return Candidate(current, "", len(ranks))


def _complete(work: Work, record: Record, kind: Kind, edits: Sequence[Edit]) -> None:
    """A new record gets the defaults nobody overrode, and the pair whose own replica it was made in."""
    values: Fields = {
        f.name: f.default
        for f in kind.fields.values()
        if f.default is not None and record.fields.get(f.name) is None and record.id not in work.refound
    }
    own = next(
        (
            live.view.pair
            for live in work.lives
            if live.view.pair and any(e.replica == live.name for e in edits)
        ),
        None,
    )
    if own and "pair" in kind.fields and record.fields.get("pair") is None:
        values["pair"] = own
    work.canon.write(record, values, ENGINE, "default")
    work.canon.name(record)


def _bury(work: Work, edited: set[str]) -> None:
    """Deletions, unless somebody edited the record, or an edit had not reached that replica yet (rule 3)."""
    lives = work.by_name
    for (replica, id), shadow in sorted(work.gone.items()):
        record = work.canon.get(id)
        if record is None or record.deleted or id in edited or not work.within(lives[replica], record):
            continue
        if (replica, id) in work.caught_up or _unseen(work, lives[replica], shadow, record):
            work.canon.changed.setdefault(id, record)  # so that it is made there again
        else:
            work.canon.bury(record, replica, "deleted")


def _unseen(work: Work, live: Live, shadow: Shadow, record: Record) -> bool:
    """Whether something that a person wrote had not yet arrived where the record was deleted."""
    kind = live.view.template.kinds[record.kind]
    fields = differing(kind, shadow, live.view.fields(kind, record), live.holds(kind.name), {})
    unseen = {name for name in fields if not kind.fields[name].computed}
    if not unseen:
        return False
    told = [*((c.source, c.changes) for c in work.canon.changes if c.record == record.id),
            *((h.source, h.changes) for h in work.store.history(record=record.id))]  # fmt: skip
    return any(source != ENGINE and unseen & changes.keys() for source, changes in told)


def _answered(work: Work, record: Record, names: Iterable[str]) -> None:
    """Editing a field again answers its open conflict (rule 2)."""
    wanted = set(names)
    if not wanted:
        return
    for row in work.open_conflicts.get(record.id, ()):
        if row.field in wanted and row.id not in work.answered:
            _close(work, row)


def _close(work: Work, row: ConflictRow) -> None:
    work.answered.add(row.id)
    asked = work.canon.get(row.question) if row.question else None
    if asked is not None and not asked.deleted:
        work.canon.bury(asked, ENGINE, "answered")


def _answers(work: Work, kept: list[tuple[str, Edit]]) -> None:
    """What people answered to questions becomes an edit of the field that was asked about."""
    for id, edits in sorted(work.edits.items()):
        asked = work.canon.get(id)
        if asked is None or asked.kind != "question":
            continue
        for edit in edits:
            if edit.field == "answer" and edit.after is not None:
                _answer(work, asked, edit, kept)


def _answer(work: Work, asked: Record, edit: Edit, kept: list[tuple[str, Edit]]) -> None:
    row = next((r for r in work.store.conflicts(state=None) if r.question == asked.id), None)
    record = work.canon.get(row.record) if row else None
    kind = work.canon.kinds.get(record.kind) if record else None
    if row is None and edit.after is not None and not asked.deleted:
        work.troubles.setdefault(edit.replica, []).append(
            Trouble(edit.where, "the question is from before the state was lost, and what it asks about is not known any more",
                    "Write the answer into the field itself, then delete the question.", str(edit.after), "question")
        )  # fmt: skip
    if row is None or record is None or kind is None or row.field not in kind.fields:
        return
    said = questions.answer(work.canon, record, kind.fields[row.field], row.detail, str(edit.after))
    if isinstance(said, Unreadable):
        work.troubles.setdefault(edit.replica, []).append(
            Trouble(edit.where, f"the answer “{said.text}” {said.reason}", said.remedy, said.text, "question")
        )
        return
    changes, value = said
    # It starts from what the question showed: if somebody else has answered since, that is a conflict.
    shown: Value = row.detail["kept"]["value"]
    answered = replace(edit, field=row.field, before=shown, after=value if changes else shown, answer=True)
    if changes:
        work.edits[record.id] = [*work.edits.get(record.id, ()), answered]
    elif row.state == "open":
        kept.append((record.id, answered))
    if row.state == "open":
        _close(work, row)


def _ask(work: Work) -> None:
    """Each new conflict becomes a question where people work; an older one on the same field gives way to it."""
    if "question" not in work.canon.kinds:
        return
    for number, row in enumerate(work.conflicts):
        record = work.canon.get(row.record)
        assert record is not None
        for old in work.open_conflicts.get(row.record, ()):
            if old.field == row.field and old.id not in work.answered:
                _close(work, old)
        asked = work.canon.add(work.id_for("question", row.record, row.field), "question")
        field = work.canon.kinds[record.kind].fields[row.field]
        work.canon.write(asked, questions.question(work.canon, record, field, row.detail), ENGINE, "conflict")
        work.conflicts[number] = ConflictRow(row.run, row.record, row.field, row.detail, asked.id)
