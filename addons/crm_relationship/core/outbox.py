"""States of a message on its way out, and when to try again. No Odoo here."""

from __future__ import annotations

from typing import NamedTuple

PLANNED, CLAIMED, SENDING = "planned", "claimed", "sending"
SENT, FAILED, SKIPPED, UNKNOWN = "sent", "failed", "skipped", "unknown"

FINAL = (SENT, FAILED, SKIPPED)
"""Nothing more happens to it. Unknown is neither: a person decides."""

FIRST_WAIT = 60
LONGEST_WAIT = 6 * 3600


class Content(NamedTuple):
    """What one message says, as its origin has written it for this recipient.

    :param subject: one line
    :param body: HTML; a script for a call
    :param author_id: id of the partner in whose name it is sent; 0 = the company
    :param user_id: id of the user who answers for it; 0 = nobody
    :param attachments: ids of ``ir.attachment``
    """

    subject: str
    body: str
    author_id: int = 0
    user_id: int = 0
    attachments: tuple[int, ...] = ()


class Parcel(NamedTuple):
    """A message ready to leave: what sending it needs, without a database.

    :param sender: envelope sender
    :param recipients: envelope recipients
    :param content: the message as it goes over the wire
    """

    sender: str
    recipients: list[str]
    content: bytes


def wait_seconds(attempt: int) -> int:
    """Return how long to wait after an attempt, the first of which is 1.

    A minute, four, a quarter of an hour, an hour, four hours, then every six.
    """
    return min(FIRST_WAIT * 4 ** (max(attempt, 1) - 1), LONGEST_WAIT)
