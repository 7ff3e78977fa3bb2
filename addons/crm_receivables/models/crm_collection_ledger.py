from collections.abc import Iterable
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..core import dunning

# States of an invoice on which nothing is to be asked for: paid as far as we know, or
# taken out of the follow-up by an accountant.
SETTLED = ("in_payment", "paid", "reversed", "invoicing_legacy")


# Columns of an open item, in the order of OpenItem.
COLUMNS = ("id", "move_id", "company_id", "customer_id", "due", "currency_id")
COLUMNS += ("amount", "value", "rank", "hold")


class OpenItem(NamedTuple):
    """An open receivable item: a journal item, as its columns say now."""

    line_id: int
    move_id: int
    company_id: int
    customer_id: int
    due: object
    currency_id: int
    amount: float
    value: float
    rank: int
    hold: str | None


class CrmCollectionLedger(models.AbstractModel):
    """Reads what is open in the books and why somebody must not be asked for it.

    Nothing here, and nothing of this module, writes to posted entries.
    """

    _name = "crm.collection.ledger"
    _description = "Open Items for Collection"

    @api.model
    def _branches(self, company):
        """Return a company and its branches: they keep the same books."""
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return companies.search([("id", "child_of", company.root_id.id)])

    @api.model
    def _today(self, company):
        """Return the day it is in a company's time zone."""
        return self.env["crm.customer.metrics"]._today(company.root_id)

    @api.model
    def _days_sql(self) -> SQL:
        """Return rows (company_id, today): every company with the day it is there."""
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        companies = companies.search([])  # pylint: disable=no-search-all
        return SQL(", ").join(
            SQL("(%s, %s::date)", company.id, self._today(company))
            for company in companies
        )

    @api.model
    def _hold_sql(self, today: SQL) -> SQL:
        """Return why nobody must be reminded of item ``l`` of entry ``m`` and customer
        ``p.commercial_partner_id`` on a day, else NULL. To be extended."""
        return SQL(
            """CASE WHEN l.amount_residual < 0 THEN NULL
                    WHEN m.payment_state = 'blocked' THEN 'blocked'
                    WHEN m.payment_state = ANY(%(settled)s) THEN 'paid'
                    WHEN l.no_followup THEN 'no_followup'
                    WHEN EXISTS (
                         SELECT FROM crm_collection_block b
                          WHERE b.state = 'active'
                            AND (b.date_until IS NULL OR b.date_until >= %(today)s)
                            AND b.partner_id = p.commercial_partner_id
                            AND b.root_company_id
                                = split_part(k.parent_path, '/', 1)::int
                            AND (b.whole_customer OR EXISTS (
                                 SELECT FROM crm_collection_block_line_rel bl
                                  WHERE bl.block_id = b.id AND bl.line_id = l.id)))
                    THEN 'held'
                    WHEN EXISTS (
                         SELECT FROM crm_payment_promise_line_rel pl
                           JOIN crm_payment_promise pp ON pp.id = pl.promise_id
                          WHERE pl.line_id = l.id AND pp.state = 'open')
                    THEN 'promised' END""",
            settled=list(SETTLED),
            today=today,
        )

    @api.model
    def _items_sql(self, which: SQL) -> SQL:
        """Return open receivable items with the columns of ``crm.collection.item``.

        ``l`` is the journal item, ``p`` the ledger's partner, ``k`` the company.

        :param which: further condition
        """
        return SQL(
            """SELECT l.id, l.move_id, l.company_id,
                      split_part(k.parent_path, '/', 1)::int AS root_id,
                      l.partner_id, p.commercial_partner_id AS customer_id,
                      c.user_id, l.date, COALESCE(l.date_maturity, l.date) AS due,
                      d.today - COALESCE(l.date_maturity, l.date) AS days_late,
                      l.currency_id, l.amount_residual_currency AS amount,
                      l.company_currency_id, l.amount_residual AS value,
                      COALESCE(r.rank, 0) AS rank,
                      CASE WHEN r.state != 'draft' THEN r.level_id END AS level_id,
                      CASE WHEN r.state != 'draft' THEN r.date END AS reminder_date,
                      l.amount_residual > 0 AND EXISTS (
                          SELECT FROM crm_payment_promise_line_rel pl
                            JOIN crm_payment_promise pp ON pp.id = pl.promise_id
                           WHERE pl.line_id = l.id
                             AND pp.state IN ('broken', 'partly')) AS is_broken,
                      %(hold)s AS hold
                 FROM account_move_line l
                 JOIN account_account a ON a.id = l.account_id
                                       AND a.account_type = 'asset_receivable'
                 JOIN account_move m ON m.id = l.move_id
                 JOIN res_company k ON k.id = l.company_id
                 JOIN (VALUES %(days)s) AS d(company_id, today)
                   ON d.company_id = l.company_id
                 JOIN res_partner p ON p.id = l.partner_id
                 JOIN res_partner c ON c.id = p.commercial_partner_id
            LEFT JOIN LATERAL (%(reminded)s) r ON true
                WHERE l.parent_state = 'posted' AND l.reconciled IS NOT TRUE
                  AND (l.amount_residual != 0 OR l.amount_residual_currency != 0)
                  AND NOT EXISTS (SELECT FROM res_company own
                                   WHERE own.partner_id = p.commercial_partner_id)
                  AND %(which)s""",
            hold=self._hold_sql(SQL("d.today")),
            reminded=self._reminded_sql(),
            days=self._days_sql(),
            which=which,
        )

    @api.model
    def _reminded_sql(self) -> SQL:
        """Return the highest level at which somebody is or was reminded of ``l``."""
        return SQL(
            """SELECT i.rank, i.level_id, i.date, w.state
                 FROM crm_reminder_item i
                 JOIN crm_reminder w ON w.id = i.reminder_id
                WHERE i.line_key = l.id AND i.live
             ORDER BY i.rank DESC LIMIT 1"""
        )

    @api.model
    def _opens(
        self, company, customer_ids: Iterable[int] | None = None
    ) -> dict[int, list[OpenItem]]:
        """Return all open items of customers in a company and its branches, by
        customer. Without rights: the caller has checked them.

        :param customer_ids: of these; None: of all, in the order of their ids
        """
        self.env.flush_all()
        which = SQL("l.company_id = ANY(%s)", self._branches(company).ids)
        if customer_ids is not None:
            # Given as numbers: with one join more, the planner would read everybody's
            # items before it thinks of whose are wanted.
            family = self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)",
                    list(customer_ids),
                )
            )
            which = SQL("%s AND l.partner_id = ANY(%s)", which, [p for (p,) in family])
        columns = SQL(", ").join(SQL.identifier("q", name) for name in COLUMNS)
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM (%s) q ORDER BY q.customer_id, q.due, q.id",
                columns,
                self._items_sql(which),
            )
        )
        found: dict[int, list[OpenItem]] = {}
        for row in rows:
            item = OpenItem(*row)
            found.setdefault(item.customer_id, []).append(item)
        return found

    @api.model
    def _lock(self, line_ids: Iterable[int]) -> None:
        """Keep these journal items from being paid until the end of the transaction.

        A payment that is being booked is waited for; then this transaction fails by
        serialisation and is repeated, and sees it.
        """
        self.env.execute_query(
            SQL(
                "SELECT id FROM account_move_line WHERE id = ANY(%s) ORDER BY id "
                "FOR SHARE",
                list(line_ids),
            )
        )

    @api.model
    def _as_items(self, company, opens: list[OpenItem]) -> list[dunning.Item]:
        """Return open items as the rules want them: in smallest units."""
        today, home = self._today(company), company.root_id.currency_id
        currencies = self.env["res.currency"].browse(
            {item.currency_id for item in opens}
        )
        units = {currency.id: currency.rounding for currency in currencies}
        return [
            dunning.Item(
                key=item.line_id,
                currency=item.currency_id,
                amount=round(item.amount / units[item.currency_id]),
                value=round(item.value / home.rounding),
                days=(today - item.due).days,
                rank=item.rank,
                hold=item.hold,
            )
            for item in opens
        ]

    @api.model
    def _rule_sentences(self) -> dict[str, str]:
        """Return what the rules say to people; to be extended."""
        return {
            dunning.PAID: self.env._("It has been paid or settled."),
            dunning.NET_CREDITOR: self.env._(
                "Open credits and payments cover all that is overdue: the customer "
                "owes nothing on balance."
            ),
            dunning.COVERED: self.env._(
                "Open credits in its currency cover what is overdue in it."
            ),
            dunning.SMALL: self.env._("Less is overdue than is worth a reminder."),
            dunning.TOO_SOON: self.env._("The last reminder was too short ago."),
            dunning.NOTHING_NEW: self.env._("Nothing has reached a new level."),
            "blocked": self.env._("The invoice is blocked in Accounting."),
            "no_followup": self.env._(
                "The journal item is marked “No Follow-Up” in Accounting."
            ),
            "held": self.env._("Somebody holds it, for example for a dispute."),
            "promised": self.env._("A promise to pay it runs."),
            "reminded": self.env._("It was reminded of at this level already."),
        }
