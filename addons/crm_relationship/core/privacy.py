"""Personal data: whose, where, and how a person is remembered without it. No Odoo."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, NamedTuple

EMAIL, PHONE = "email", "phone"
SHORTEST = 4
"""Texts that tell less are in every other word: nothing is searched by them."""


class Subject(NamedTuple):
    """A person, and by what they are known here.

    :param partner_ids: the contact and its addresses
    :param lead_ids: leads about the person
    :param order_ids: quotations and orders of the person
    :param emails: normalised e-mail addresses
    :param phones: telephone numbers, as written and normalised
    :param names: as written
    """

    partner_ids: tuple[int, ...]
    lead_ids: tuple[int, ...] = ()
    order_ids: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def patterns(self) -> list[str]:
        """Return patterns for ILIKE that find texts with the person in them."""
        found = {*self.emails, *self.phones, *self.names}
        texts = {text for text in found if _weight(text) >= SHORTEST}
        # Other programs may have written them in ASCII.
        escaped = {json.dumps(text)[1:-1] for text in texts}
        return [like(text) for text in sorted(texts | escaped)]


class DataSource(NamedTuple):
    """Where personal data is, and what erasing it means there.

    :param model: name of the model
    :param label: what a person would call these records
    :param which: from a ``Subject`` the domain of its records
    :param export: fields the person gets to see
    :param blank: columns to overwrite, with the value for each
    :param delete: whether the rows go as a whole
    :param kept: why rows stay as they are, for those that do
    """

    model: str
    label: str
    which: Callable[[Subject], Any]
    export: tuple[str, ...] = ()
    blank: dict[str, Any] | None = None
    delete: bool = False
    kept: str = ""


def _weight(text: str) -> int:
    """Return how much a text tells: a Chinese sign is more than a letter."""
    return sum(2 if sign >= "\u2e80" else 1 for sign in text)


def like(text: str) -> str:
    """Return a pattern for ILIKE that finds ``text`` itself anywhere."""
    for sign in "\\%_":
        text = text.replace(sign, "\\" + sign)
    return f"%{text}%"


def digest(secret: str, kind: str, value: str) -> str:
    """Return by what an address is known again after it was erased.

    Keyed: there are few enough telephone numbers to try them all without.

    :raise ValueError: without a secret
    """
    if not secret:
        raise ValueError("no secret to remember addresses by")
    message = f"{kind}:{value.strip().lower()}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
