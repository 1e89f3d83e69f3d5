"""A GitHub Actions workflow: for a program all of whose tools and whose state are online."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from syncengine.errors import ConfigError
from syncengine.schedule.job import Job, id_of

if TYPE_CHECKING:
    from syncengine.config import Program

_LEAST = 5
"""Minutes; GitHub runs nothing more often."""
_HEAD = """\
# Made by `mentorsync schedule install --as github`: {program}, every {every}.
# What it tells people stands in the log of a run: keep the repository private.
"""


def workflow(job: Job, package: str, secrets: list[str]) -> str:
    """The workflow; `package`: what pip is to install, `secrets`: the variables that the config asks for.

    It fails exactly when something new is to be told, for GitHub mails its author then. What has been told, and the
    run log, go from run to run in the cache: a machine of GitHub's is thrown away after each.
    """
    import yaml

    if job.every.minutes < _LEAST:
        raise ConfigError(
            "GitHub runs nothing more often than every 5 minutes", where="--every", remedy="Take 5m."
        )
    inside = os.path.relpath(job.config, root(job.config)).replace(os.sep, "/")
    state = "/".join([*inside.split("/")[:-1], ".mentorsync"])
    kept = [f"{state}/schedule.json", f"{state}/schedule.jsonl"]
    run: dict[str, Any] = {
        "name": "mentorsync",
        "env": {"CONFIG": inside, **{name: f"${{{{ secrets.{name} }}}}" for name in secrets}},
        "run": 'mentorsync -c "$CONFIG" schedule run --fail-once',
    }
    key = f"mentorsync-{job.id}-"
    steps = [
        {"uses": "actions/checkout@v4", "with": {"persist-credentials": False}},
        {"uses": "actions/setup-python@v5", "with": {"python-version": "3.12"}},
        {"env": {"PACKAGE": package}, "run": 'python -m pip install --quiet "$PACKAGE"'},
        {"uses": "actions/cache/restore@v4",
         "with": {"path": "\n".join(kept), "key": f"{key}none", "restore-keys": key}},
        run,
        {"if": "always()", "uses": "actions/cache/save@v4",
         "with": {"path": "\n".join(kept), "key": f"{key}${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}"}},
    ]  # fmt: skip
    said = {
        "name": f"mentorsync {job.id}",
        "on": {"schedule": [{"cron": job.every.cron(job.offset)}], "workflow_dispatch": {}},
        "permissions": {"contents": "read"},
        "concurrency": {"group": f"mentorsync-{job.id}", "cancel-in-progress": False},
        "jobs": {"sync": {"runs-on": "ubuntu-latest", "timeout-minutes": 60, "steps": steps}},
    }
    head = _HEAD.format(program=" ".join(job.program.split()), every=job.every)
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)
    return head + text


def unfit(program: Program) -> Iterator[str]:
    """Why the program can't run on a machine that is thrown away after each run: sentences with what to do."""
    from syncengine.run.live import places

    if program.file.program.state.partition(":")[0] != "env":
        yield (
            "its state would be lost with the machine → Keep it in a PostgreSQL database: "
            'state = "env:STATE_URL" in [program], and the URL as a secret of the repository.'
        )
    for place in places(program):
        if not place.connector.capabilities.remote:
            yield (
                f"replica {place.name!r} is files, whose changes would be lost with the machine → "
                "Leave it to a schedule on the machine where the files are."
            )


def package(said: str | None) -> str:
    """What pip is to install: `said`, or what this mentorsync was installed from. Raises `ConfigError` for a folder."""
    if said:
        return said
    here = metadata.distribution("mentorsync")
    origin = json.loads(here.read_text("direct_url.json") or "{}")
    if not origin:
        return f"mentorsync[postgres]=={here.version}"
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        return f"mentorsync[postgres] @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}"
    raise ConfigError(
        "this mentorsync was installed from a folder or file, which GitHub does not have",
        remedy='Say what pip is to install there, like --package "mentorsync[postgres] @ git+https://…".',
    )


def root(config: str) -> str:
    """The folder of the repository that the config is in; raises `ConfigError`."""
    folder = os.path.dirname(config)
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            raise ConfigError("is in no git repository, so GitHub would not see the workflow", where=config,
                              remedy="Run git init in the folder, and push it to GitHub.")  # fmt: skip
        folder = above
    return folder


def place(config: str) -> str:
    """Where the workflow belongs; raises `ConfigError`."""
    return os.path.join(root(config), ".github", "workflows", f"mentorsync-{id_of(config)}.yml")


def installed(config: str) -> str | None:
    """How often the workflow runs, from its file; `None`: there is none, or a broken one."""
    try:
        with open(place(config), encoding="utf-8") as handle:
            found = re.match(r"# Made by .*, every (\w+)\.\n", handle.read())
    except (OSError, UnicodeDecodeError, ConfigError):
        return None
    return found[1] if found else None


def steps(job: Job, path: str, secrets: list[str]) -> list[str]:
    """What a person does to have it run."""
    here = root(job.config)
    inside = os.path.relpath(path, here)
    return [
        *(f"gh secret set {name}" for name in secrets if re.fullmatch(r"\w+", name)),
        f'git add "{inside}" "{os.path.relpath(job.config, here)}" && git commit -m "Sync on a schedule" && git push',
    ]


def farewell() -> str:
    """What a person types to have it run no more, once its file is gone."""
    return 'git commit -a -m "Sync no more on a schedule" && git push'
