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
    :param paid_before: money that had been booked on its items by then
    :param credited_before: credits that had been booked on its items by then
    :param due: last day on which money counts
    """

    amount: int
    owed: int
    paid_before: int
    credited_before: int
    due: date


class Booking(NamedTuple):
    """What was booked against the items of a promise.

    :param day: accounting date of the payment or credit
    :param amount: how much of it is on these items
    :param is_money: a payment; else a credit note, a write-off, an exchange difference
    """

    day: date
    amount: int
    is_money: bool


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
    to pay. Money booked before the promise does not count for it.
    """
    paid, credited = -promise.paid_before, -promise.credited_before
    days: dict[date, list[Booking]] = {}
    for booking in bookings:
        days.setdefault(booking.day, []).append(booking)
    kept = None
    for day in sorted(days):
        if day > promise.due:
            break
        for booking in days[day]:
            if booking.is_money:
                paid += booking.amount
            else:
                credited += booking.amount
        asked = _asked(promise, credited)
        fulfilled = paid > 0 and paid >= asked
        kept = (kept or day) if fulfilled else None
    received, asked = max(paid, 0), _asked(promise, credited)
    if kept:
        return Verdict(KEPT, received, kept)
    if asked <= 0:
        return Verdict(VOID, received)
    if today <= promise.due:
        return Verdict(OPEN, received)
    return Verdict(PARTLY if received else BROKEN, received)


def _asked(promise: Promise, credited: int) -> int:
    """Return what the customer still had to pay for the promise to be kept."""
    return min(promise.amount, promise.owed - max(credited, 0))
