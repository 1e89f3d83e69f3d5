"""A crontab that is not the developer's own: the real program on a private spool where that can be had, else a stand-in."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

_REAL = """\
#!/bin/sh
# The machine's own crontab, which sees another spool (in a mount namespace of its own).
exec unshare --mount sh -c 'mount --bind "$0" /var/spool/cron && exec {program} "$@"' {spool} "$@"
"""
_STANDIN = """\
#!/bin/sh
# As Vixie's crontab behaves at its command line.
case "$1" in
  -l) [ -f {spool}/tab ] || {{ echo "no crontab for me" >&2; exit 1; }}; cat {spool}/tab ;;
  -r) rm {spool}/tab ;;
  -) cat > {spool}/tab ;;
esac
"""


@cache
def real_refusal() -> str | None:
    """Why the real crontab can't be had with a private spool; `None`: it can."""
    if shutil.which("crontab") is None:
        return "no crontab is installed (apt-get install cron)"
    if not os.path.isdir("/var/spool/cron/crontabs"):
        return "the spool of crontabs is not where Debian has it"
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "a private spool needs root and unshare"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return None if done.returncode == 0 else "this machine allows no mount namespace of one's own"


def spool_in(folder: Path) -> Path:
    """An empty spool, as cron's package makes it."""
    spool = folder / "spool"
    (spool / "crontabs").mkdir(parents=True)
    if real_refusal() is None:
        shutil.chown(spool / "crontabs", group="crontab")
        (spool / "crontabs").chmod(0o1730)
    return spool


def crontab_in(folder: Path, spool: Path) -> Path:
    """A folder with a `crontab` for PATH that keeps to this spool."""
    bin = folder / "bin"
    bin.mkdir()
    real = real_refusal() is None
    script = bin / "crontab"
    script.write_text((_REAL if real else _STANDIN).format(program=shutil.which("crontab"), spool=spool))
    script.chmod(0o755)
    return bin
