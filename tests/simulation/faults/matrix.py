"""What happens where a fault meets a step of a run, tool by tool: a table without a hole.

    python -m tests.simulation.faults.matrix              # every cell
    python -m tests.simulation.faults.matrix --tool gcal

Each cell is a run of the whole program on all six tools in which one fault strikes one kind of request (or file) of one tool,
until it is over. Asked of each: the run ends by itself with a status that the docs name; where it is not at peace, a warning
names the tool and says what to do; the other tools are synced all the same; and when the fault is over, runs bring back what
an undisturbed run makes but for the order of lists, which is that of their coming, nothing lost and nothing twice,
no mail twice. A cell that can't be says why.
"""

from __future__ import annotations

import argparse
import errno
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncengine.errors import MentorsyncError
from syncengine.testing.loopback import Answer, Fault, Request
from syncengine.testing.shortcut import without_sockets
from tests.simulation.faults.crashes import Scene, day
from tests.simulation.faults.picture import differences, mails, picture, words
from tests.simulation.faults.strikes import (
    PLACES,
    at_a_file,
    at_a_service,
    half_written,
    lagging,
    opened,
    vanished,
)
from tests.simulation.faults.workplace import Workplace

Cell = tuple[str, str]
"""The verdict (ok, WRONG or –), and what happened."""


def _google(code: int, reason: str, status: str = "", **headers: str) -> Answer:
    detail = {"domain": "global", "reason": reason, "message": reason}
    return Answer(
        code, {"error": {"errors": [detail], "code": code, "message": reason, "status": status}}, headers
    )


def _notion(code: int, word: str, **more: Any) -> Answer:
    return Answer(
        code, {"object": "error", "status": code, "code": word, "message": word, "request_id": "r", **more}
    )


def refusals(tool: str) -> dict[str, Fault]:
    """The answers of a service that says no, in its own words."""
    if tool == "notion":
        said = {
            "400": _notion(400, "validation_error"), "401": _notion(401, "unauthorized"),
            "403 restricted": _notion(403, "restricted_resource"), "404": _notion(404, "object_not_found"),
            "409": _notion(409, "conflict_error"),
            "410": _notion(410, "object_not_found"), "412": _notion(412, "precondition_failed"),
            "429": _notion(429, "rate_limited"),
            "429 wait 5 s": Answer(429, {"object": "error", "status": 429, "code": "rate_limited", "message": ""}, {"Retry-After": "5"}),
            "429 wait 1 h": Answer(429, {"object": "error", "status": 429, "code": "rate_limited", "message": ""}, {"Retry-After": "3600"}),
            "500": _notion(500, "internal_server_error"), "502": Answer(502, b"<html>bad gateway</html>"),
            "503": _notion(503, "service_unavailable"), "529": _notion(529, "service_overload"),
        }  # fmt: skip
    else:
        said = {
            "400": _google(400, "invalid", "INVALID_ARGUMENT"), "401": _google(401, "authError", "UNAUTHENTICATED"),
            "403 forbidden": _google(403, "forbidden", "PERMISSION_DENIED"),
            "403 rate": _google(403, "rateLimitExceeded"), "403 daily": _google(403, "dailyLimitExceeded"),
            "403 not switched on": _google(403, "accessNotConfigured"), "403 scope": _google(403, "insufficientPermissions"),
            "404": _google(404, "notFound", "NOT_FOUND"), "409": _google(409, "conflict", "ABORTED"),
            "410": _google(410, "fullSyncRequired"), "412": _google(412, "conditionNotMet", "FAILED_PRECONDITION"),
            "429": _google(429, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"),
            "429 wait 5 s": _google(429, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", **{"Retry-After": "5"}),
            "429 wait 1 h": _google(429, "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", **{"Retry-After": "3600"}),
            "500": _google(500, "backendError", "INTERNAL"), "502": Answer(502, b"<html>bad gateway</html>"),
            "503": _google(503, "backendError", "UNAVAILABLE"),
        }  # fmt: skip
    found = {name: Fault("refused", answer) for name, answer in said.items()}
    found["503 after the fact"] = Fault("committed", said["503"])
    return found | {"reset": Fault("reset"), "lost answer": Fault("lost"), "half an answer": Fault("truncated"),
                    "garbage": Fault("refused", Answer(200, b"<html>please sign in</html>"))}  # fmt: skip


SERVICE_STEPS: Mapping[str, Mapping[str, Callable[[Request], bool]]] = {
    "notion": {
        "pull": lambda r: r.path.endswith("/query"),
        "create": lambda r: r.method == "POST" and r.path == "/v1/pages",
        "update": lambda r: r.method == "PATCH" and "properties" in (r.json or {}),
        "delete": lambda r: r.method == "PATCH" and "in_trash" in (r.json or {}),
        "every request": lambda r: True,
    },
    "sheet": {
        "pull": lambda r: "batchGet" in r.path,
        "create, update, delete": lambda r: r.path.endswith(":batchUpdate"),
        "every request": lambda r: True,
    },
    "gcal": {
        "pull": lambda r: r.method == "GET" and r.path.endswith("/events"),
        "create, update, delete": lambda r: r.path.startswith("/batch") or r.method in ("PATCH", "DELETE"),
        "every request": lambda r: True,
    },
}
FILE_FAULTS: Mapping[str, int] = {
    "permission denied": errno.EACCES, "read-only": errno.EROFS, "full disk": errno.ENOSPC, "input/output error": errno.EIO,
}  # fmt: skip
FILE_STEPS = ("write", "place")
STATUSES = ("agreed", "attention", "failed")


@dataclass
class Judge:
    """Asks of one cell what every cell has to keep."""

    scene: Scene
    tool: str

    def cell(self, strike: Callable[[Workplace], Any]) -> Cell:
        place = self.scene.place
        place.back_to(self.scene.moment)
        struck = [0]
        try:
            with strike(place) as struck:
                report = place.sync()
        except MentorsyncError as stop:
            said, status, wrong = str(stop), type(stop).__name__, [] if stop.remedy else ["no remedy"]
        except Exception as error:
            return "WRONG", f"{type(error).__name__}: {error}"
        else:
            said, status = " ".join(report.warnings), report.status
            wrong = [] if status in STATUSES else [f"status {status}"]
            about = [w for w in report.warnings if self.tool in w]
            if status != "agreed" and about and not any("→" in w or "next run" in w for w in about):
                wrong.append(f"no remedy in {about}")
            if report.replicas[self.tool]["rejected"] and not about:
                wrong.append("a rejection that nobody is told of")
            others = [n for n, counts in report.replicas.items() if n != self.tool and not counts["read"]]
            wrong += [f"{n} was not synced" for n in others]
        wrong += self._healed(place)
        if not struck[0]:
            return "–", "no such request in this run"
        told = " ".join(said[max(0, said.find(self.tool)) :].split())[:90]
        return (
            ("WRONG", "; ".join(wrong)[:300])
            if wrong
            else ("ok", f"{status}{': ' + told if told and status != 'agreed' else ''}")
        )

    def _healed(self, place: Workplace) -> list[str]:
        try:
            for _ in range(4):
                place.clock.tick(minutes=5)
                if place.sync().writes == 0:
                    break
            place.sync(fresh=True)
        except MentorsyncError as stop:
            return [f"not healed: {stop}"]
        wrong = differences(words(self.scene.picture), words(picture(place)))[:3]
        wrong += [
            f"mail {mail} {times} too many" for mail, times in (mails(place) - self.scene.mails).items()
        ]
        return [*wrong, *(["it never comes to rest"] if place.sync().writes else [])]


PLACE_FAULTS: Mapping[str, Callable[[str], Callable[[Workplace], Any]]] = {
    "vanished": vanished, "open elsewhere": opened, "half-written": half_written,
}  # fmt: skip
CANNOT: Mapping[tuple[str, str], str] = {
    ("notes", "open elsewhere"): "editors of text lock nothing",
    ("ics", "open elsewhere"): "calendar programs lock nothing",
    ("notes", "half-written"): "half of a text is a text, which somebody may have meant",
}
ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("every fault", "provision"): "not tried here; set-ups die at each I/O: python -m tests.simulation.faults.crashes --setup",
    ("every fault", "confirm"): "runs in the rows 'lost answer' and '503 after the fact'; a second fault at it alone is not tried",
    ("every fault", "read-back"): "a fault at it alone is not tried; 'every request' has it, and so have the deaths",
    ("every fault", "cursor"): "the first 'pull' uses it (410: too old); further pages need more than 100 rows, not tried here",
    ("partial read", "pull"): "the row 'half an answer'; a page of several: the connectors' conformance",
}  # fmt: skip
"""What the table of a service does not strike, and why or where it is."""


def timeouts(scene: Scene, tool: str) -> Iterator[tuple[str, str, Cell]]:
    """No answer in time: in a scene without sockets, where nobody has to wait for the time to be over."""
    for step, concerns in SERVICE_STEPS[tool].items():
        most = 1 if step != "every request" else 10_000
        yield (
            "no answer in time",
            step,
            Judge(scene, tool).cell(at_a_service(tool, concerns, Fault("stalled"), most)),
        )


def cells(scene: Scene, tool: str) -> Iterator[tuple[str, str, Cell]]:
    """(fault, step, cell) of one tool."""
    judge = Judge(scene, tool)
    if tool in SERVICE_STEPS:
        for fault, said in refusals(tool).items():
            for step, concerns in SERVICE_STEPS[tool].items():
                most = 1 if step != "every request" else 10_000
                yield fault, step, judge.cell(at_a_service(tool, concerns, said, most))
        lag: Cell = ("–", "what it says is what it has")
        yield "lagging read", "pull", judge.cell(lagging) if tool == "notion" else lag
        for (fault, step), why in ELSEWHERE.items():
            yield fault, step, ("–", why)
        return
    for fault, number in FILE_FAULTS.items():
        yield fault, "write", judge.cell(at_a_file(tool, number))
        yield fault, "place", ("–", "the system refuses writes, not the place")
    for fault, strike in PLACE_FAULTS.items():
        yield fault, "write", ("–", "strikes the place before anything is written")
        why = CANNOT.get((tool, fault), "")
        yield fault, "place", ("–", why) if why else judge.cell(strike(tool))


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.faults.matrix", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--tool", choices=[*SERVICE_STEPS, *PLACES], action="append")
    wanted = parser.parse_args().tool or [*SERVICE_STEPS, *PLACES]
    wrong = 0

    def show(tool: str, found: Iterator[tuple[str, str, Cell]]) -> int:
        wrong = 0
        for fault, step, (verdict, what) in found:
            wrong += verdict == "WRONG"
            print(f"{tool:7} {fault:20} {step:24} {verdict:6} {what}", flush=True)  # noqa: T201
        return wrong

    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        with day(Path(folder, "wire"), 1) as scene:
            wrong += sum(show(tool, cells(scene, tool)) for tool in wanted)
        with without_sockets(), day(Path(folder, "no wire"), 1) as scene:
            wrong += sum(show(tool, timeouts(scene, tool)) for tool in wanted if tool in SERVICE_STEPS)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(_main())
