"""What somebody wants to be told and by which way, from what they said and when.

Sources: GDPR Art. 7 (consent can be shown, and is withdrawn as easily as given) and
Art. 21(2) and (3) (an objection to direct marketing always holds); Directive
2002/58/EC Art. 13 (who may be written to unasked).
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import NamedTuple

KINDS = ("email", "phone", "sms", "letter")
PURPOSES = ("promotion", "relationship", "service")
"""What may be refused. Law and contract ask for the rest."""

GRANTED, WITHDRAWN, LIFTED = "granted", "withdrawn", "lifted"
PAUSED, RESUMED = "paused", "resumed"
CHANGES = (GRANTED, WITHDRAWN, LIFTED, PAUSED, RESUMED)
UNKNOWN = "unknown"
# Of two things said at the same moment, what holds: the stricter one.
STRICTNESS = {LIFTED: 0, GRANTED: 1, WITHDRAWN: 2}
STATE_OF = {LIFTED: UNKNOWN, GRANTED: GRANTED, WITHDRAWN: WITHDRAWN}
RANK = {UNKNOWN: 0, GRANTED: 1, WITHDRAWN: 2}

_BLANKS = re.compile(r"[ \t\n\r\f\v,]+")
_SPACE = " \t\n\r\f\v"
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_DIGITS = re.compile(r"[^0-9+]")


class Said(NamedTuple):
    """One thing somebody said, or somebody said for them.

    :param change: one of ``CHANGES``; ``lifted`` takes a withdrawal back without
        granting anything
    :param at: when it was said, not when we heard of it; naive UTC
    :param until: end of a pause, naive UTC
    """

    change: str
    at: datetime
    until: datetime | None = None


class Standing(NamedTuple):
    """What holds for one address, way and purpose.

    :param state: ``unknown``, ``granted`` or ``withdrawn``
    :param since: when that was said; None if nothing was
    :param pause_until: end of the last pause asked for; None if there is none
    :param pause_said: when the pause, or its end, was asked for
    """

    state: str = UNKNOWN
    since: datetime | None = None
    pause_until: datetime | None = None
    pause_said: datetime | None = None


def hear(standing: Standing, said: Said) -> Standing:
    """Return what holds after one more thing was heard.

    The newest by the time it was said wins, in whatever order things are heard. Of two
    said at the same moment, the stricter wins: a withdrawal, the longer pause.
    """
    if said.change in (PAUSED, RESUMED):
        return _hear_pause(standing, said)
    state = STATE_OF[said.change]
    if standing.since is not None:
        now = (said.at, STRICTNESS[said.change])
        if now <= (standing.since, RANK[standing.state]):
            return standing
    return standing._replace(state=state, since=said.at)


def _hear_pause(standing: Standing, said: Said) -> Standing:
    until = said.until if said.change == PAUSED else None
    if standing.pause_said is not None:
        if said.at < standing.pause_said:
            return standing
        if said.at == standing.pause_said:
            until = max(filter(None, (until, standing.pause_until)), default=None)
    return standing._replace(pause_until=until, pause_said=said.at)


def resolve(heard: Iterable[Said]) -> Standing:
    """Return what holds after all that was heard; the order makes no difference."""
    return reduce(hear, heard, Standing())


def strictest(standings: Iterable[Standing]) -> Standing:
    """Return what holds for somebody known twice, before anybody asked them again.

    A withdrawal or a pause anywhere holds everywhere. Consent does not spread: it was
    given for one address.
    """
    standings = list(standings)
    withdrawn = [s.since for s in standings if s.state == WITHDRAWN]
    pauses = [
        (s.pause_until, s.pause_said) for s in standings if s.pause_until is not None
    ]
    until, said = max(pauses, default=(None, None))
    if withdrawn:
        return Standing(WITHDRAWN, max(withdrawn), until, said)
    return Standing(UNKNOWN, None, until, said)


def address_key(kind: str, address: str | None) -> str:
    """Return by what an address is the same one, however it is written; may be empty.

    SQL says the same in ``crm.consent``. E-mail addresses and telephone numbers are
    expected as Odoo normalises them; blanks, commas and case do not count in letters.
    """
    address = (address or "").strip(_SPACE)
    if kind in ("phone", "sms"):
        return _NO_DIGITS.sub("", address)
    if kind == "letter":
        address = _BLANKS.sub(" ", address).strip(_SPACE)
    return address.translate(_SMALL)


def mask(kind: str, address: str) -> str:
    """Return an address as its owner knows it again and nobody else learns it."""
    if kind == "email":
        name, _at, domain = address.partition("@")
        return f"{name[:1]}***@{domain}"
    if kind in ("phone", "sms"):
        return f"*** {address[-3:]}" if len(address) > 5 else "***"
    return f"{address[:1]}***"
