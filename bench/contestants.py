"""Mentorsync and the programs it is compared with: each keeps two folders of goals alike."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from typing import ClassVar

from bench import goals
from bench.process import Spent, run


def found(program: str) -> str | None:
    """Where a program is: beside this Python, else on the path."""
    beside = os.path.join(os.path.dirname(sys.executable), program)
    return beside if os.access(beside, os.X_OK) else shutil.which(program)


@dataclass
class Contestant:
    """A program with two folders of its own; `a` is full at the beginning and `b` empty."""

    root: str
    count: int
    ending: ClassVar[str] = ".md"
    before: ClassVar[str] = "percent: "
    name: ClassVar[str] = ""
    program: ClassVar[str] = ""
    command: str = field(init=False, default="")

    @property
    def a(self) -> str:
        return os.path.join(self.root, "a")

    @property
    def b(self) -> str:
        return os.path.join(self.root, "b")

    def prepare(self) -> None:
        """Make the folders and everything else that is not part of a sync."""
        self.command = found(self.program) or self.program
        os.makedirs(self.b)
        goals.fill(self.a, self.count, self.ending, goals.goal_note)

    def sync(self, *, first: bool = False) -> Spent:
        """One sync, whole process."""
        raise NotImplementedError

    def change(self) -> None:
        """1 % of the goals change on one side, and another 1 % on the other."""
        self._changed = [
            (there, number)
            for here, there, offset in ((self.a, self.b, 0), (self.b, self.a, 50))
            for number in goals.change(here, self.count, self.ending, self.before, self.before, offset)
        ]

    def check(self) -> None:
        """Both sides hold everything, and each change arrived: a program that did less is no measure."""
        for folder in (self.a, self.b):
            there = sum(1 for entry in os.scandir(folder) if entry.name.endswith(self.ending))
            assert there == self.count, f"{self.name}: {there} of {self.count} in {folder}"
        for folder, number in getattr(self, "_changed", ()):
            with open(os.path.join(folder, goals.title(number) + self.ending), encoding="utf-8") as handle:
                assert f"{self.before}99" in handle.read(), (
                    f"{self.name}: {goals.title(number)} did not arrive"
                )

    def _log(self) -> str:
        return os.path.join(self.root, "log.txt")


class Mentorsync(Contestant):
    """Two vaults, kept alike field by field."""

    name, program = "mentorsync", "mentorsync"

    @property
    def a(self) -> str:
        return os.path.join(self.root, "A", "Goals")

    @property
    def b(self) -> str:
        return os.path.join(self.root, "B", "Goals")

    def prepare(self) -> None:
        super().prepare()
        people = os.path.join(self.root, "A", "People")
        os.makedirs(people)
        for number in range(goals.PEOPLE):
            with open(os.path.join(people, f"{goals.person(number)}.md"), "w", encoding="utf-8") as handle:
                handle.write(goals.person_note(number))
        with open(os.path.join(self.root, "mentorsync.toml"), "w", encoding="utf-8") as handle:
            handle.write(self.config())
        run([self.command, "-c", self.root, "setup", "--yes"], self._log())

    def config(self) -> str:
        """mentorsync.toml."""
        replicas = "".join(
            f'[[replica]]\nname = "{n}"\nconnector = "markdown"\npath = "{n}"\n\n' for n in "AB"
        )
        return f'[program]\nname = "Bench"\ntemplate = "light"\nzone = "Europe/Berlin"\n\n{replicas}'

    def sync(self, *, first: bool = False) -> Spent:
        return run([self.command, "-c", self.root, "sync"], self._log())

    def forget_glance(self) -> None:
        """As on a new day, or while a question waits for somebody: the next sync has to be a full one."""
        os.unlink(os.path.join(self.root, ".mentorsync", "glance.json"))


class Vdirsyncer(Contestant):
    """The nearest relative: items on two sides, in Python."""

    name, program = "vdirsyncer", "vdirsyncer"
    ending, before = ".ics", "PERCENT-COMPLETE:"

    def prepare(self) -> None:
        self.command = found(self.program) or self.program
        os.makedirs(self.b)
        goals.fill(self.a, self.count, self.ending, goals.goal_item)
        sides = "".join(
            f'[storage {s}]\ntype = "filesystem"\npath = "{os.path.join(self.root, s)}"\nfileext = "{self.ending}"\n\n'
            for s in "ab"
        )
        with open(os.path.join(self.root, "config"), "w", encoding="utf-8") as handle:
            handle.write(
                f'[general]\nstatus_path = "{self.root}/status/"\n\n[pair p]\na = "a"\nb = "b"\ncollections = null\n\n{sides}'
            )
        run([self.command, "-c", os.path.join(self.root, "config"), "discover", "p"], self._log())

    def sync(self, *, first: bool = False) -> Spent:
        return run([self.command, "-c", os.path.join(self.root, "config"), "sync"], self._log())

    def check(self) -> None:
        """vdirsyncer names the files of the other side by their UID."""
        there = sum(1 for entry in os.scandir(self.b) if entry.name.endswith(self.ending))
        assert there == self.count, f"{self.name}: {there} of {self.count}"

    def change(self) -> None:
        goals.change(self.a, self.count, self.ending, self.before, self.before, 0)
        for number in range(50, self.count, 100):
            path = os.path.join(self.b, f"goal-{number:05}{self.ending}")
            with open(path, encoding="utf-8", newline="") as handle:
                text = handle.read()
            with open(path, "w", encoding="utf-8", newline="") as handle:
                handle.write(text.replace(f"{self.before}{goals.percent(number)}", f"{self.before}99"))


class Unison(Contestant):
    """Files, in native code."""

    name, program = "unison", "unison"

    def sync(self, *, first: bool = False) -> Spent:
        command = [self.command, self.a, self.b, "-batch", "-ui", "text", "-confirmbigdel=false"]
        return run(command, self._log(), {"UNISON": os.path.join(self.root, "state"), "HOME": self.root})


class Rclone(Contestant):
    """Files, in native code, made for clouds."""

    name, program = "rclone bisync", "rclone"

    def sync(self, *, first: bool = False) -> Spent:
        command = [self.command, "bisync", self.a, self.b, "--workdir", os.path.join(self.root, "state")]
        return run([*command, *(["--resync"] if first else [])], self._log(), {"HOME": self.root})


PEERS: tuple[type[Contestant], ...] = (Vdirsyncer, Unison, Rclone)
