"""Sending by SMTP, each message to each person at most once."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import TYPE_CHECKING

from syncengine.errors import AccessError, Unavailable

if TYPE_CHECKING:
    from syncengine.config.sections import MailSection

_SECONDS = 30.0


class NotSent(Exception):
    """The server refused it: it was certainly not sent."""


class Unknown(Exception):
    """Nobody knows whether it was sent: it is not tried again."""


class Postman:
    """An open connection."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def send(self, mail: EmailMessage) -> None:
        """Hand over one message to one person. Raises `NotSent`, `Unknown`."""
        try:
            self._server.send_message(mail)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError,
                smtplib.SMTPNotSupportedError) as error:  # fmt: skip
            raise NotSent(_said(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unknown(type(error).__name__) from error


@contextmanager
def postman(said: MailSection) -> Iterator[Postman]:
    """Connect and sign in. Raises `Unavailable` (try later) or `AccessError`; nothing has been sent then."""
    host, _, port = said.smtp.partition(":")
    try:
        server = _connect(said, host, int(port or 25))
    except smtplib.SMTPAuthenticationError as error:
        raise AccessError("the mail server does not accept the user or password", where=said.smtp,
                          remedy="Mend user and password in [mail].") from error  # fmt: skip
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Unavailable(f"the mail server can't be used ({type(error).__name__})", where=said.smtp,
                          remedy="Check smtp and security in [mail]; nothing was sent.") from error  # fmt: skip
    try:
        yield Postman(server)
    finally:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def _connect(said: MailSection, host: str, port: int) -> smtplib.SMTP:
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if said.security == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_SECONDS)
    try:
        if said.security == "starttls":
            server.starttls(context=context)
        if said.user and said.password:
            server.login(said.user, said.password)
    except BaseException:
        server.close()
        raise
    return server


def _said(error: smtplib.SMTPException) -> str:
    code: int = 0
    text: bytes | str = type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
