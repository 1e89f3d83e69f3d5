"""What is told of what went wrong: the same thing is the same matter, and no secret is in its words."""

from __future__ import annotations

from datetime import timedelta

from syncengine.config import understood
from syncengine.connector import Trouble
from syncengine.errors import AccessError, ConfigError, Unavailable
from syncengine.run.report import Report
from syncengine.schedule.matters import PATIENCE, Matter, of_error, of_report
from syncengine.schedule.message import body, subject
from syncengine.schedule.news import News
from syncengine.secret import hide

PROGRAM = understood(
    '[program]\nname = "Harbour"\n[[replica]]\nname = "notes"\nconnector = "markdown"\npath = "n"\n'
    '[[replica]]\nname = "ours"\nconnector = "markdown"\npath = "o"\naudience = "Ada & Grace"\n',
    "/srv/mentorsync.toml",
)


def matters(**said: object) -> list[Matter]:
    return of_report(PROGRAM, Report(**said))  # type: ignore[arg-type]


def test_a_secret_is_in_no_words() -> None:
    hide("s3cret-token", "env:TOKEN")
    (one,) = of_error(AccessError("refused s3cret-token", where="notion s3cret-token"))
    (two,) = matters(problems={"notes": Unavailable("busy: s3cret-token")})
    (three,) = matters(troubles=[("notes", Trouble("A!s3cret-token", "is odd", "Mend it."))])
    assert not any("s3cret" in matter.text for matter in (one, two, three))


def test_what_is_busy_has_time_and_what_is_shut_has_not() -> None:
    (away,) = matters(problems={"notes": Unavailable("try again in 17 s")})
    (later,) = matters(problems={"notes": Unavailable("try again in 3 s")})
    (shut,) = matters(problems={"notes": AccessError("the token was revoked")})
    assert (away.patience, shut.patience) == (PATIENCE, timedelta(0))
    assert away.key == later.key, "seconds to wait do not make it another matter"
    assert away.key != shut.key


def test_each_trouble_is_a_matter_of_its_own() -> None:
    rows = [
        Trouble(f"Goals!C{row}", "is not a number", "Write one.", "x", "goal", f"row-{row}", "percent")
        for row in (5, 7)
    ]
    found = matters(troubles=[("notes", one) for one in rows])
    assert len({matter.key for matter in found}) == 2
    moved = Trouble("Goals!C9", "is not a number", "Write one.", "x", "goal", "row-5", "percent")
    assert matters(troubles=[("notes", moved)])[0].key == found[0].key, "a sorted table is no news"


def test_what_a_pair_may_see_alone() -> None:
    conflict = {
        "record": "r",
        "kind": "reflection",
        "title": "I am afraid",
        "field": "words",
        "kept": "a",
        "others": [{"value": "b"}],
    }
    trouble = Trouble("Reflections/I am afraid.md", "“fear” is no date", "Write one.", "fear")
    found = matters(conflicts=[conflict], troubles=[("ours", trouble)])
    text = body(News("trouble", found), "/srv/mentorsync.toml")
    assert len(found) == 2
    assert "afraid" not in text
    assert "fear" not in text
    goal = {
        "record": "g",
        "kind": "goal",
        "title": "Learn SQL",
        "field": "percent",
        "kept": "10",
        "others": [{"value": "20"}],
    }
    (seen,) = matters(conflicts=[goal])
    assert "Learn SQL" in seen.text
    assert "20" not in seen.text
    gone = {**goal, "kind": "", "record": "x"}
    assert "Learn SQL" not in matters(conflicts=[gone])[0].text


def test_a_message_is_short_however_much_there_is() -> None:
    many = [Matter(str(number), f"matter {number}") for number in range(100)]
    text = body(News("trouble", many), "/srv/mentorsync.toml")
    assert "and 80 more" in text
    assert len(text.splitlines()) < 30
    assert subject(News("trouble", many), "Harbour") == "mentorsync, Harbour: 100 things need a person"
    lines = of_error(
        ConfigError(
            "needs mending:\n  line 4: zone\n  line 5: name", where="mentorsync.toml", remedy="See docs."
        )
    )
    assert body(News("trouble", lines), "c").startswith(
        "  - mentorsync.toml: needs mending:\n    line 4: zone\n    line 5: name\n"
    )
