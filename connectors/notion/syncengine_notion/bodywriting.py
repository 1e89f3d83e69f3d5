"""Writing the text of a page: block by block, only what changed. What has no words of ours in it (an image, a database, a
page) is never touched, and stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from syncengine.connector import Done, InDoubt, Operation, Outcome, Rejected
from syncengine.model.kind import Kind
from syncengine.model.values import Value
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.blocks import captioned, changed, fitting, part_of, to_blocks, words_of
from syncengine_notion.bodies import Body, Placed, minute_of, read_body
from syncengine_notion.client import Wire
from syncengine_notion.memory import Memory
from syncengine_notion.parts import Part, parse, rendered
from syncengine_notion.provisioning import refusal
from syncengine_notion.refusals import LATER
from syncengine_notion.script import Cut, Put, Set, batches, halfway, script

Json = dict[str, Any]

_ATTEMPTS = 4
_PASSING = (400, 404, 409)
"""Refusals that may come of somebody who is at work in the same page: it is looked at again."""


class BodyWriter:
    """Writes the texts of the pages of one kind, which are its field `name`."""

    def __init__(self, wire: Wire, kind: Kind, name: str, memory: Memory) -> None:
        self._wire, self._kind, self.name, self._memory = wire, kind, name, memory

    def beginning(self, operation: Operation) -> list[Json]:
        """The blocks that a new page is made with: all of its text, or as much as a request may carry."""
        return next((to_blocks(group) for group in batches(_parts(operation.fields.get(self.name)))), [])

    def whole(self, operation: Operation) -> bool:
        """Whether that is all of it."""
        return len(list(batches(_parts(operation.fields.get(self.name))))) < 2

    def after_create(self, operation: Operation, outcome: Outcome, text: Operation, *, sure: bool) -> Outcome:
        """A page was made: with all of its text, or (not `sure`) the rest of it is still to be written, or to be looked for."""
        took = outcome.partly if isinstance(outcome, Rejected) else outcome
        if not isinstance(took, Done):
            return replace(outcome, operation=operation)
        if sure:
            self._memory.bodies[took.handle] = minute_of(self._wire.today())
            done: Outcome = Done(text, took.handle, {self.name: shown_text(text.fields[self.name])})
        else:
            done = self.write(replace(text, action="update", handle=took.handle, expected={}))
        return with_text(operation, outcome, done)

    def write(self, operation: Operation) -> Outcome:
        """The one field of a page that is there, with what it holds then. Raises as `Wire.read`."""
        page, wanted = operation.handle or "", operation.fields.get(self.name)
        expected = operation.expected.get(self.name)
        reason = ""
        for attempt in range(_ATTEMPTS):
            moment = minute_of(self._wire.today())
            try:
                body = read_body(self._wire, page)
                now = read_text(body.text)
                if now not in (wanted, shown_text(wanted)):
                    if now != expected and not halfway(_text(expected), _text(wanted), _text(now)):
                        return self._moved(operation, page)
                    now = self._carried_out(body, _parts(wanted))
                self._memory.bodies[page] = moment
                return Done(operation, page, {self.name: now})
            except Doubt as doubt:
                reason = doubt.reason
            except Refused as refused:
                if refused.status not in _PASSING or attempt == _ATTEMPTS - 1:
                    return self._refused(operation, refused)
                reason = refused.message
            self._wire.wait(attempt)
        return InDoubt(operation, reason)

    def _moved(self, operation: Operation, page: str) -> Rejected:
        self._memory.bodies.pop(page, None)
        self._memory.again.append(page)
        label = self._kind.fields[self.name].label
        return Rejected(operation, f"its text ({label}) was changed in Notion at the same time", LATER)

    def _refused(self, operation: Operation, refused: Refused) -> Rejected:
        if refused.status == 403:
            error = refusal(refused)
            return Rejected(operation, error.reason, error.remedy)
        return Rejected(operation, f"Notion refused its text: {refused.message}", "The next run tries again.")

    # -- one script

    def _carried_out(self, body: Body, want: Sequence[Part]) -> str | None:
        for step in script([one.part for one in body.words], want):
            if isinstance(step, Set):
                self._set(body.words[step.at], step.part)
            elif isinstance(step, Put):
                self._put(body, step)
            else:
                self._cut(body, step)
        text = body.text
        if any(one.id is None and "](" in one.part.text for one in body.words):
            text = read_body(self._wire, body.page).text  # Notion may have written a link otherwise
        return read_text(text)

    def _set(self, one: Placed, part: Part) -> None:
        path, inner = f"blocks/{one.id}", changed(part, one.block)
        try:
            answer = self._wire.write("PATCH", path, {one.type: inner})
        except Refused as refused:
            if refused.status != 400 or inner == (plain := {**inner, **words_of(part)}):
                raise
            answer = self._wire.write(
                "PATCH", path, {one.type: plain}
            )  # something it shows, and does not take
        one.part, one.held = part_of(answer, part.depth) or part, answer[one.type]

    def _put(self, body: Body, step: Put) -> None:
        depth = step.parts[0].depth
        parent, after, above = _place(body, step.at, depth)
        answer = self._wire.append(parent, to_blocks(step.parts), after)
        made = [block["id"] for block in answer["results"]]
        order = body.order.setdefault(parent, [])
        at = len(order) if after is None else order.index(after) + 1 if after else 0
        order[at:at] = made
        fresh: list[Placed] = []
        blocks = iter(answer["results"])
        for part in step.parts:
            while above is not None and above.part.depth >= part.depth:
                above = above.above
            block = next(blocks, None) if part.depth == depth else None
            shown = part_of(block, part.depth) if block else None
            one = Placed(shown or part, block["id"] if block else None, parent, part.kind, above)
            fresh.append(one)
            above = one if part.listed else above
        body.words[step.at : step.at] = fresh

    def _cut(self, body: Body, step: Cut) -> None:
        """To the trash, where that takes nothing with it that is to stay; a block that holds such is left without words."""
        group = body.words[step.at : step.at + step.count]
        leaving = {one.id for one in group} | body.blank
        kept = {one.id for one in group if captioned(one.block)}
        leaving -= kept

        def empties(one: Placed) -> bool:
            return all(id in leaving for id in (str(one.id), *body.below(str(one.id))))

        for one in group[:1] if empties(group[0]) else reversed(group):
            if empties(one):
                self._wire.write("DELETE", f"blocks/{one.id}", None)
                body.order[one.parent].remove(str(one.id))
                body.order.pop(str(one.id), None)
            else:
                self._wire.write("PATCH", f"blocks/{one.id}", {one.type: {"rich_text": []}})
        del body.words[step.at : step.at + step.count]


def _place(body: Body, at: int, depth: int) -> tuple[str, str | None, Placed | None]:
    """Where new blocks go: in what, after which of its blocks ("": before all; `None`: at the end), and their list item."""
    if at == 0:
        if not body.words:
            return body.page, None, None
        first = body.words[0]
        order = body.order[first.parent]
        before = order.index(str(first.id))
        return first.parent, order[before - 1] if before else "", None
    one = body.words[at - 1]
    if depth > one.part.depth and one.id is not None:
        return one.id, "" if body.order.get(one.id) else None, one
    follows = body.words[at].id if at < len(body.words) else None
    if one.id is not None and not one.part.listed and follows is not None and follows in body.below(one.id):
        return one.id, "", one.above  # a fold, and what follows lies in it
    while one.above is not None and (one.part.depth > depth or (one.id is None and one.above.id is None)):
        one = one.above
    if one.id is not None:
        return one.parent, one.id, one.above
    return (str(one.above.id), None, one.above) if one.above is not None else (body.page, None, None)


def read_text(text: str) -> str | None:
    """The text of a page as a value."""
    return text.strip("\n").rstrip() or None


def shown_text(value: Value) -> str | None:
    """How a page shows a text that it was given."""
    return read_text(rendered(_parts(value)))


def _parts(value: Value) -> list[Part]:
    """A text as blocks will hold it."""
    return list(fitting(parse(_text(value))))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def split(operation: Operation, prose: BodyWriter | None) -> tuple[Operation, Operation | None]:
    """An operation's properties, and its text as an operation of its own; `None` where that does not change."""
    if prose is None or prose.name not in operation.fields:
        return operation, None
    fields = dict(operation.fields)
    text = {prose.name: fields.pop(prose.name)}
    return replace(operation, fields=fields), replace(operation, fields=text, stamp=False)


def with_text(operation: Operation, outcome: Outcome, text: Outcome) -> Outcome:
    """What became of a record whose properties and whose text were written."""
    took = outcome.partly if isinstance(outcome, Rejected) else outcome if isinstance(outcome, Done) else None
    if isinstance(text, Done):
        fields, told = (dict(took.operation.fields), took.held) if took is not None else ({}, {})
        held = {**(fields if told is None else told), **(text.held or {})}
        done = Done(replace(operation, fields={**fields, **text.operation.fields}), text.handle, held)
        if isinstance(outcome, Done):
            return replace(done, operation=operation)
        return Rejected(
            operation, outcome.reason, getattr(outcome, "remedy", ""), getattr(outcome, "where", ""), done
        )
    if not isinstance(outcome, Done):
        return replace(outcome, operation=operation)
    return Rejected(
        operation, text.reason, getattr(text, "remedy", ""), getattr(text, "where", ""), partly=outcome
    )
