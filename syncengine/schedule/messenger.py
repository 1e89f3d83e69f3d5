"""How a message reaches people: by e-mail and by a command of theirs, as `[schedule]` says; else on standard error,
which cron mails and the journal keeps."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING

from syncengine.schedule.message import body, subject
from syncengine.schedule.news import News

if TYPE_CHECKING:
    from syncengine.config import Program

_PATIENCE = 60.0
"""Seconds that a person's command may take."""


def deliver(program: Program | None, config: str, news: News, show: Callable[[str], None]) -> list[str]:
    """Tell people. Returns what failed: the way, and the type of what went wrong.

    `program` is `None` where its config can't be read. The message is shown (by `show`) where no other way is
    configured, and where one of them failed.
    """
    name = program.name if program else config
    head, text = subject(news, name), body(news, config)
    said = program.file.schedule if program else None
    ways: list[tuple[str, Callable[[], None]]] = []
    if program and said and said.mail:
        ways.append(("mail", lambda: _mail(program, said.mail, head, text)))
    if said and said.command:
        ways.append(("command", lambda: _run(said.command, f"{head}\n\n{text}", news)))
    failed = []
    for way, go in ways:
        try:
            go()
        except (
            Exception
        ) as error:  # whatever it is, the sync itself is done, and the other ways are still open
            failed.append(f"{way}: {type(error).__name__}")
    if failed or not ways:
        show(f"{head}\n{text}" + "".join(f"(This could not be sent by {one}.)\n" for one in failed))
    return failed


def _mail(program: Program, to: list[str], head: str, text: str) -> None:
    """One message to each; raises what `sending` raises, and `ConfigError` where there is no [mail]."""
    from syncengine.invite.sending import postman

    said = program.mail()
    with postman(said) as post:
        for address in to:
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = said.sender, address, " ".join(head.split())
            mail["Date"], mail["Message-ID"] = (
                formatdate(localtime=True),
                make_msgid(domain=said.sender.rpartition("@")[2] or None),
            )
            mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday reply to this
            mail.set_content(text)
            post.send(mail)


def _run(command: list[str], text: str, news: News) -> None:
    """Raises `OSError`, `subprocess.SubprocessError`. The message is on its standard input, never in its arguments."""
    import os

    subprocess.run(  # noqa: S603 - the program's owner wrote it
        command, input=text, text=True, encoding="utf-8", env={**os.environ, "MENTORSYNC_NEWS": news.what}, check=True,
        timeout=_PATIENCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
