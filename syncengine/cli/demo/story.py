"""The demo's program: who they are, what they want, and what happened in three months. Made up, repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from syncengine.model.cadence import Cadence, cadence_of, checkin_id, slots
from syncengine.model.ids import derived_id
from syncengine.model.values import Fields
from syncengine.run import Wish

ZONE = "Europe/Berlin"
WEEKS = 13

PEOPLE = (
    ("Ada Okafor", "SQL, asking good questions", "speaking to a room"),
    ("Grace Lindqvist", "public speaking", "data analysis"),
    ("Mateo Rossi", "cooking for thirty", "managing his time"),
    ("Priya Nair", "planning, calendars", "saying no"),
    ("Tomasz Zieliński", "woodwork, patience", "writing applications"),
    ("Hana Kim", "editing texts", "working with her hands"),
    ("Omar Haddad", "Python", "leading a small team"),
    ("Lucía Fernández", "running retrospectives", "programming"),
    ("Jonas Weber", "tax returns, contracts", "Arabic"),
    ("Salma Idrissi", "Arabic, French", "freelancing"),
    ("Noor van Dijk", "illustration", "finding customers"),
    ("Ben Adeyemi", "sales, small talk", "drawing"),
)

PAIRS = (
    ("Ada & Grace", (0, 1), "2 weeks", "17:00"),
    ("Mateo & Priya", (2, 3), "week", "08:30"),
    ("Tomasz & Hana", (4, 5), "2 weeks", "18:15"),
    ("Omar & Lucía", (6, 7), "week", "12:30"),
    ("Jonas & Salma", (8, 9), "2 weeks", "19:00"),
    ("Noor & Ben", (10, 11), "2 weeks", "16:00"),
    ("Freelance circle", (4, 9, 10), "4 weeks", "20:00"),
)

GOALS = (
    (0, "Give a ten-minute talk at the meetup", "I avoid every stage", 55), (0, "Speak first in one meeting a week", "my ideas arrive late", 70),
    (0, "Record a short video about my project", "to hear myself", 20), (1, "Answer my own questions with SQL", "I wait for others", 40),
    (1, "Build a dashboard for the choir", "nobody knows who comes", 15), (1, "Understand joins", "they still feel like magic", 90),
    (2, "Plan the week on Sunday evening", "Mondays eat me", 60), (2, "Be on time for a month", "people notice", 35),
    (2, "Write down recipes with quantities", "so that others can cook them", 80), (3, "Say no twice a week", "my calendar is full of others", 45),
    (3, "Keep Friday afternoons free", "for the things that matter", 50), (3, "Hand over the newsletter", "after four years", 25),
    (4, "Finish the application for the workshop grant", "the deadline is real", 65), (4, "Write a one-page portfolio", "I only show photos", 30),
    (4, "Ask three customers for a reference", "I never dare", 10), (5, "Build a bookshelf", "to make something that stays", 75),
    (5, "Sharpen a plane properly", "everything starts there", 100), (5, "Repair the kitchen chair", "it wobbles since May", 100),
    (5, "Sketch before I cut", "I waste wood", 40), (6, "Run a retrospective on my own", "my team is waiting for it", 50),
    (6, "Give feedback within two days", "mine comes too late", 30), (6, "Delegate the release", "I am the bottleneck", 20),
    (6, "Have a one-to-one with everybody", "I know two of five", 60), (7, "Write a script that renames my photos", "4,000 of them", 85),
    (7, "Understand functions and tests", "to trust my own code", 45), (7, "Automate the monthly report", "it takes a day", 15),
    (8, "Order dinner in Arabic", "for my in-laws", 55), (8, "Learn the alphabet", "first things first", 100),
    (8, "Write a postcard in Arabic", "to grandmother Leila", 5), (9, "Send my first invoice", "I work for free too often", 100),
    (9, "Set a day rate and say it aloud", "I whisper it", 35), (9, "Find two regular customers", "to sleep better", 20),
    (9, "Sort a year of receipts", "the box is full", 60), (10, "Write to five bookshops", "they could sell my prints", 40),
    (10, "Make a price list", "I invent prices", 70), (10, "Show my work once a week", "nobody can buy what nobody sees", 45),
    (11, "Draw every day for ten minutes", "to see better", 65), (11, "Draw hands that look like hands", "mine look like forks", 25),
    (11, "Fill one sketchbook", "and not show it", 50), (11, "Sketch the view from my window in each season", "slowness", 50),
)  # fmt: skip

WINS = (
    (5, "The bookshelf stands straight", "big"), (9, "First invoice paid", "big"), (8, "Read a street sign in Arabic", "small"),
    (1, "Found a mistake in the data on my own", "medium"), (0, "Spoke first on Tuesday", "small"), (2, "On time for two weeks", "medium"),
    (7, "My first green test", "small"), (10, "A bookshop answered", "medium"), (3, "Said no to the committee", "medium"),
    (6, "The team laughed in the retrospective", "small"), (11, "A hand that looks like a hand", "small"), (4, "The grant's first page is done", "medium"),
)  # fmt: skip

NOTES = (
    "Two hours on Saturday. The hardest part was to start.",
    "We went through it together, then I did the next one alone.",
    "Stuck; it helped to say aloud what I don't know.",
    "Small step, but a step.",
    "I showed it to somebody outside for the first time.",
)

REFLECTIONS = (
    (
        0,
        "I apologised before I began to speak.",
        "It tells people not to listen.",
        "Begin with the sentence I came for.",
    ),
    (
        1,
        "I gave advice before Ada had finished.",
        "I listen in order to answer.",
        "Say back first, then ask whether advice is wanted.",
    ),
    (
        5,
        "I measured three times and still cut wrongly.",
        "I measure when I am unsure, not when it matters.",
        "Sketch, then cut.",
    ),
)


def _id(kind: str, number: int, today: date) -> str:
    return derived_id(
        datetime(today.year, today.month, today.day, tzinfo=ZoneInfo("UTC")), "demo", kind, str(number)
    )


def story(today: date) -> Iterator[Wish]:
    """Every record of the program, as it stands after three months; references before what refers to them."""
    for number, (name, offers, wants) in enumerate(PEOPLE):
        email = name.split()[0].lower().replace("í", "i") + "@example.org"
        yield _wish("person", number, today, name=name, email=email, offers=offers, wants=wants, zone=ZONE)
    for number in range(len(PAIRS)):
        yield Wish(_id("pair", number, today), pair_fields(number, today), "mentorsync", "demo", kind="pair")
    yield from _goals(today)
    yield from _progress(today)
    for number in range(len(PAIRS)):
        yield from _checkins(number, today)
    yield from _wins(today)
    yield from _promises(today)
    yield from _pair_only(today)
    yield from _agreements(today)
    yield from _resources(today)


def _wish(kind: str, number: int, today: date, **fields: object) -> Wish:
    return Wish(_id(kind, number, today), fields, "mentorsync", "demo", kind=kind)  # type: ignore[arg-type]  # plain values all


def _person(number: int, today: date) -> str:
    return _id("person", number, today)


def _pair_of(person: int) -> int:
    return next(n for n, (_, members, _, _) in enumerate(PAIRS) if person in members)


def pair_fields(number: int, today: date) -> Fields:
    """A pair's own fields; the first meeting was `WEEKS` weeks ago, on a weekday of its own."""
    name, members, every, time = PAIRS[number]
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS) + timedelta(days=number % 5)
    return {
        "name": name, "members": sorted(_person(m, today) for m in members), "status": "active", "every": every, "time": time,
        "first_meeting": first.isoformat(), "zone": ZONE, "minutes": 45, "until": (today + timedelta(weeks=13)).isoformat(),
        "link": f"https://meet.example.org/{name.split()[0].lower()}",
    }  # fmt: skip


def _goals(today: date) -> Iterator[Wish]:
    for number, (person, title, why, percent) in enumerate(GOALS):
        status = "achieved" if percent == 100 else "in progress" if percent > 5 else "not started"
        yield _wish("goal", number, today, title=title, person=_person(person, today), pair=_id("pair", _pair_of(person), today), why=why,
                    percent=percent, status=status, due=(today + timedelta(days=14 + number * 3 % 70)).isoformat(),
                    review_on=(today + timedelta(days=number % 28)).isoformat(), confidence_start=2 + number % 4,
                    confidence_now=min(10, 3 + percent // 15), needs_expert=True if number == 12 else None,
                    notes=f"**First step:** {NOTES[number % len(NOTES)]}")  # fmt: skip


def _progress(today: date) -> Iterator[Wish]:
    for number in range(72):
        goal = number % len(GOALS)
        person, _, _, percent = GOALS[goal]
        share = 0.5 if number < len(GOALS) else 0.8
        yield _wish("progress", number, today, goal=_id("goal", goal, today), on=(today - timedelta(days=88 - number)).isoformat(),
                    by=_person(person, today), percent=round(percent * share), blocker="no time" if number % 17 == 3 else None,
                    note=NOTES[number % len(NOTES)])  # fmt: skip


def cadence(number: int, today: date) -> Cadence:
    """A pair's cadence."""
    found = cadence_of(pair_fields(number, today), ZONE)
    assert isinstance(found, Cadence)
    return found


def _checkins(number: int, today: date) -> Iterator[Wish]:
    pair = _id("pair", number, today)
    now = datetime(today.year, today.month, today.day, tzinfo=ZoneInfo(ZONE))
    members = sorted(_person(m, today) for m in PAIRS[number][1])
    for turn, slot in enumerate(slots(cadence(number, today), now - timedelta(weeks=WEEKS + 1), now)):
        skipped = (turn + number) % 7 == 5
        fields: Fields = {
            "pair": pair, "starts": slot, "slot": slot, "minutes": 45, "status": "skipped" if skipped else "held",
            "lead": members[turn % len(members)], "attended": None if skipped else members,
            "format": "walk" if turn % 5 == 3 else "structured",
            "notes": None if skipped else "What we said stays here.",
        }  # fmt: skip
        yield Wish(checkin_id(pair, slot), fields, "mentorsync", "demo", kind="checkin")


def _wins(today: date) -> Iterator[Wish]:
    for number, (person, what, size) in enumerate(WINS):
        mates = [m for m in PAIRS[_pair_of(person)][1] if m != person]
        yield _wish("win", number, today, what=what, on=(today - timedelta(days=3 + number * 6)).isoformat(), who=_person(person, today),
                    pair=_id("pair", _pair_of(person), today), size=size, noticed_by=_person(mates[0], today))  # fmt: skip


def _promises(today: date) -> Iterator[Wish]:
    for number in range(12):
        yield _wish("commitment", number, today, what=f"Next step for “{GOALS[number * 3][1]}”", who=_person(GOALS[number * 3][0], today),
                    pair=_id("pair", _pair_of(GOALS[number * 3][0]), today), due=(today + timedelta(days=7)).isoformat(),
                    done=True if number % 3 == 0 else None)  # fmt: skip


def _pair_only(today: date) -> Iterator[Wish]:
    for number, (person, what, so_what, now_what) in enumerate(REFLECTIONS):
        yield _wish("reflection", number, today, by=_person(person, today), pair=_id("pair", _pair_of(person), today),
                    on=(today - timedelta(days=10 + number)).isoformat(), what=what, so_what=so_what, now_what=now_what)  # fmt: skip
    yield _wish("feedback", 0, today, giver=_person(1, today), receiver=_person(0, today), pair=_id("pair", 0, today),
                on=(today - timedelta(days=5)).isoformat(), frame="situation-behaviour-impact",
                words="On Tuesday you began with your point, not with an apology. I leaned in.")  # fmt: skip


def _agreements(today: date) -> Iterator[Wish]:
    for number, (_, members, every, _) in enumerate(PAIRS):
        yield _wish("agreement", number, today, pair=_id("pair", number, today), frequency=f"every {every}", length=45, channel="video",
                    topics_in="work, learning", topics_out="other people's secrets", confidentiality="what is said here stays here",
                    cancel_rule="a day before, with a new date", exit_rule="at any time, without a reason",
                    agreed_by=sorted(_person(m, today) for m in members))  # fmt: skip


def _resources(today: date) -> Iterator[Wish]:
    yield _wish("resource", 0, today, title="A gentle introduction to SQL", link="https://example.org/sql", type="course", worth=5,
                by=_person(0, today), goal=_id("goal", 3, today), standing="verified", verified_by="Ada Okafor")  # fmt: skip
    yield _wish("resource", 1, today, title="Coffee cures stage fright", type="advice", worth=1, by=_person(11, today), standing="wrong",
                source="somebody at a party")  # fmt: skip
