"""One cell of the table of faults: a run, or a set-up, that something strikes, and what comes after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from syncengine.errors import Bug, MentorsyncError
from tests.simulation.faults.crashes import Scene
from tests.simulation.faults.picture import differences, mails, picture, words
from tests.simulation.faults.strikes import Strike
from tests.simulation.faults.workplace import TOOLS, Workplace

STATUSES = ("agreed", "attention", "failed")
_PATIENCE = 4
"""Runs (or set-ups) within which everything is as if nothing had happened."""


@dataclass(frozen=True)
class Cell:
    """What a fault at a step led to."""

    verdict: str
    """ok, WRONG, or – where it can't be."""
    status: str = ""
    """Of the run, or the name of the error that stopped it."""
    said: str = ""
    """What was told; what is wrong; why it can't be."""

    @property
    def line(self) -> str:
        return f"{self.verdict:6} {self.status}{': ' if self.status and self.said else ''}{self.said}"


@dataclass
class Judge:
    """Asks of one cell what every cell has to keep."""

    scene: Scene
    tool: str

    @cached_property
    def usual(self) -> set[str]:
        """What a run says to which nothing happens."""
        self.scene.place.back_to(self.scene.moment)
        return set(self.scene.place.sync().warnings)

    def cell(self, strike: Strike, *, fresh: bool = False) -> Cell:
        """A run that is struck. `fresh`: one that reads everything."""
        place, usual = self.scene.place, self.usual
        place.back_to(self.scene.moment)
        struck, about = [0], list[str]()
        try:
            with strike(place) as struck:
                report = place.sync(fresh=fresh)
        except MentorsyncError as stop:
            status, about, wrong = type(stop).__name__, [str(stop)], [] if stop.remedy else ["no remedy"]
        except Exception as error:
            return Cell("WRONG", type(error).__name__, str(error))
        else:
            status = report.status
            wrong = [] if status in STATUSES else [f"status {status}"]
            about = [warning for warning in report.warnings if self.tool in warning and warning not in usual]
            if status != "agreed" and about and not any("→" in w or "next run" in w for w in about):
                wrong.append(f"no remedy in {about}")
            if report.replicas[self.tool]["rejected"] and not about:
                wrong.append("a rejection that nobody is told of")
            wrong += [f"a bug: {w}" for w in about if "an unexpected" in w]
            others = [n for n, counts in report.replicas.items() if n != self.tool and not counts["read"]]
            wrong += [f"{n} was not synced" for n in others]
        return self._verdict(struck, status, about, [*wrong, *self._healed(place)])

    def set_up(self, strike: Strike) -> Cell:
        """A set-up that is struck, where nothing is there yet."""
        place = self.scene.place
        place.back_to(self.scene.moment)
        struck, about = [0], list[str]()
        try:
            with strike(place) as struck:
                plan = place.setup()
        except Exception as error:  # one tool's trouble is that tool's
            return Cell("WRONG", type(error).__name__, str(error))
        problem = plan.problems.get(self.tool)
        status, about = ("failed", [str(problem)]) if problem else ("agreed", [])
        wrong = [f"{name} was not set up" for name in TOOLS if name in plan.problems and name != self.tool]
        wrong += ["no remedy"] if problem and not problem.remedy else []
        wrong += [f"a bug: {problem}"] if isinstance(problem, Bug) else []
        return self._verdict(
            struck, status, about, [*wrong, *self._set_up_again(place), *self._healed(place)]
        )

    def _verdict(self, struck: list[int], status: str, about: Iterable[str], wrong: list[str]) -> Cell:
        if not struck[0]:
            return Cell("WRONG", status, "nothing was struck: there is no such request")
        if wrong:
            return Cell("WRONG", status, "; ".join(wrong)[:300])
        said = " ".join(" ".join(about).split())
        return Cell("ok", status, said[max(0, said.find(self.tool)) :][:90] if status != "agreed" else "")

    def _set_up_again(self, place: Workplace) -> list[str]:
        for _ in range(_PATIENCE):
            place.clock.tick(minutes=5)
            problems = place.setup().problems
            if not problems:
                return []
        return [f"set up again: {name}: {error}" for name, error in problems.items()]

    def _healed(self, place: Workplace) -> list[str]:
        try:
            for _ in range(_PATIENCE):
                place.clock.tick(minutes=5)
                if place.sync().writes == 0:
                    break
            place.sync(fresh=True)
            seen = picture(place)
        except MentorsyncError as stop:
            return [f"not healed: {stop}"]
        except AssertionError as doubled:  # the picture's own, and the sandboxes'
            return [str(doubled)]
        wrong = differences(words(self.scene.picture), words(seen))[:3]
        wrong += [
            f"mail {mail} {times} too many" for mail, times in (mails(place) - self.scene.mails).items()
        ]
        wrong += [f"mail {mail} never sent" for mail in self.scene.mails - mails(place)]
        return [*wrong, *(["it never comes to rest"] if place.sync().writes else [])]
