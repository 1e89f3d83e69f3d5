"""Looks at the libraries: does the lock name each that is installed, do they fit together, is a weakness of any known?

The last needs an advisory database (OSV, by `pip-audit`). Where none can be reached it says "not checked", and fails nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import distributions
from pathlib import Path

LOCK = Path(__file__).with_name("lock.txt")
OURS = {"mentorsync", "pip", "setuptools", "wheel"}
AUDITOR = "pip-audit>=2.9"
PATIENCE = 120
"""Seconds for the whole look."""


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    """Library to version, as the lock has them."""
    lines = [line.split("#")[0].strip() for line in LOCK.read_text("utf-8").splitlines()]
    return {plain(name): version for name, _, version in (line.partition("==") for line in lines if line)}


def unlocked() -> list[str]:
    """What is installed here that the lock does not name, or names in another version."""
    lock = locked()
    found = {plain(one.metadata["Name"]): one.version for one in distributions()}
    return sorted(
        f"{name} {version}"
        for name, version in found.items()
        if name not in OURS and lock.get(name) != version
    )


def known_weaknesses(folder: Path) -> list[str] | str:
    """One line for each; or why nobody could be asked."""
    venv.create(folder / "auditor", with_pip=True)
    programs = folder / "auditor" / ("Scripts" if sys.platform == "win32" else "bin")
    got = subprocess.run(
        [programs / "pip", "install", "--quiet", AUDITOR], capture_output=True, text=True, check=False
    )
    if got.returncode != 0:
        return f"pip-audit could not be installed ({last_line(got.stderr)})"
    report = folder / "report.json"
    command = [programs / "pip-audit", "--requirement", LOCK, "--no-deps", "--disable-pip", "--vulnerability-service", "osv",
               "--timeout", "10", "--progress-spinner", "off", "--format", "json", "--output", report]  # fmt: skip
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "the advisory database did not answer in time"
    if not report.exists() or not report.read_text("utf-8").strip():
        return f"the advisory database could not be asked ({last_line(asked.stderr)})"
    said = json.loads(report.read_text("utf-8"))
    return [_weakness(one, weak) for one in said["dependencies"] for weak in one.get("vulns", [])]


def _weakness(library: dict[str, str], weak: dict[str, list[str]]) -> str:
    called = ", ".join([str(weak["id"]), *weak.get("aliases", [])])
    return f"{library['name']} {library['version']}: {called}; mended in {', '.join(weak['fix_versions']) or 'no version yet'}"


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"https?://\S+", "…", lines[-1])[:160] if lines else "it said nothing"


def main() -> int:
    missing = unlocked()
    for one in missing:
        print(f"not in .ci/lock.txt: {one}")
    fits = (
        subprocess.run(
            [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"], check=False
        ).returncode
        == 0
    )
    with tempfile.TemporaryDirectory() as folder:
        found = known_weaknesses(Path(folder))
    if isinstance(found, str):
        print(f"not checked: known weaknesses of {len(locked())} libraries: {found}")
        found = []
    else:
        print(f"{len(locked())} libraries looked up, {len(found)} known weaknesses")
    for line in found:
        print(line)
    return 1 if missing or not fits or found else 0


if __name__ == "__main__":
    sys.exit(main())
