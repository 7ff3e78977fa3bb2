from collections.abc import Iterable
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..core import dunning

# States of an invoice on which nothing is to be asked for: paid as far as we know, or
# taken out of the follow-up by an accountant.
SETTLED = ("in_payment", "paid", "reversed", "invoicing_legacy")


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
    def _today(self, company):
        """Return the day it is in a company's time zone."""
        return self.env["crm.customer.metrics"]._today(company.root_id)

    # ---- why nobody is asked --------------------------------------------------------

    @api.model
    def _hold_sql(self) -> SQL:
        """Return why nobody must be reminded of item ``q`` (columns as of
        ``crm.receivable.position``) with its marks ``s`` and those of its customer
        ``h`` (:meth:`_marks_sql`), else NULL. ``m`` is its entry, unless that is just
        unpaid or partly paid. To be extended."""
        return SQL(
            """CASE WHEN q.amount < 0 THEN NULL
                    WHEN m.payment_state = 'blocked' THEN 'blocked'
                    WHEN m.payment_state = ANY(%s) THEN 'paid'
                    WHEN q.no_followup THEN 'no_followup'
                    WHEN s.held OR h.held THEN 'held'
                    WHEN s.promised THEN 'promised' END""",
            list(SETTLED),
        )

    @api.model
    def _marks_sql(self) -> SQL:
        """Return (``key``: journal item, ``root_id``, ``held``, ``promised``,
        ``broken``) of holds that run and of promises, each for items of its own root
        company, whoever the debtor belongs to today. A promise that runs holds the
        items it pays (:meth:`_covered_sql`)."""
        return SQL(
            """SELECT bl.line_id AS key, b.root_company_id AS root_id, TRUE AS held,
                      FALSE AS promised, FALSE AS broken
                 FROM crm_collection_block b
                 JOIN crm_collection_block_line_rel bl ON bl.block_id = b.id
                WHERE NOT b.whole_customer AND %s
            UNION ALL
               SELECT pl.line_id, split_part(pk.parent_path, '/', 1)::int, FALSE,
                      pp.state = 'open' AND %s, pp.state != 'open'
                 FROM crm_payment_promise pp
                 JOIN res_company pk ON pk.id = pp.company_id
                 JOIN crm_payment_promise_line_rel pl ON pl.promise_id = pp.id
                WHERE pp.state IN ('open', 'broken', 'partly')""",
            self._running_sql(),
            self._covered_sql(),
        )

    @api.model
    def _covered_sql(self) -> SQL:
        """Return the condition that promise ``pp`` pays its item ``pl``: all of it, or
        what has still to come pays it wholly after those that are due before it.

        Most promises are about all that is open: nothing is summed up for them.
        """
        return SQL(
            """CASE WHEN pp.amount >= pp.owed_before THEN TRUE ELSE (
                   SELECT SUM(CASE WHEN e.currency_id = pp.currency_id
                                   THEN e.amount_residual_currency
                                   ELSE e.amount_residual END)
                     FROM account_move_line t
                     JOIN crm_payment_promise_line_rel el ON el.promise_id = pp.id
                     JOIN account_move_line e ON e.id = el.line_id
                    WHERE t.id = pl.line_id AND e.parent_state = 'posted'
                      AND (COALESCE(e.date_maturity, e.date), e.id)
                          <= (COALESCE(t.date_maturity, t.date), t.id)
               ) <= pp.amount - COALESCE(pp.received, 0) END"""
        )

    @api.model
    def _customer_marks_sql(self) -> SQL:
        """Return (``key``: customer, ``root_id``, ``held``) of holds on all a customer
        owes: the one it was said of or whom that one belongs to since."""
        return SQL(
            """SELECT o.commercial_partner_id AS key, b.root_company_id AS root_id,
                      TRUE AS held
                 FROM crm_collection_block b
                 JOIN res_partner o ON o.id = b.partner_id
                WHERE b.whole_customer AND %s""",
            self._running_sql(),
        )

    @api.model
    def _join_marks(self, marks: SQL, name: str, flags, everybody: bool) -> SQL:
        """Return what to put behind LEFT JOIN LATERAL: an alias follows.

        :param marks: see :meth:`_marks_sql`
        :param name: column of item ``q`` that is the key
        :param everybody: read the marks once, as a set; else look them up for each
            item, which is quicker for the items of a few customers
        """
        names = [SQL.identifier(flag) for flag in flags]
        these = SQL("k.key = %s AND k.root_id = q.root_id", SQL.identifier("q", name))
        return SQL(
            """(SELECT k.key, k.root_id, %(flags)s FROM (%(marks)s) k
                 WHERE %(these)s GROUP BY k.key, k.root_id)""",
            flags=SQL(", ").join(SQL("BOOL_OR(k.%s) AS %s", f, f) for f in names),
            marks=marks,
            these=SQL("TRUE") if everybody else these,
        )

    @api.model
    def _running_sql(self) -> SQL:
        """Return the condition that hold ``b`` runs today where its company is."""
        roots = self.env["res.company"].sudo().with_context(active_test=False)
        roots = roots.search([("parent_id", "=", False)])
        return SQL(
            """b.state = 'active' AND (b.date_until IS NULL OR b.date_until >= (
                   SELECT d.today FROM (VALUES %s) d (root_id, today)
                    WHERE d.root_id = b.root_company_id))""",
            SQL(", ").join(
                SQL("(%s, %s::date)", root.id, self._today(root)) for root in roots
            ),
        )

    # ---- items ----------------------------------------------------------------------

    @api.model
    def _items_sql(self, books, customers: Iterable[int] | None = None) -> SQL:
        """Return the open items somebody can be asked for: those of
        ``crm.receivable.position`` without the own companies and without a partner,
        with ``hold`` and ``is_broken`` (a promise about it was broken).

        What is joined here is joined to a hundred thousand items: only what decides
        whether a customer is asked.

        :param books: see ``crm.receivable.position``
        :param customers: ids of commercial partners; None: everybody
        """
        everybody = customers is None
        item_flags = ("held", "promised", "broken")
        return SQL(
            """SELECT q.*, %(hold)s AS hold,
                      q.amount > 0 AND COALESCE(s.broken, FALSE) AS is_broken
                 FROM (%(items)s) q
            LEFT JOIN account_move m ON m.id = q.move_id
                                    AND m.payment_state NOT IN ('not_paid', 'partial')
            LEFT JOIN LATERAL %(marks)s s ON s.key = q.line_id
                                         AND s.root_id = q.root_id
            LEFT JOIN LATERAL %(customers)s h ON h.key = q.customer_id
                                             AND h.root_id = q.root_id""",
            hold=self._hold_sql(),
            items=self.env["crm.receivable.position"]._items_of(
                books, customers=customers, asked=True
            ),
            marks=self._join_marks(self._marks_sql(), "line_id", item_flags, everybody),
            customers=self._join_marks(
                self._customer_marks_sql(), "customer_id", ("held",), everybody
            ),
        )

    @api.model
    def _reminded_sql(self, which: SQL) -> SQL:
        """Return the highest level of reminders ``i`` at which somebody is or was
        reminded of an item (``line_key``).

        :param which: further condition
        """
        return SQL(
            """SELECT DISTINCT ON (i.line_key) i.line_key, i.rank, i.level_id, i.date,
                      w.state
                 FROM crm_reminder_item i
                 JOIN crm_reminder w ON w.id = i.reminder_id
                WHERE i.live AND %s
             ORDER BY i.line_key, i.rank DESC""",
            which,
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
        books = self.env["crm.receivable.position"]._books(company.root_id)
        this = SQL("TRUE") if customer_ids is None else SQL("i.line_key = q.line_id")
        rows = self.env.execute_query(
            SQL(
                """SELECT q.line_id, q.move_id, q.company_id, q.customer_id, q.date_due,
                          q.currency_id, q.amount_currency, q.amount,
                          COALESCE(r.rank, 0), q.hold
                     FROM (%s) q
                LEFT JOIN LATERAL (%s) r ON r.line_key = q.line_id
                 ORDER BY q.customer_id, q.date_due, q.line_id""",
                self._items_sql(books, customer_ids),
                self._reminded_sql(this),
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
