"""Caps over sliding windows. No Odoo here.

A cap allows so many contacts in any window of its length, wherever the window begins: a
contact is measured against every window that contains it, also those that reach into
the future, where contacts may be planned already. Windows contain their beginning and
not their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from .quiet import LOUD_KINDS

PERSON, FIRM = "person", "firm"


class Contact(NamedTuple):
    """A contact that was made, is being made or is planned.

    :param customer: number of the firm, or of the person who is a customer; 0 if all
        that is known is the address
    :param person: number of the contact person; 0 likewise
    :param address: where it went; empty if nowhere in particular
    :param kind: kind of channel
    :param purpose: see ``crm.touch``
    :param at: naive UTC
    :param rank: place among planned ones, heavier is more; None if it happened
    """

    customer: int
    person: int
    address: str
    kind: str
    purpose: str
    at: datetime
    rank: tuple[int, int] | None = None


class Cap(NamedTuple):
    """So many contacts in any window of so many seconds.

    :param key: number of the rule
    :param scope: ``person`` or ``firm``
    :param kind: kind of channel; empty for all together
    :param limit: most contacts; 0 for none at all
    :param seconds: length of the window
    :param promotion_only: whether other purposes take no place
    :param waits: whether a message waits until there is room again
    """

    key: int
    scope: str
    kind: str
    limit: int
    seconds: int
    promotion_only: bool = False
    waits: bool = False

    def concerns(self, kind: str) -> bool:
        """Tell whether it limits a kind of channel."""
        return not self.kind or self.kind == kind


def counts(cap: Cap, candidate, contact: Contact) -> bool:
    """Tell whether a contact takes a place that the candidate would need.

    Of those planned, only heavier ones do: lighter ones give way when their time comes.
    A person is also whoever reads the same mailbox or has the same telephone. What
    went to an address of which no more is known went to whoever has it.
    """
    if cap.kind and contact.kind != cap.kind:
        return False
    if cap.promotion_only and contact.purpose != "promotion":
        return False
    if contact.rank is not None and contact.rank <= candidate.rank:
        return False
    same_address = (
        candidate.kind in LOUD_KINDS
        and bool(candidate.address)
        and contact.address == candidate.address
    )
    if cap.scope == FIRM:
        same = contact.customer == candidate.customer
        return same or (same_address and not contact.customer)
    return contact.person == candidate.person or same_address


def _crowds(cap: Cap, at: datetime, times: Sequence[datetime]) -> Iterable[datetime]:
    """Return the beginnings of the groups of ``limit`` contacts that leave no room at
    a moment: with it, they would fit into one window."""
    length = timedelta(seconds=cap.seconds)
    size = cap.limit
    for first, last in zip(times, times[size - 1 :], strict=False):
        if max(last, at) - min(first, at) < length:
            yield first


def is_full(cap: Cap, at: datetime, times: Sequence[datetime]) -> bool:
    """Tell whether a contact at a moment would be one too many.

    :param times: moments of those that count, in order
    """
    if cap.limit <= 0:
        return True
    return any(True for _first in _crowds(cap, at, times))


def free_from(cap: Cap, at: datetime, times: Sequence[datetime]) -> datetime | None:
    """Return the first moment from ``at`` on that is not full; None: never."""
    if cap.limit <= 0:
        return None
    while crowds := list(_crowds(cap, at, times)):
        at = max(crowds) + timedelta(seconds=cap.seconds)
    return at
