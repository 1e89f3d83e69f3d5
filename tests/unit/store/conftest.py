"""The store on both of its databases: SQLite in a file, and PostgreSQL in a private cluster that lasts a session."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from syncengine.store import Store, open_store

OpenStore = Callable[[], Store]


def _programs() -> str | None:
    """The folder with PostgreSQL's own programs; Debian keeps them off the path."""
    found = shutil.which("initdb")
    places = [os.path.dirname(os.path.realpath(found))] if found else []
    places += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    return next((place for place in places if os.path.exists(os.path.join(place, "pg_ctl"))), None)


def _user() -> Any:
    """Who runs the server: it refuses to be run by root."""
    pwd = pytest.importorskip("pwd", reason="the cluster of the tests is reached by a POSIX socket")
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The URL of a server of our own, reached by a socket in its folder: nothing listens on any port."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'mentorsync[postgres]'")
    programs, user = _programs(), _user()
    if programs is None or user is None:
        pytest.skip("PostgreSQL's server is not installed (on Debian: apt-get install postgresql)")
    folder = tempfile.mkdtemp(prefix="mentorsync-pg-")
    if os.geteuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = os.path.join(folder, "data")

    def run(program: str, *words: str) -> None:
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        log = os.path.join(folder, f"{program}.log")
        with open(log, "ab") as output:  # a pipe would stay open for as long as the server runs
            command = [os.path.join(programs, program), "-D", data, *words]
            done = subprocess.run(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=folder,
                check=False,
                **who,
            )  # type: ignore[call-overload]
        assert done.returncode == 0, Path(log).read_text("utf-8")

    try:
        run(
            "initdb",
            "--username=test",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            "--no-instructions",
        )
        lean = f"-k {folder} -c listen_addresses= -c fsync=off -c full_page_writes=off -c shared_buffers=8MB -c max_connections=20"
        run("pg_ctl", "--wait", "--log", os.path.join(folder, "server.log"), "--options", lean, "start")
        try:
            yield f"postgresql+psycopg://test@/postgres?host={folder}"
        finally:
            run("pg_ctl", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_postgresql(cluster: str) -> str:
    """The URL of a database without any tables."""
    import psycopg

    with psycopg.connect(cluster.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty state may be, on either database."""
    if request.param == "postgresql":
        empty: str = request.getfixturevalue("empty_postgresql")
        return empty
    return f"sqlite:///{tmp_path / 'state.sqlite3'}"


@pytest.fixture
def open_it(url: str) -> Iterator[OpenStore]:
    """Opens the state once more, as another process would; all are closed at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_store(url)))


@pytest.fixture
def store(open_it: OpenStore) -> Store:
    return open_it()
