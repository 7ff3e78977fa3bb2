"""What is said of a contact after it happened, and what counts as one; no Odoo."""

from __future__ import annotations

from enum import StrEnum


class Response(StrEnum):
    """How far a message got, in rising order.

    Events arrive late, twice and in any order. Because the order is total and the
    highest wins, every order of the same events ends in the same response. Nothing
    ever takes back a bounce, a complaint or an unsubscription.
    """

    NONE = "none"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


RANK = {response: rank for rank, response in enumerate(Response)}


def below(response: str) -> list[str]:
    """Return the responses that ``response`` takes the place of."""
    rank = RANK[Response(response)]
    return [value.value for value in Response if RANK[value] < rank]


PERSONAL_KINDS = frozenset({"phone", "visit", "store"})
"""Kinds of channels on which somebody of ours talks to the customer."""

PERSONAL_PURPOSES = frozenset({"service", "relationship"})
"""Purposes of messages that are meant for this one customer."""


def is_contact(direction: str, purpose: str, kind: str, reached: bool | None) -> bool:
    """Tell whether a touch counts as a contact with the customer.

    A try that reached nobody does not, nor does what leaves in masses or by itself
    (promotion, dunning and transactional messages): after a newsletter the customer
    has still not heard from anybody.

    :param direction: ``in`` or ``out``
    :param purpose: see ``crm.touch``
    :param kind: kind of the channel, see ``crm.channel``
    :param reached: what the outcome says; None if there is no outcome
    """
    if reached is False:
        return False
    if direction == "in":
        return True
    return kind in PERSONAL_KINDS or purpose in PERSONAL_PURPOSES
