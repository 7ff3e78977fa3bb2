"""One mail over an open SMTP connection, and what is certain about it afterwards.

The only question that matters for not sending twice is whether the server may have
the mail. It cannot have it before the end of the data was sent, and it has not taken
it when it answers with a refusal. In between nobody knows.
"""

from __future__ import annotations

import re
import smtplib
from email.generator import BytesGenerator
from email.message import EmailMessage
from io import BytesIO
from typing import NamedTuple

ACCEPTED = "accepted"
REFUSED = "refused"
"""Refused for good: the same mail would be refused again."""
DELAYED = "delayed"
"""Surely not taken, and worth another attempt."""
DOWN = "down"
"""Surely not taken, because the server is not there; no fault of the mail."""
UNKNOWN = "unknown"
"""The connection broke when the server may have had the mail already."""

TEXT_LENGTH = 500


class Receipt(NamedTuple):
    """What became of an attempt.

    :param outcome: one of the constants above
    :param text: what the server said last, or what broke
    """

    outcome: str
    text: str


def flatten(message: EmailMessage) -> bytes:
    """Return a message as it goes over the wire."""
    out = BytesIO()
    BytesGenerator(out).flatten(message, linesep="\r\n")
    return out.getvalue()


def describe(error: BaseException) -> str:
    """Return a short text about what broke."""
    return shorten(f"{type(error).__name__}: {error}")


def said(code: int, text: bytes | str) -> str:
    """Return a server's answer as text."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return shorten(f"{code} {text}")


def shorten(text: str) -> str:
    """Return a text on one line, for a column."""
    return " ".join(text.replace("\x00", "").split())[:TEXT_LENGTH]


def converse(
    smtp: smtplib.SMTP, sender: str, recipients: list[str], content: bytes
) -> Receipt:
    """Send one mail over an open connection; nothing is raised for what it may do."""
    try:
        refusal = _envelope(smtp, sender, recipients)
    except (smtplib.SMTPException, OSError) as error:
        return Receipt(DOWN, describe(error))
    except ValueError as error:
        # An address that no such conversation can name: surely not taken.
        _reset(smtp)
        return Receipt(REFUSED, describe(error))
    if refusal:
        return refusal
    return _data(smtp, content)


def _envelope(smtp, sender: str, recipients: list[str]) -> Receipt | None:
    """Name sender and recipient; return the refusal, if there is one."""
    options = ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else []
    answers = [smtp.mail(sender, options)]
    if answers[0][0] == 250:
        answers += [smtp.rcpt(recipient) for recipient in recipients]
    # One recipient at least; with several, all of them or none.
    for code, text in answers:
        if code not in (250, 251):
            _reset(smtp)
            return _refusal(code, text)
    code, text = smtp.docmd("DATA")
    if code != 354:
        _reset(smtp)
        return _refusal(code, text)
    return None


def _data(smtp, content: bytes) -> Receipt:
    """Send the mail itself. From here on, a broken connection leaves us ignorant."""
    lines = re.sub(rb"(?m)^\.", b"..", content).rstrip(b"\r\n")
    try:
        smtp.send(lines + b"\r\n.\r\n")
        code, text = smtp.getreply()
    except (smtplib.SMTPException, OSError) as error:
        return Receipt(UNKNOWN, describe(error))
    if 200 <= code < 300:
        return Receipt(ACCEPTED, said(code, text))
    if not 400 <= code < 600:
        return Receipt(UNKNOWN, said(code, text))
    return _refusal(code, text)


def _refusal(code: int, text: bytes | str) -> Receipt:
    if code == 421 or not 400 <= code < 600:
        # It says goodbye, or nonsense: the server's state, not the mail's.
        return Receipt(DOWN, said(code, text))
    return Receipt(DELAYED if code < 500 else REFUSED, said(code, text))


def _reset(smtp) -> None:
    """Make the connection fit for the next mail; if it is not, that will show."""
    try:
        smtp.rset()
    except (smtplib.SMTPException, OSError):
        smtp.close()


def hang_up(smtp: smtplib.SMTP) -> None:
    """Close a connection, politely if it still listens."""
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        smtp.close()
