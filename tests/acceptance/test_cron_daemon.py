"""A real cron daemon runs what `mentorsync schedule install` wrote, from a spool of its own, its clock twenty times as fast."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syncengine.schedule import runlog
from tests.acceptance.conftest import Site
from tests.acceptance.crontabs import crontab_in, real_refusal, spool_in

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
_DAEMON = """\
mount --bind {spool} /var/spool/cron && mount --bind {run} /run && mount --bind {sbin} /usr/sbin || exit 1
LD_PRELOAD={faketime} FAKETIME="+0 x20" exec /usr/sbin/cron -f
"""
_SENDMAIL = """\
#!/bin/sh
cat > "$(mktemp {mails}/XXXXXX)"
"""
REFUSAL = real_refusal() or (
    "no cron daemon is installed (apt-get install cron)" if shutil.which("cron", path="/usr/sbin") is None
    else None if FAKETIME else "a minute would take a minute (apt-get install libfaketime)"
)  # fmt: skip

pytestmark = pytest.mark.skipif(REFUSAL is not None, reason=f"{REFUSAL}")


@contextmanager
def daemon(folder: Path, spool: Path) -> Iterator[Path]:
    """cron at work on a spool, with a mailer that keeps each mail as a file in the folder it gives."""
    mails, run, sbin = (folder / name for name in ("mails", "run", "sbin"))
    for one in (mails, run, sbin):
        one.mkdir()
    shutil.copy2("/usr/sbin/cron", sbin / "cron")
    (sbin / "sendmail").write_text(_SENDMAIL.format(mails=mails))
    (sbin / "sendmail").chmod(0o755)
    script = _DAEMON.format(spool=spool, run=run, sbin=sbin, faketime=FAKETIME)
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdin=subprocess.DEVNULL)
    try:
        yield mails
        assert process.poll() is None, "the daemon is still there"
    finally:
        process.terminate()
        process.wait()


def until(what: Callable[[], bool]) -> None:
    """Wait for another process, which tells nobody when it is done; the test's own timeout ends a vain wait."""
    while not what():
        time.sleep(0.1)


def test_cron_runs_it_and_mails_once_of_trouble_and_once_when_it_is_well(
    made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = spool_in(tmp_path)
    monkeypatch.setenv("PATH", f"{crontab_in(tmp_path, spool)}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / 'Ada\'s 100 % "own" $HOME' / "harbour"
    shutil.copytree(made_once, folder)
    site = Site(folder)
    ran = site.run("schedule", "install", "--as", "cron", "--every", "1m", "--no-jitter")
    assert ran.status == 0, ran.said
    site.change_note("Speak in public", "percent: 20", "percent: lots")
    site.change_note("Learn SQL", "percent: 10", "percent: 64")

    def runs() -> list[runlog.Entry]:
        return [one for one in runlog.entries(str(folder / ".mentorsync")) if one.status != "busy"]

    with daemon(tmp_path, spool) as mails:
        until(lambda: len(runs()) >= 3 and any(mails.iterdir()))
        (trouble,) = [one.read_text() for one in mails.iterdir()]
        site.change_note("Speak in public", "percent: lots", "percent: 21")
        until(lambda: runs()[-1].status == "agreed" and len(list(mails.iterdir())) > 1)
    assert "one thing needs a person" in trouble
    assert "Speak in public" in trouble
    (well,) = [text for one in mails.iterdir() if (text := one.read_text()) != trouble]
    assert "all is well again" in well
    assert site.row("Learn SQL")["Percent"] == 0.64
    assert site.row("Speak in public")["Percent"] == 0.21
    assert site.run("schedule", "remove").status == 0
