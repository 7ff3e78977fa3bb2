"""The purchases of the demo."""

from datetime import date

import pytest
from crmsuite.paths import CONFIG

LINES = [" 00004 0001 19970101  2   29.33", " 00004 0001 19980118 10  129.73", ""]


@pytest.fixture
def cdnow(monkeypatch):
    """Return the script's module."""
    monkeypatch.syspath_prepend(str(CONFIG / "scripts"))
    import cdnow

    return cdnow


def test_lines_are_read(cdnow):
    first, second = cdnow.parse(LINES)
    assert first == ("0001", date(1997, 1, 1), 2, 29.33)
    assert second == ("0001", date(1998, 1, 18), 10, 129.73)


def test_the_history_ends_on_the_day(cdnow):
    purchases = cdnow.parse(LINES)
    moved = cdnow.shifted(purchases, date(2026, 3, 1))
    assert max(purchase.day for purchase in moved) == date(2026, 3, 1)
    gap = purchases[1].day - purchases[0].day
    assert moved[1].day - moved[0].day == gap


def test_rows_refer_by_number(cdnow):
    rows = cdnow.rows(cdnow.parse(LINES), "USD")
    assert [row["external_ref"] for row in rows] == ["1", "2"]
    assert rows[0]["date"] == "1997-01-01"
    assert rows[0]["customer_ref"] == "0001"
    assert rows[0]["customer_email"] == "customer-0001@example.com"


def test_generated_purchases_have_the_sample_s_shape(cdnow):
    purchases = cdnow.generate()
    assert purchases == cdnow.generate()
    customers = {purchase.customer for purchase in purchases}
    assert len(customers) == cdnow.CUSTOMERS
    assert 6000 < len(purchases) < 8000
    counts = [sum(p.customer == c for p in purchases) for c in sorted(customers)[:300]]
    assert 0.3 < counts.count(1) / len(counts) < 0.75
    assert all(p.amount > 0 and p.quantity > 0 for p in purchases)
