"""The canonical model: every kind and field of a mentorship program, declared once.

Notion properties, sheet columns, front matter and calendar fields are all derived from these classes
plus the template. What each is for is in docs/model.md; peers are equal, so there is no mentor role.
"""

# No postponed annotations here: they are the declaration, and evaluating them one by one would cost every run.
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, get_args

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Audience, Field, Kind
from syncengine.model.values import Value

if TYPE_CHECKING:
    from pydantic import BaseModel


class _As:
    """What an annotation says beyond the Python type."""

    def __init__(self, type: ft.FieldType, label: str, help: str = "", *, pair: bool = False,
                 computed: bool = False, default: Value = None, aliases: str = "") -> None:  # fmt: skip
        self.type, self.label, self.help = type, label, help
        self.audience: Audience = "pair" if pair else "program"
        self.computed, self.default = computed, default
        self.aliases = tuple(alias.strip() for alias in aliases.split(",") if alias.strip())


_TEXT, _RICH, _DATE, _FLAG = ft.Text(), ft.RichText(), ft.Date(), ft.Flag()
_TEN, _FIVE, _NUMBER, _PERCENT = ft.Number(least=1, most=10), ft.Number(least=1, most=5), ft.Number(), ft.Percent()
_PERSON, _PEOPLE, _PAIR, _GOAL = ft.Ref(to="person"), ft.Refs(to="person"), ft.Ref(to="pair"), ft.Ref(to="goal")
_MINUTES = ft.Number(least=5, most=24 * 60)

EVERY = ("week", "2 weeks", "3 weeks", "4 weeks", "month")


class KindModel:
    """The declaration of a kind; see `models` for the same as pydantic models."""

    label: ClassVar[str]
    plural: ClassVar[str]
    title_from: ClassVar[tuple[str, ...]]
    natural_key: ClassVar[tuple[str, ...]] = ()
    owner: ClassVar[tuple[str, ...]] = ("pair",)
    audience: ClassVar[Audience] = "program"
    body: ClassVar[str | None] = None
    private_if: ClassVar[str | None] = None
    author: ClassVar[str | None] = None


class Person(KindModel):
    """Somebody who learns and gives."""

    label, plural, title_from, natural_key, owner, body = "Person", "People", ("name",), ("name",), (), "about"
    name: Annotated[str | None, _As(_TEXT, "Name", aliases="full name, participant, who")] = None
    email: Annotated[str | None, _As(ft.Email(), "E-mail", aliases="email, mail, e-mail address")] = None
    offers: Annotated[str | None, _As(_TEXT, "Offers", "What they can help others with", aliases="can teach, gives")] = None
    wants: Annotated[str | None, _As(_TEXT, "Wants", "What they want to learn", aliases="wants to learn, looking for")] = None
    zone: Annotated[str | None, _As(_TEXT, "Time zone", "For example Europe/Berlin", aliases="timezone, tz")] = None
    about: Annotated[str | None, _As(_RICH, "About")] = None


class Pair(KindModel):
    """Two peers, or a circle of three to six, and how often they meet."""

    label, plural, title_from, natural_key, owner, body = "Pair", "Pairs", ("name",), ("name",), (), "notes"
    name: Annotated[str | None, _As(_TEXT, "Name", aliases="pair, circle, team")] = None
    members: Annotated[list[str] | None, _As(_PEOPLE, "Members", aliases="people, participants")] = None
    status: Annotated[str | None, _As(ft.Choice(options=("starting", "active", "paused", "closed")), "Status", default="active")] = None
    every: Annotated[str | None, _As(ft.Choice(options=EVERY), "Meets every", "How often they check in", aliases="frequency, cadence, rhythm")] = None
    first_meeting: Annotated[str | None, _As(_DATE, "First meeting", "Sets the weekday as well", aliases="first check-in, start date")] = None
    time: Annotated[str | None, _As(_TEXT, "Time", "Local time, like 17:00")] = None
    zone: Annotated[str | None, _As(_TEXT, "Time zone", "For example Europe/Berlin", aliases="timezone, tz")] = None
    minutes: Annotated[float | None, _As(_MINUTES, "Minutes", "How long a check-in takes", default=45, aliases="length, duration")] = None
    until: Annotated[str | None, _As(_DATE, "Until", "The last day of this pairing", aliases="end, end date, ends on")] = None
    link: Annotated[str | None, _As(ft.Url(), "Video link", aliases="link, meeting link")] = None
    notes: Annotated[str | None, _As(_RICH, "Notes")] = None
    agenda: Annotated[str | None, _As(_RICH, "Next agenda", "Filled from the records before each check-in", computed=True)] = None


class Agreement(KindModel):
    """What a pair agreed on: boundaries, ways of working, a no-fault way out."""

    label, plural, title_from, natural_key, body = "Agreement", "Agreements", ("pair",), ("pair",), "words"
    pair: Annotated[str | None, _As(_PAIR, "Pair")] = None
    frequency: Annotated[str | None, _As(_TEXT, "How often we meet")] = None
    length: Annotated[float | None, _As(_MINUTES, "Minutes per check-in")] = None
    channel: Annotated[str | None, _As(_TEXT, "Where we meet")] = None
    topics_in: Annotated[str | None, _As(_TEXT, "Topics we talk about")] = None
    topics_out: Annotated[str | None, _As(_TEXT, "Topics we leave out")] = None
    feedback_style: Annotated[str | None, _As(_TEXT, "How we give feedback")] = None
    confidentiality: Annotated[str | None, _As(_TEXT, "What stays between us")] = None
    cancel_rule: Annotated[str | None, _As(_TEXT, "If one of us can't come")] = None
    conflict_rule: Annotated[str | None, _As(_TEXT, "If we disagree")] = None
    exit_rule: Annotated[str | None, _As(_TEXT, "How either of us can end it, without fault")] = None
    ends_on: Annotated[str | None, _As(_DATE, "Ends on")] = None
    agreed_by: Annotated[list[str] | None, _As(_PEOPLE, "Agreed by")] = None
    words: Annotated[str | None, _As(_RICH, "In our own words")] = None


class Goal(KindModel):
    """What somebody wants to be able to do, why, and how far along they are."""

    label, plural, title_from, natural_key, owner, body = "Goal", "Goals", ("title",), ("title", "person"), ("pair", "person"), "notes"
    title: Annotated[str | None, _As(_TEXT, "Goal", aliases="title, goal title, objective, name")] = None
    person: Annotated[str | None, _As(_PERSON, "Person", aliases="who, owner, name, mentee, participant")] = None
    pair: Annotated[str | None, _As(_PAIR, "Pair", aliases="circle")] = None
    status: Annotated[str | None, _As(ft.Choice(options=("not started", "in progress", "on hold", "achieved", "dropped")), "Status", default="not started", aliases="state")] = None
    percent: Annotated[float | None, _As(_PERCENT, "Percent", "How far along, 0 to 100", aliases="progress, %, done, complete, completion")] = None
    due: Annotated[str | None, _As(_DATE, "Due", aliases="deadline, due date, target date, by when")] = None
    review_on: Annotated[str | None, _As(_DATE, "Review on", "When to ask whether this is still the right goal", aliases="next review")] = None
    why: Annotated[str | None, _As(_TEXT, "Why it matters", aliases="why, motivation")] = None
    success: Annotated[str | None, _As(_TEXT, "Success looks like", aliases="success, success criteria")] = None
    unit: Annotated[str | None, _As(_TEXT, "Unit", "What the numbers count")] = None
    start: Annotated[float | None, _As(_NUMBER, "Start", aliases="baseline")] = None
    now: Annotated[float | None, _As(_NUMBER, "Now", aliases="current")] = None
    target: Annotated[float | None, _As(_NUMBER, "Target")] = None
    confidence_start: Annotated[float | None, _As(_TEN, "Confidence at start", "1 to 10")] = None
    confidence_now: Annotated[float | None, _As(_TEN, "Confidence now", "1 to 10", aliases="confidence")] = None
    confidence_end: Annotated[float | None, _As(_TEN, "Confidence at end", "1 to 10")] = None
    needs_expert: Annotated[bool | None, _As(_FLAG, "Needs an expert")] = None
    notes: Annotated[str | None, _As(_RICH, "Notes", aliases="note, comments, description")] = None


class Progress(KindModel):
    """A dated line in the journal of a goal."""

    label, plural, title_from, natural_key, owner, body = "Progress entry", "Progress", ("on", "goal"), (), ("goal",), "note"
    goal: Annotated[str | None, _As(_GOAL, "Goal")] = None
    on: Annotated[str | None, _As(_DATE, "Date", aliases="day, when")] = None
    by: Annotated[str | None, _As(_PERSON, "Person", aliases="who")] = None
    percent: Annotated[float | None, _As(_PERCENT, "Percent", aliases="progress, %")] = None
    blocker: Annotated[str | None, _As(_TEXT, "Blocker", "What is in the way", aliases="blocked by")] = None
    needs_expert: Annotated[bool | None, _As(_FLAG, "Needs an expert")] = None
    note: Annotated[str | None, _As(_RICH, "Note", aliases="notes, entry")] = None


class Checkin(KindModel):
    """One meeting of a pair."""

    label, plural, title_from, natural_key, body = "Check-in", "Check-ins", ("starts", "pair"), ("pair", "slot"), "notes"
    pair: Annotated[str | None, _As(_PAIR, "Pair")] = None
    starts: Annotated[str | None, _As(ft.Instant(), "Starts", aliases="date, when, date and time")] = None
    minutes: Annotated[float | None, _As(_MINUTES, "Minutes", aliases="length, duration")] = None
    status: Annotated[str | None, _As(ft.Choice(options=("planned", "held", "moved", "skipped")), "Status", default="planned")] = None
    lead: Annotated[str | None, _As(_PERSON, "Led by", "The lead alternates")] = None
    attended: Annotated[list[str] | None, _As(_PEOPLE, "Attended by", aliases="attendees, present")] = None
    format: Annotated[str | None, _As(ft.Choice(options=("structured", "walk", "async", "deep dive")), "Format")] = None
    slot: Annotated[str | None, _As(ft.Instant(), "Planned for", "When the series has it; stays when it is moved")] = None
    notes: Annotated[str | None, _As(_RICH, "Session notes", pair=True)] = None


class Commitment(KindModel):
    """A promise until next time."""

    label, plural, title_from, natural_key, owner = "Promise", "Promises", ("what",), ("what", "who"), ("pair", "who")
    what: Annotated[str | None, _As(_TEXT, "Promise", aliases="commitment, what, action, to do, todo")] = None
    who: Annotated[str | None, _As(_PERSON, "Who", aliases="person, owner")] = None
    pair: Annotated[str | None, _As(_PAIR, "Pair")] = None
    due: Annotated[str | None, _As(_DATE, "Due", aliases="deadline, due date")] = None
    done: Annotated[bool | None, _As(_FLAG, "Done", aliases="kept, complete")] = None
    carried: Annotated[float | None, _As(ft.Number(least=0), "Carried over", "How often it moved to the next check-in")] = None


class Win(KindModel):
    """Something to celebrate, small or large."""

    label, plural, title_from, natural_key, owner, body = "Win", "Wins", ("what",), ("what", "who"), ("pair", "goal", "who"), "story"
    what: Annotated[str | None, _As(_TEXT, "Win", aliases="what, title, success, achievement")] = None
    on: Annotated[str | None, _As(_DATE, "Date", aliases="when, day")] = None
    who: Annotated[str | None, _As(_PERSON, "Who", aliases="person")] = None
    pair: Annotated[str | None, _As(_PAIR, "Pair")] = None
    goal: Annotated[str | None, _As(_GOAL, "Goal")] = None
    size: Annotated[str | None, _As(ft.Choice(options=("small", "medium", "big")), "Size")] = None
    strength: Annotated[str | None, _As(_TEXT, "Strength shown")] = None
    noticed_by: Annotated[str | None, _As(_PERSON, "Noticed by")] = None
    story: Annotated[str | None, _As(_RICH, "Story")] = None


class Resource(KindModel):
    """Something worth reading, watching, using; and whether somebody has checked it."""

    label, plural, title_from, natural_key, owner, body = "Resource", "Resources", ("title",), ("title",), ("pair", "goal"), "notes"
    title: Annotated[str | None, _As(_TEXT, "Resource", aliases="title, name")] = None
    link: Annotated[str | None, _As(ft.Url(), "Link", aliases="url")] = None
    type: Annotated[str | None, _As(ft.Choice(options=("article", "book", "course", "video", "tool", "person", "advice", "other")), "Kind", aliases="type")] = None
    by: Annotated[str | None, _As(_PERSON, "Shared by", aliases="who, by")] = None
    pair: Annotated[str | None, _As(_PAIR, "Pair")] = None
    goal: Annotated[str | None, _As(_GOAL, "For goal")] = None
    worth: Annotated[float | None, _As(_FIVE, "Worth", "1 to 5", aliases="rating, stars")] = None
    standing: Annotated[str | None, _As(ft.Choice(options=("unverified", "verified", "wrong")), "Checked", default="unverified")] = None
    verified_by: Annotated[str | None, _As(_TEXT, "Checked by")] = None
    source: Annotated[str | None, _As(_TEXT, "Source")] = None
    notes: Annotated[str | None, _As(_RICH, "Notes")] = None


class Feedback(KindModel):
    """Something one peer says to another, in a frame that keeps it kind and useful."""

    label, plural, title_from, natural_key, audience, body = "Feedback", "Feedback", ("on", "giver"), (), "pair", "words"
    author: ClassVar[str | None] = "giver"
    giver: Annotated[str | None, _As(_PERSON, "From")] = None
    receiver: Annotated[str | None, _As(_PERSON, "To")] = None
    pair: Annotated[str | None, _As(_PAIR, "Pair")] = None
    on: Annotated[str | None, _As(_DATE, "Date")] = None
    frame: Annotated[str | None, _As(ft.Choice(options=("situation-behaviour-impact", "keep-stop-start")), "Frame")] = None
    answered: Annotated[bool | None, _As(_FLAG, "Answered")] = None
    words: Annotated[str | None, _As(_RICH, "Feedback")] = None


class Reflection(KindModel):
    """What happened, what it means, what to do with it."""

    label, plural, title_from, natural_key, audience, body = "Reflection", "Reflections", ("on", "by"), (), "pair", "words"
    author: ClassVar[str | None] = "by"
    by: Annotated[str | None, _As(_PERSON, "Person", aliases="who")] = None
    pair: Annotated[str | None, _As(_PAIR, "Pair")] = None
    on: Annotated[str | None, _As(_DATE, "Date")] = None
    what: Annotated[str | None, _As(_TEXT, "What happened")] = None
    so_what: Annotated[str | None, _As(_TEXT, "So what")] = None
    now_what: Annotated[str | None, _As(_TEXT, "Now what")] = None
    pattern: Annotated[str | None, _As(_TEXT, "Pattern seen")] = None
    words: Annotated[str | None, _As(_RICH, "Reflection")] = None


class Question(KindModel):
    """Something that people wrote in two ways: one is shown, the other waits here. Writing an answer settles it."""

    label, plural, title_from = "Question", "Waits for you", ("about", "field")
    private_if: ClassVar[str | None] = "private"
    about: Annotated[str | None, _As(_TEXT, "About", computed=True)] = None
    field: Annotated[str | None, _As(_TEXT, "Field", computed=True)] = None
    base: Annotated[str | None, _As(_TEXT, "It was", "The value that both started from", computed=True)] = None
    kept: Annotated[str | None, _As(_TEXT, "Kept", "The value every tool shows now", computed=True)] = None
    others: Annotated[str | None, _As(_TEXT, "Also written", "What others wrote, where and when", computed=True)] = None
    pair: Annotated[str | None, _As(_PAIR, "Pair", computed=True)] = None
    answer: Annotated[str | None, _As(_TEXT, "Your answer", "The value to use; or: keep")] = None
    private: Annotated[bool | None, _As(_FLAG, "Between the pair", computed=True)] = None


MODELS: tuple[type[KindModel], ...] = (
    Person, Pair, Agreement, Goal, Progress, Checkin, Commitment, Win, Resource, Feedback, Reflection, Question,
)  # fmt: skip


@cache
def all_kinds() -> dict[str, Kind]:
    """Every kind with all its fields, by name, in the order people meet them."""
    return {model.__name__.lower(): _kind(model) for model in MODELS}


def _kind(model: type[KindModel]) -> Kind:
    fields: dict[str, Field] = {}
    for name, annotation in model.__annotations__.items():
        said = next((part for part in get_args(annotation) if isinstance(part, _As)), None)
        if said is not None:
            fields[name] = Field(name, said.type, said.label, said.help, said.audience, said.computed,
                                 said.default, said.aliases)  # fmt: skip
    return Kind(model.__name__.lower(), model.label, model.plural, (model.__doc__ or "").strip(), fields,
                model.title_from, model.natural_key, model.owner, model.audience, model.body, model.private_if, model.author)  # fmt: skip


@cache
def models() -> "dict[str, type[BaseModel]]":
    """Each kind as a pydantic model of its records' fields, for code that works with one record at a time."""
    from pydantic import ConfigDict, create_model  # loaded by those who ask: a run never does

    found: dict[str, type[BaseModel]] = {}
    for declared in MODELS:
        kind = declared.__name__.lower()
        fields = {name: (declared.__annotations__[name], None) for name in all_kinds()[kind].fields}
        found[kind] = create_model(  # type: ignore[call-overload]  # the fields are known at run time only
            declared.__name__, __config__=ConfigDict(extra="forbid"), __doc__=declared.__doc__, **fields
        )
    return found
