"""What a customer owes, by age, and how fast it is paid: formulas without Odoo.

Amounts are in one currency. Days are whole days. Where a formula divides by something
that may be nothing, the answer is None: "cannot tell", which is not 0.

Sources: days sales outstanding (simple, best possible), average days delinquent and the
collection effectiveness index as defined by the Credit Research Foundation; the
count-back (exhaustion) method as in credit management textbooks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple


class OpenItem(NamedTuple):
    """What is left of a journal item: owed to us (positive) or by us (negative).

    :param due: anything that orders items by age, oldest first, e.g. (due date, id)
    """

    due: object
    amount: Decimal


class CountBack(NamedTuple):
    """Days of sales that are still to be paid.

    :param days: how far back sales reach that add up to the receivable
    :param complete: whether the months known were enough; else it is "more than"
    """

    days: Decimal
    complete: bool


class Bucket(NamedTuple):
    """Where a bucket begins and ends, in days late; None stands for no limit."""

    key: object
    first: int | None
    last: int | None


# ---- ageing -------------------------------------------------------------------------


def bucket_spans(starts: Sequence[tuple[int, object]]) -> list[Bucket]:
    """Return the spans of buckets that are given by their first day late.

    A bucket reaches to the day before the next one. The lowest takes everything below,
    too, whatever its own number, and the highest everything above: so every number of
    days is in exactly one bucket, and the buckets add up to the balance.

    :param starts: pairs (first day late, key) in any order; no day twice
    """
    ordered = sorted(starts, key=lambda start: start[0])
    ends = [first - 1 for first, _key in ordered[1:]] + [None]
    return [
        Bucket(key, first if rank else None, last)
        for rank, ((first, key), last) in enumerate(zip(ordered, ends, strict=True))
    ]


def bucket_of(days_late: int, starts: Sequence[int]) -> int:
    """Return the rank of the bucket of an item; ``starts`` ascend."""
    return max(bisect_right(starts, days_late) - 1, 0)


def net_oldest_first(items: Iterable[OpenItem]) -> list[Decimal]:
    """Return what is left of each item once open credits pay the oldest debts.

    The sum stays what it was. Of debts and credits only one kind is left: a customer
    whose credits cover everything owes nothing at any age.
    """
    items = list(items)
    debts = sum((item.amount for item in items if item.amount > 0), Decimal(0))
    credits = -sum((item.amount for item in items if item.amount < 0), Decimal(0))
    left = [Decimal(0)] * len(items)
    debt_so_far = credit_so_far = Decimal(0)
    for rank in sorted(range(len(items)), key=lambda index: items[index].due):
        amount = items[rank].amount
        if amount > 0:
            debt_so_far += amount
            left[rank] = max(Decimal(0), min(amount, debt_so_far - credits))
        elif amount < 0:
            credit_so_far -= amount
            left[rank] = -max(Decimal(0), min(-amount, credit_so_far - debts))
    return left


# ---- speed of payment ---------------------------------------------------------------


def dso(receivable: Decimal, sales: Decimal, days: int) -> Decimal | None:
    """Return days sales outstanding: receivable ÷ credit sales × days of the period.

    With what is not yet due (:func:`current_part`) as ``receivable`` this is the best
    possible DSO: what it would be if everybody paid on the due date. Who is a creditor
    on balance has no days outstanding.
    """
    if sales <= 0:
        return None
    return max(receivable, Decimal(0)) / sales * days


def current_part(receivable: Decimal, not_due: Decimal) -> Decimal:
    """Return what of one customer's receivable is not due once open credits pay the
    oldest debts.

    Credits count whatever their own date: they lower what is overdue, to nothing and
    not below, and only what is left of them lowers what is not due. So what is overdue
    (:func:`overdue_part`) and this add up to what the customer owes. It holds for one
    customer: nobody's credits pay what others owe, several are summed afterwards.

    :param receivable: debts less all open credits
    :param not_due: of the debts, what is not due, without any credits
    """
    return max(Decimal(0), min(receivable, not_due))


def overdue_part(receivable: Decimal, not_due: Decimal) -> Decimal:
    """Return what of one customer's receivable is overdue, net: debts past their due
    date less all open credits, never below zero. Takes what :func:`current_part` does.
    """
    return max(Decimal(0), receivable - not_due)


def delinquent_days(
    total: Decimal | None, best_possible: Decimal | None
) -> Decimal | None:
    """Return average days delinquent: DSO − best possible DSO."""
    if total is None or best_possible is None:
        return None
    return total - best_possible


def count_back(receivable: Decimal, months: Iterable[tuple[Decimal, int]]) -> CountBack:
    """Return how many days of sales the receivable is worth, month by month.

    :param months: (credit sales, days) of each month, the newest first; the running
        month has the days it had so far. Sales below zero count as none
    """
    left, days = receivable, Decimal(0)
    for sales, length in months:
        if left <= 0:
            break
        if left < sales:
            return CountBack(days + left / sales * length, True)
        left -= max(sales, Decimal(0))
        days += length
    return CountBack(days, left <= 0)


def collection_effectiveness(
    opening: Decimal, sales: Decimal, closing: Decimal, closing_current: Decimal
) -> Decimal | None:
    """Return the collection effectiveness index of a period, in per cent.

    What was collected, as a share of what could have been: 100 means that nothing due
    is open at the end.

    :param closing_current: of ``closing``, what was not yet due (:func:`current_part`)
    """
    collectable = opening + sales - closing_current
    if collectable <= 0:
        return None
    return (opening + sales - closing) / collectable * 100


def weighted_days_late(payments: Iterable[tuple[Decimal, int]]) -> Decimal | None:
    """Return the average days between due date and payment, weighted by amount.

    :param payments: (amount, days late); paid early is below zero
    """
    payments = list(payments)
    weight = sum(amount for amount, _days in payments)
    if weight <= 0:
        return None
    return sum(amount * days for amount, days in payments) / weight


def exposure(
    open_items: Decimal, confirmed: Decimal, undelivered: Decimal
) -> dict[str, Decimal]:
    """Return the parts of an exposure, which add up to it.

    :param open_items: ledger balance, net of open credits
    :param confirmed: ordered and confirmed, not invoiced; never below zero
    :param undelivered: value of what was not delivered yet; counts up to ``confirmed``
    """
    confirmed = max(confirmed, Decimal(0))
    undelivered = min(max(undelivered, Decimal(0)), confirmed)
    return {
        "open": open_items,
        "delivered": confirmed - undelivered,
        "undelivered": undelivered,
        "total": open_items + confirmed,
    }
