"""Whether a promise to pay was kept. Plain integers of the smallest unit; no Odoo."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

OPEN, KEPT, PARTLY, BROKEN, VOID = "open", "kept", "partly", "broken", "void"


class Promise(NamedTuple):
    """What was promised, and how things stood then.

    :param amount: what was promised
    :param owed: what was open on its items when it was made
    :param settled_before: what had been booked against its items by then
    :param due: last day on which money counts
    """

    amount: int
    owed: int
    settled_before: int
    due: date


class Booking(NamedTuple):
    """What was booked against the items of a promise.

    :param day: accounting date of the payment or credit
    :param amount: how much of it is on these items
    :param is_money: a payment; else a credit note, a write-off, an exchange difference
    :param is_known: it was in the books when the promise was made
    """

    day: date
    amount: int
    is_money: bool
    is_known: bool = False


class Verdict(NamedTuple):
    """What became of a promise.

    :param state: ``open``, ``kept``, ``partly`` kept, ``broken``, or ``void``: credits
        left nothing to pay
    :param received: money since the promise that counts for it
    :param day: when it was kept, else None
    """

    state: str
    received: int
    day: date | None = None


def judge(promise: Promise, bookings: Iterable[Booking], today: date) -> Verdict:
    """Judge a promise by what is booked on its items, whenever it was booked.

    Money counts by its own day, not by the day of its entry: a bank statement read
    late makes a broken promise a kept one. What credits take off the items nobody has
    to pay, nor what money pays that was known when the promise was made: it was not
    what was promised. That such money is taken off the items again breaks nothing.
    """
    paid, credited, known = 0, 0, -promise.settled_before
    days: dict[date, list[Booking]] = {}
    for booking in bookings:
        days.setdefault(booking.day, []).append(booking)
    kept = None
    for day in sorted(days):
        if day > promise.due:
            break
        for booking in days[day]:
            if booking.is_known:
                known += booking.amount
            elif booking.is_money:
                paid += booking.amount
            else:
                credited += booking.amount
        asked = _asked(promise, credited, known)
        kept = (kept or day) if paid > 0 and paid >= asked else None
    asked = _asked(promise, credited, known)
    if kept:
        return Verdict(KEPT, paid, kept)
    if asked <= 0:
        return Verdict(VOID, paid)
    if today <= promise.due:
        return Verdict(OPEN, paid)
    return Verdict(PARTLY if paid else BROKEN, paid)


def _asked(promise: Promise, credited: int, known: int) -> int:
    """Return what the customer had to pay for the promise to be kept."""
    return min(promise.amount, promise.owed - credited - max(known, 0))
