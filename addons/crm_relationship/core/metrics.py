"""What a metric provider and a transaction source are: plain values, no Odoo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

WINDOW_DAYS = 365
"""Length of the "12 months" window: today and the 364 days before it."""


class MetricScope(NamedTuple):
    """For whom, where and when metrics are computed.

    :param company: the root company's record
    :param company_ids: ids of the root company and all its branches
    :param today: the current day in the company's time zone
    :param tz: name of that time zone
    :param partners: SQL sub-select with the columns ``partner_id`` (anybody whose
        documents count) and ``customer_id`` (the commercial partner they count for)
    :param customers: SQL condition on a customer's id, to be put behind the column
    :param everybody: whether ``partners`` leaves nobody out, which allows plans that
        read a table once instead of by index
    """

    company: Any
    company_ids: tuple[int, ...]
    today: date
    tz: str
    partners: Any
    customers: Any
    everybody: bool = False

    @property
    def window_start(self) -> date:
        """First day of the 12-month window."""
        return self.today - timedelta(days=WINDOW_DAYS - 1)


class MetricProvider(NamedTuple):
    """A group of profile columns and the SQL that computes them.

    :param name: unique technical name
    :param columns: profile columns that this provider, and nobody else, fills
    :param build: ``scope -> SQL``: one row per customer with the columns
        ``customer_id``, each of ``columns``, and ``next_expiry_date``: the first day
        on which a figure changes by time alone, or NULL
    :param creates: whether having a row here makes somebody a customer; providers of
        scores only decorate customers there are already
    """

    name: str
    columns: tuple[str, ...]
    build: Callable[[MetricScope], Any]
    creates: bool = True


class TransactionSource(NamedTuple):
    """Where purchases are found.

    :param name: unique technical name
    :param documents: ``scope -> SQL``: one row per document and buyer with
        ``model``, ``res_id``, ``company_id``, ``partner_id``, ``date``, ``amount``
        (untaxed, company currency, refunds negative), ``is_purchase`` (false for
        refunds)
    :param lines: ``scope -> SQL``: one row per line with ``model``, ``res_id``,
        ``line_id``, ``company_id``, ``partner_id``, ``date``, ``product_id``,
        ``category_id`` (where there is no product), ``quantity``, ``list_amount``,
        ``discount_amount``, ``amount``, ``cost`` (NULL = unknown), ``channel_id``,
        ``user_id``
    """

    name: str
    documents: Callable[[MetricScope], Any]
    lines: Callable[[MetricScope], Any]
