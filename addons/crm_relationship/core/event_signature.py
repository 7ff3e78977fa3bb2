"""Who may tell us something: signatures over time and content. No Odoo here."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

HEADER = "X-Crm-Signature"
TOLERANCE = 300
"""Seconds by which the sender's clock, or the way, may differ from ours."""
SHORTEST_SECRET = 32

# One form only: what can be written in several ways can be read in several ways. Two
# headers of this name arrive joined by a comma and match it no more than none.
_FORM = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header for a body sent at ``timestamp`` (UTC seconds)."""
    return f"t={timestamp},v1={_digest(secret, timestamp, body)}"


def is_genuine(
    header: str | None, body: bytes, secrets: Iterable[str | None], now: float
) -> bool:
    """Tell whether one of our secrets signed this body just now.

    Fails closed: a missing or short secret signs nothing.

    :param header: value of the header, None without one
    :param secrets: the valid keys, two while one takes the place of the other
    :param now: seconds since 1970 in UTC
    """
    found = _FORM.fullmatch(header or "")
    if not found:
        return False
    timestamp = int(found[1])
    genuine = False
    for secret in secrets:
        if not secret or len(secret) < SHORTEST_SECRET:
            continue
        expected = _digest(secret, timestamp, body)
        # Never short-circuit: how long it takes tells nothing about the keys.
        genuine |= hmac.compare_digest(expected, found[2])
    return genuine and abs(now - timestamp) <= TOLERANCE


def _digest(secret: str, timestamp: int, body: bytes) -> str:
    message = b"%d.%b" % (timestamp, body)
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
