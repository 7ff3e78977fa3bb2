"""Payment plans: splitting, following an amended order, and filling lines; no Odoo.

Money is a whole number of the smallest units of its currency (yen, fils, cents, a ten
thousandth of a CLF), so that every sum is exact. Callers convert at the edge with
:func:`to_units` and :func:`from_units`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

MONEY, CREDIT = "money", "credit"
"""What settles a line: money that came, or a credit note or write-off."""

WAITING, DUE, PART, PAID, OVERDUE, VOID = (
    "waiting",
    "due",
    "part",
    "paid",
    "overdue",
    "void",
)


class Slot(NamedTuple):
    """A line to be filled.

    :param amount: units, not negative
    :param due: day it is due; None for a milestone not reached
    :param sequence: order among lines of the same day
    """

    amount: int
    due: date | None = None
    sequence: int = 0


class Flow(NamedTuple):
    """Something that fills lines: an invoice's instalment, a receipt, a credit.

    :param amount: units; negative for what is taken back, as money paid out again
    :param day: when it happened, or for an instalment when it is due
    :param slot: index of the line it belongs to; None for none in particular
    :param kind: ``MONEY`` or ``CREDIT``
    """

    amount: int
    day: date
    slot: int | None = None
    kind: str = MONEY


class Portion(NamedTuple):
    """So much of a flow went into a line.

    :param flow: index of the flow
    :param slot: index of the line; None for what found no line (surplus), or, if
        negative, was paid out beyond what had come
    :param amount: units
    """

    flow: int
    slot: int | None
    amount: int


def to_units(amount: float, rounding: float) -> int:
    """Return ``amount`` as a number of smallest units of ``rounding``."""
    unit = Decimal(str(rounding))
    return int((Decimal(str(amount)) / unit).quantize(Decimal(1), ROUND_HALF_UP))


def from_units(units: int, rounding: float) -> float:
    """Return units as the amount nearest to them that a float can hold."""
    return float(units * Decimal(str(rounding)))


def _half_up(value: Fraction) -> int:
    """Round half away from zero, as currencies do."""
    sign = -1 if value < 0 else 1
    return sign * int(abs(value) + Fraction(1, 2))


def shares(total: int, weights: Sequence[float], whole: float | None = None):
    """Split ``total`` by weights; shares of all weights sum to it exactly.

    The running sum is rounded, not each share: no share is a unit or more away from
    its exact value, and no remainder is left for the last line to absorb.

    :param whole: what all of the total weighs, as 100 for percentages that may not
        be complete yet; the sum of weights if left out
    """
    parts = [Fraction(str(weight)) for weight in weights]
    whole_part = sum(parts) if whole is None else Fraction(str(whole))
    if not whole_part:
        return [0] * len(parts)
    result, running, before = [], Fraction(0), 0
    for part in parts:
        running += part
        upto = _half_up(total * running / whole_part)
        result.append(upto - before)
        before = upto
    return result


def follow_total(
    planned: Sequence[int], total: int, frozen: Sequence[bool], by_share: bool
) -> list[int]:
    """Return the lines of a plan after its order was amended; they sum to ``total``.

    :param planned: units as agreed
    :param total: units of the order now; not negative
    :param frozen: lines invoiced already: they change only if nothing else can
    :param by_share: whether lines are percentages of the order; otherwise the last
        lines take up the difference, because the first ones fall due first
    """
    amounts = list(planned)
    if sum(amounts) == total or not amounts:
        return amounts
    free = [i for i, fixed in enumerate(frozen) if not fixed]
    if by_share and sum(amounts[i] for i in free):
        rest = max(total - sum(amounts[i] for i in range(len(amounts)) if frozen[i]), 0)
        split = shares(rest, [amounts[i] for i in free])
        for i, amount in zip(free, split, strict=True):
            amounts[i] = amount
    difference = total - sum(amounts)
    if difference > 0:
        amounts[(free or [len(amounts) - 1])[-1]] += difference
        return amounts
    last_first = [*reversed(free), *(i for i in reversed(range(len(amounts))))]
    for i in last_first:
        taken = min(amounts[i], -difference)
        amounts[i] -= taken
        difference += taken
    return amounts


def fill(slots: Sequence[Slot], flows: Sequence[Flow]) -> list[Portion]:
    """Say what goes into which line.

    What is taken back cancels the latest of what came, first of its own line and
    kind. A flow of a line fills that line first; the rest, and flows of no line,
    fill all lines by due day. Nothing is lost: portions of a flow that was not
    cancelled sum to it, and what no line takes has the slot None.
    """
    left, deficit, _taken = _net(flows)
    room = [slot.amount for slot in slots]
    portions = []

    def pour(flow: int, slot: int) -> None:
        amount = min(left[flow], room[slot])
        if amount > 0:
            portions.append(Portion(flow, slot, amount))
            left[flow] -= amount
            room[slot] -= amount

    chronological = sorted(range(len(flows)), key=lambda i: (flows[i].day, i))
    for i in chronological:
        own = flows[i].slot
        if own is not None:
            pour(i, own)
    by_due = due_order(slots)
    for i in chronological:
        for slot in by_due:
            pour(i, slot)
    portions += [Portion(i, None, left[i]) for i in chronological if left[i] > 0]
    return portions + [Portion(i, None, amount) for i, amount in deficit]


def with_refunds(flows: Sequence[Flow], portions: Sequence[Portion]) -> list[Portion]:
    """Return the portions of :func:`fill` with money as it came and went.

    There, money paid back has shortened what had come. Here both stand, in the same
    line: its sum is the same, and every receipt is what the bank has.
    """
    _left, _deficit, taken = _net(flows)
    line_of = {p.flow: p.slot for p in portions if p.slot is not None}
    units = {(p.flow, p.slot): p.amount for p in portions}
    for back, given, amount in taken:
        if flows[back].kind == flows[given].kind == MONEY:
            slot = line_of.get(given, flows[given].slot)
            for key, change in (((given, slot), amount), ((back, slot), -amount)):
                units[key] = units.get(key, 0) + change
    return [Portion(flow, slot, n) for (flow, slot), n in units.items() if n]


def due_order(slots: Sequence[Slot]) -> list[int]:
    """Return the indexes of lines by due day, then sequence; undated ones last."""
    return sorted(
        range(len(slots)),
        key=lambda i: (slots[i].due or date.max, slots[i].sequence, i),
    )


def _net(
    flows: Sequence[Flow],
) -> tuple[list[int], list[tuple[int, int]], list[tuple[int, int, int]]]:
    """Return what is left of each flow when negative ones are taken off, what of
    these found nothing to be taken off from, and which took how much off which."""
    left = [max(flow.amount, 0) for flow in flows]
    latest = sorted(range(len(flows)), key=lambda i: (flows[i].day, i), reverse=True)
    owed = [(i, flow) for i, flow in enumerate(flows) if flow.amount < 0]
    open_ = {i: -flow.amount for i, flow in owed}
    pairs = []
    for near in _NEARNESS:
        for i, flow in owed:
            for j in latest:
                if open_[i] and left[j] and near(flow, flows[j]):
                    taken = min(left[j], open_[i])
                    left[j] -= taken
                    open_[i] -= taken
                    pairs.append((i, j, taken))
    return left, [(i, -amount) for i, amount in open_.items() if amount], pairs


# Whose money goes first when some is taken back.
_NEARNESS: tuple[Callable[[Flow, Flow], bool], ...] = (
    lambda taken, given: taken.slot == given.slot and taken.kind == given.kind,
    lambda taken, given: taken.kind == given.kind,
    lambda taken, given: taken.slot == given.slot,
    lambda taken, given: True,
)


def open_day(
    instalments: Sequence[tuple[date, int]],
    rest: tuple[date | None, int],
    billed: int = 0,
    advance: int = 0,
) -> date | None:
    """Return the first day on which something of a line is due and not settled.

    :param instalments: (due day, units) of what is invoiced
    :param rest: (planned day, units) of what is not invoiced
    :param billed: units settled on invoices: they pay these before anything else
    :param advance: units that came and are on no invoice: they pay what is oldest
    :return: if nothing is open the last instalment's day, without one the planned
        day; None if what is open has no day, as a milestone not reached
    """
    invoiced = sorted(instalments)
    parts = _uncovered([*invoiced, rest], billed)
    oldest_first = sorted(parts, key=lambda part: part[0] or date.max)
    for day, _amount in _uncovered(oldest_first, advance):
        return day
    return invoiced[-1][0] if invoiced else rest[0]


def _uncovered(
    parts: Sequence[tuple[date | None, int]], units: int
) -> list[tuple[date | None, int]]:
    """Return what is left of parts when units pay them one after the other."""
    left = []
    for day, amount in parts:
        paid = min(amount, units)
        units -= paid
        if amount > paid:
            left.append((day, amount - paid))
    return left


def state_of(
    amount: int,
    paid: int,
    credited: int,
    due: date | None,
    today: date,
    ready: bool = False,
) -> str:
    """Return how a line stands on ``today``.

    :param amount: units planned
    :param paid: units of money received
    :param credited: units settled by credit notes and write-offs
    :param ready: it was invoiced, or its milestone was reached
    """
    remaining = amount - paid - credited
    if remaining <= 0:
        return PAID if paid > 0 else VOID
    if due and due < today:
        return OVERDUE
    if paid > 0:
        return PART
    if ready or (due and due <= today):
        return DUE
    return WAITING
