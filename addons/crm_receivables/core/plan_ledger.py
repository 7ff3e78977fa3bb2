"""What the ledger says about one order, in the order's smallest units; no Odoo.

An order owes what it is worth. Invoices say when, credit notes take back, payments,
write-offs and credits of other documents settle. What plan lines have open is by
construction what the ledger has open plus what is not invoiced yet:

    open - surplus = residual of all documents + still to be invoiced - advances
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from .plan import (
    CREDIT,
    MONEY,
    Flow,
    Portion,
    Slot,
    due_order,
    fill,
    open_day,
    shares,
)


class Settlement(NamedTuple):
    """A match of an item of the ledger with something else.

    :param amount: units; negative for an advance that was paid back
    :param kind: ``MONEY`` or ``CREDIT``
    :param ref: whatever the caller wants back
    """

    amount: int
    day: date
    kind: str = MONEY
    ref: Any = None


class Document(NamedTuple):
    """A posted invoice or credit note, or the order's share of it.

    :param sign: 1 for an invoice, -1 for a credit note
    :param instalments: (due day, units); they sum to the document
    :param slot: index of the plan line it was made from, or that of the invoice it
        credits
    """

    sign: int
    day: date
    instalments: tuple[tuple[date, int], ...]
    settlements: tuple[Settlement, ...] = ()
    slot: int | None = None
    ref: Any = None

    @property
    def total(self) -> int:
        """Units of the whole document."""
        return sum(amount for _day, amount in self.instalments)


class Source(NamedTuple):
    """A flow and where it comes from.

    :param document: the invoice or credit note; None for an advance
    :param settlement: None for a credit note that still counts as such
    """

    flow: Flow
    document: Document | None
    settlement: Settlement | None


def net_invoiced(documents: Sequence[Document]) -> int:
    """Return units invoiced, net of credit notes."""
    return sum(document.sign * document.total for document in documents)


def expected_total(ordered: int, invoiced: int, closed: bool) -> int:
    """Return what the customer is to pay altogether.

    :param ordered: units of the order, without what will not be delivered any more
    :param invoiced: units invoiced, net of credit notes
    :param closed: nothing will be invoiced: the order is cancelled, invoiced
        completely or not confirmed. The invoices then say what is owed
    """
    return max(invoiced if closed else max(ordered, invoiced), 0)


def instalment_flows(documents: Sequence[Document]) -> list[Flow]:
    """Return what was invoiced, by the day it is due; credit notes take back."""
    return [
        Flow(document.sign * amount, day, document.slot)
        for document in documents
        for day, amount in document.instalments
    ]


def owed_flows(documents: Sequence[Document], expected: int) -> list[Flow]:
    """Return what there was to pay on invoices, by the day it is due.

    Unlike :func:`instalment_flows`, a credit note that settles (see
    :func:`receipt_sources`) takes nothing back: what it credited is neither open nor
    waits for an invoice.
    """
    credits_ = _credits(documents, expected)
    flows = []
    for i, document in enumerate(documents):
        days, amounts = zip(*document.instalments, strict=True)
        parts = scaled(document.total - credits_.get(i, 0), amounts)
        flows += [
            Flow(document.sign * part, day, document.slot)
            for day, part in zip(days, parts, strict=True)
        ]
    return flows


def _credits(documents: Sequence[Document], expected: int) -> dict[int, int]:
    """Return by index the credit notes that settle the plan, each with how many of
    its units: as long as what it took back is not invoiced again."""
    left = max(expected - net_invoiced(documents), 0)
    found = {}
    credits_ = [i for i, document in enumerate(documents) if document.sign < 0]
    for i in sorted(credits_, key=lambda i: documents[i].day, reverse=True):
        amount = min(documents[i].total, left)
        left -= amount
        if amount > 0:
            found[i] = amount
    return found


def receipt_sources(
    documents: Sequence[Document], advances: Sequence[Settlement], expected: int
) -> list[Source]:
    """Return what settles the plan.

    A credit note settles as long as what it took back is not invoiced again, and as
    the order was not lowered by it: then there is less to pay to begin with.
    """
    sources = [
        Source(
            Flow(document.sign * s.amount, s.day, document.slot, s.kind), document, s
        )
        for document in documents
        for s in document.settlements
    ]
    sources += [Source(Flow(a.amount, a.day), None, a) for a in advances if a.amount]
    for i, amount in _credits(documents, expected).items():
        document = documents[i]
        flow = Flow(amount, document.day, document.slot, CREDIT)
        sources.append(Source(flow, document, None))
    return sources


def instalments_of(
    count: int, flows: Sequence[Flow], portions: Sequence[Portion]
) -> list[list[tuple[date, int]]]:
    """Return for each of ``count`` lines (due day, units) of the flows in it."""
    return [
        sorted((flows[p.flow].day, p.amount) for p in portions if p.slot == i)
        for i in range(count)
    ]


def due_days(
    slots: Sequence[Slot],
    planned: Sequence[date | None],
    owed: Sequence[Flow],
    sources: Sequence[Source],
    portions: Sequence[Portion],
) -> list[date | None]:
    """Return for each line the first day on which something open of it is due: what
    is invoiced on the day of its instalment, the rest on the planned day.

    :param slots: lines in the order in which receipts filled them
    :param planned: days that were agreed; None for a milestone not reached
    :param owed: of :func:`owed_flows`
    :param portions: how ``sources`` filled ``slots``
    """
    invoiced = instalments_of(len(slots), owed, fill(slots, owed))
    settled, advance = [0] * len(slots), [0] * len(slots)
    for portion in portions:
        if portion.slot is not None:
            bucket = settled if sources[portion.flow].document else advance
            bucket[portion.slot] += portion.amount
    open_ = [
        sum(amount for _day, amount in parts) - units
        for parts, units in zip(invoiced, settled, strict=True)
    ]
    # What invoices settled beyond what is invoiced in a line, was settled of them in
    # another one: both together have open what the ledger has.
    beyond = sum(-units for units in open_ if units < 0)
    days = {}
    for i in due_order(slots):
        moved = max(min(open_[i], beyond), 0)
        beyond -= moved
        rest = slots[i].amount - settled[i] - open_[i] + moved
        days[i] = open_day(
            invoiced[i], (planned[i], rest), settled[i] + moved, advance[i]
        )
    return [days[i] for i in range(len(slots))]


def scaled(amount: int, parts: Sequence[int]) -> list[int]:
    """Return ``parts`` of a document as parts of the order's ``amount`` of it.

    Parts may be units of another currency, or of a document of several orders.
    """
    return list(parts) if sum(parts) == amount else shares(amount, parts)


def split_money(amount: int, received: int, claimed: int) -> tuple[int, int]:
    """Split what a payment's entry settled into money and write-off.

    :param amount: units settled
    :param received: units of money in the entry
    :param claimed: units the entry takes off receivables altogether
    """
    if claimed <= 0 or not 0 < received < claimed:
        return amount, 0
    money = shares(amount, [received, claimed - received])[0]
    return money, amount - money
