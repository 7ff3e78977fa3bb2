from collections import defaultdict
from datetime import date

from odoo import api, models
from odoo.tools import SQL

LINE_COLUMNS = (
    "account_id",
    "amount_currency",
    "amount_residual",
    "amount_residual_currency",
    "balance",
    "company_id",
    "currency_id",
    "date",
    "date_maturity",
    "move_id",
    "no_followup",
    "parent_state",
    "partner_id",
    "reconciled",
)
MATCH_COLUMNS = ("amount", "max_date", "debit_amount_currency")
MATCH_COLUMNS += ("credit_amount_currency", "debit_move_id", "credit_move_id")

# What is open now: core keeps it on the journal items.
LIVE_SQL = """
    SELECT l.id AS line_id, l.move_id, l.company_id, b.root_id, l.partner_id,
           p.commercial_partner_id AS customer_id, l.date,
           COALESCE(l.date_maturity, l.date) AS date_due,
           l.amount_residual AS amount,
           l.amount_residual_currency AS amount_currency, l.currency_id,
           l.account_id, l.no_followup, l.create_date,
           b.today - COALESCE(l.date_maturity, l.date) AS days_late
      FROM account_move_line l
      JOIN (VALUES %(books)s) b (company_id, root_id, today)
        ON b.company_id = l.company_id
 LEFT JOIN res_partner p ON p.id = l.partner_id
     WHERE l.account_id = ANY(%(accounts)s)
       AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
       AND (l.amount_residual != 0 OR l.amount_residual_currency != 0)
       AND %(whose)s"""

# What was open at the end of a day: the entries until then, less what was matched until
# then. Both sides of a match lose the same amount, so the sum of what is open is the
# balance of the account. An entry set back to draft keeps its matches and is in no
# balance: what it is matched with is open again.
PAST_SQL = """
    SELECT l.id AS line_id, l.move_id, l.company_id, b.root_id, l.partner_id,
           p.commercial_partner_id AS customer_id, l.date,
           COALESCE(l.date_maturity, l.date) AS date_due,
           l.balance - COALESCE(m.amount, 0) AS amount,
           l.amount_currency - COALESCE(m.amount_currency, 0) AS amount_currency,
           l.currency_id, l.account_id, l.no_followup, l.create_date,
           %(at)s::date - COALESCE(l.date_maturity, l.date) AS days_late
      FROM account_move_line l
      JOIN (VALUES %(books)s) b (company_id, root_id, today)
        ON b.company_id = l.company_id
 LEFT JOIN res_partner p ON p.id = l.partner_id
 LEFT JOIN (SELECT q.line_id, SUM(q.amount) AS amount,
                   SUM(q.amount_currency) AS amount_currency
              FROM (SELECT r.debit_move_id AS line_id, r.amount,
                           r.debit_amount_currency AS amount_currency
                      FROM account_partial_reconcile r
                      JOIN account_move_line o ON o.id = r.credit_move_id
                     WHERE r.max_date <= %(at)s AND o.parent_state = 'posted'
                       AND r.debit_move_id %(these)s
                 UNION ALL
                    SELECT r.credit_move_id, -r.amount, -r.credit_amount_currency
                      FROM account_partial_reconcile r
                      JOIN account_move_line o ON o.id = r.debit_move_id
                     WHERE r.max_date <= %(at)s AND o.parent_state = 'posted'
                       AND r.credit_move_id %(these)s) q
          GROUP BY q.line_id) m ON m.line_id = l.id
     WHERE l.account_id = ANY(%(accounts)s)
       AND l.date <= %(at)s AND l.parent_state = 'posted'
       AND (l.balance != COALESCE(m.amount, 0)
            OR l.amount_currency != COALESCE(m.amount_currency, 0))
       AND %(whose)s"""

# Each item with its bucket and with what is left of it once the customer's open credits
# pay the oldest debts (core/position.py: net_oldest_first). An item without a partner
# is netted with nothing.
SORTED_SQL = """
    SELECT i.*, g.bucket_id,
           CASE WHEN i.customer_id IS NULL THEN i.amount
                WHEN i.amount > 0
                THEN GREATEST(0, LEAST(i.amount, i.debt_so_far - i.credits))
                ELSE -GREATEST(0, LEAST(-i.amount, i.credit_so_far - i.debts))
           END AS amount_net
      FROM (SELECT i.*,
                   SUM(GREATEST(i.amount, 0)) OVER age AS debt_so_far,
                   SUM(GREATEST(-i.amount, 0)) OVER age AS credit_so_far,
                   SUM(GREATEST(i.amount, 0)) OVER own AS debts,
                   SUM(GREATEST(-i.amount, 0)) OVER own AS credits
              FROM (%(items)s) i
            WINDOW own AS (PARTITION BY i.root_id, i.customer_id),
                   age AS (own ORDER BY i.date_due, i.line_id)) i
 LEFT JOIN (VALUES %(buckets)s) g (root_id, bucket_id, first_day, last_day)
        ON g.root_id = i.root_id AND i.days_late BETWEEN g.first_day AND g.last_day"""

# The same by bucket for everybody: only who has open credits is put in order.
NET_SQL = """
    WITH items AS MATERIALIZED (%(items)s
    ), creditors AS MATERIALIZED (
        SELECT DISTINCT root_id, customer_id FROM items
         WHERE amount < 0 AND customer_id IS NOT NULL
    )
    SELECT s.root_id, s.customer_id, s.bucket_id, s.amount FROM (%(others)s) s
 UNION ALL
    SELECT s.root_id, s.customer_id, s.bucket_id, s.amount_net FROM (%(netted)s) s"""
IS_CREDITOR = """
    SELECT i.* FROM items i
 LEFT JOIN creditors c ON c.root_id = i.root_id AND c.customer_id = i.customer_id
     WHERE c.root_id IS NOT NULL"""
NO_CREDITOR = """
    SELECT i.* FROM items i
 LEFT JOIN creditors c ON c.root_id = i.root_id AND c.customer_id = i.customer_id
     WHERE c.root_id IS NULL"""

RECEIVABLE = "asset_receivable"
ALWAYS = 2**30


class CrmReceivablePosition(models.AbstractModel):
    """What customers owe, from the ledger, for any set of them in one statement.

    Money owed stays with the partner the ledger names and counts for the customer that
    partner belongs to today. Everything here reads; nothing gives rights: who calls
    must know that the reader may see it.
    """

    _name = "crm.receivable.position"
    _description = "Receivable Position"

    # ---- books --------------------------------------------------------------------

    @api.model
    def _books(self, companies) -> list[tuple[int, int, date]]:
        """Return (company id, root company id, today there) for companies; a root
        stands for all its branches, which keep the same books."""
        companies = companies.sudo().with_context(active_test=False)
        branches = companies.search([("id", "child_of", companies.ids)])
        metrics = self.env["crm.customer.metrics"]
        days = {root: metrics._today(root) for root in branches.root_id}
        return [(c.id, c.root_id.id, days[c.root_id]) for c in branches]

    @api.model
    def _flush_ledger(self) -> None:
        """Write out what the statements below read."""
        self.env["account.move.line"].flush_model(LINE_COLUMNS)
        self.env["account.partial.reconcile"].flush_model(MATCH_COLUMNS)
        self.env["account.account"].flush_model(["account_type"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])

    @api.model
    def _without_jit(self) -> None:
        """Have statements answered, not compiled first, until the transaction ends.

        PostgreSQL compiles what it guesses to be costly. A statement about all orders
        or months reads each row once: compiling took four times as long as answering.
        """
        self.env.cr.execute("SET LOCAL jit = off")

    # ---- items --------------------------------------------------------------------

    @api.model
    def _items_sql(self, companies, at=None, customers=None) -> SQL:
        """Return the open receivable items, owed to us (positive) or by us (negative).

        The sum over a partner is the balance of its receivable accounts at that day in
        the partner ledger, the sum over everybody that of the general ledger.

        :param companies: whose books; a root company stands for its branches
        :param at: end of which day; nothing for what is open now, in which entries
            dated in the future count, as they do in core's balances
        :param customers: ids of commercial partners; nothing for everybody
        :return: SQL of rows with ``line_id``, ``move_id``, ``company_id``, ``root_id``,
            ``partner_id`` (of the ledger), ``customer_id`` (either may be NULL),
            ``date``, ``date_due``, ``amount`` (left, company currency),
            ``amount_currency`` (left, in ``currency_id``), ``days_late`` (0 on the due
            date, negative before; by the company's time zone), and of the journal item
            ``account_id``, ``no_followup``, ``create_date``
        """
        self._flush_ledger()
        return self._items_of(self._books(companies), at, customers)

    @api.model
    def _items_of(self, books, at=None, customers=None, asked=False) -> SQL:
        """Return the items of exactly the companies in ``books``.

        :param asked: only those somebody can be asked for (:meth:`_asked_sql`)
        """
        whose, these = SQL("TRUE"), SQL("IS NOT NULL")
        if asked:
            whose = self._asked_sql(SQL("p.commercial_partner_id"))
        if customers is not None:
            family = self._family(customers)
            whose = SQL("%s AND l.partner_id = ANY(%s)", whose, family)
            these = SQL(
                "IN (SELECT id FROM account_move_line WHERE partner_id = ANY(%s))",
                family,
            )
        books = books or [(0, 0, date.today())]
        return SQL(
            PAST_SQL if at else LIVE_SQL,
            at=at,
            books=SQL(", ").join(
                SQL("(%s, %s, %s::date)", company, root, at or today)
                for company, root, today in books
            ),
            accounts=self._account_ids(),
            whose=whose,
            these=these,
        )

    @api.model
    def _asked_sql(self, customer: SQL) -> SQL:
        """Return the condition that somebody can be asked for what ``customer`` owes:
        it is a customer, and none of the own companies. Entries without a partner and
        those of the own companies are in the books; they have no profile either."""
        own = self.env.execute_query(
            SQL(
                """SELECT o.commercial_partner_id FROM res_company c
                     JOIN res_partner o ON o.id = c.partner_id"""
            )
        )
        return SQL("%s != ALL(%s)", customer, [row[0] for row in own])

    @api.model
    def _account_ids(self) -> list[int]:
        """Return the ids of the receivable accounts.

        Given as numbers: the planner knows how many items these have, and takes a
        sub-select of accounts for one in a hundred.
        """
        rows = self.env.execute_query(
            SQL("SELECT id FROM account_account WHERE account_type = %s", RECEIVABLE)
        )
        return [account_id for (account_id,) in rows]

    @api.model
    def _family(self, customers) -> list[int]:
        """Return the ids of the partners that belong to customers.

        Given as numbers: with one join more, the planner would read everybody's items
        before it thinks of whose are wanted.
        """
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)",
                list(customers),
            )
        )
        return [partner_id for (partner_id,) in rows]

    @api.model
    def _sorted_sql(self, companies, at=None, customers=None) -> SQL:
        """Return the open items (:meth:`_items_sql`), each with ``bucket_id`` and with
        ``amount_net``: what is left once open credits pay the oldest debts."""
        self._flush_ledger()
        return self._sorted_of(self._books(companies), at, customers)

    @api.model
    def _sorted_of(self, books, at=None, customers=None) -> SQL:
        return SQL(
            SORTED_SQL,
            items=self._items_of(books, at, customers),
            buckets=self._buckets_sql({root for _company, root, _today in books}),
        )

    @api.model
    def _buckets_sql(self, root_ids) -> SQL:
        """Return rows (root company, bucket, first and last day late)."""
        spans = [
            (root.id, span.key, span.first, span.last)
            for root in self.env["res.company"].browse(sorted(root_ids))
            for span in self.env["crm.ageing.bucket"]._spans(root)
        ] or [(0, None, None, None)]
        return SQL(", ").join(
            SQL(
                "(%s, %s::int, %s, %s)",
                root,
                bucket,
                -ALWAYS if first is None else first,
                ALWAYS if last is None else last,
            )
            for root, bucket, first, last in spans
        )

    @api.model
    def _net_sql(self, companies, at=None, customers=None) -> SQL:
        """Return ``root_id``, ``customer_id``, ``bucket_id`` and as ``amount`` what is
        left of each item once open credits pay the oldest debts."""
        self._flush_ledger()
        books = self._books(companies)
        buckets = self._buckets_sql({root for _company, root, _today in books})
        return SQL(
            NET_SQL,
            items=self._items_of(books, at, customers),
            others=SQL(SORTED_SQL, items=SQL(NO_CREDITOR), buckets=buckets),
            netted=SQL(SORTED_SQL, items=SQL(IS_CREDITOR), buckets=buckets),
        )

    # ---- sums ---------------------------------------------------------------------

    @api.model
    def _ageing(
        self, companies, at=None, customers=None, net=False
    ) -> dict[tuple[int, int], dict[int, float]]:
        """Return what customers owe by bucket, in company currency.

        :param net: let open credits pay the oldest debts first; else a credit stands
            in the bucket of its own date. The sum is the balance either way
        :return: ``{(root company id, customer id or None): {bucket id: amount}}``
        """
        items = self._net_sql if net else self._sorted_sql
        rows = self.env.execute_query(
            SQL(
                """SELECT s.root_id, s.customer_id, s.bucket_id, SUM(s.amount)
                     FROM (%s) s GROUP BY s.root_id, s.customer_id, s.bucket_id""",
                items(companies, at, customers),
            )
        )
        ages = defaultdict(dict)
        for root_id, customer_id, bucket_id, owed in rows:
            ages[root_id, customer_id][bucket_id] = owed
        return dict(ages)

    @api.model
    def _overdue_sql(self, amount: SQL, days_late: SQL) -> SQL:
        """Return the sum of what is overdue: the debts past their due date less all
        open credits, never below zero."""
        return SQL(
            """GREATEST(0, SUM(GREATEST(%(amount)s, 0)) FILTER (WHERE %(late)s > 0)
                           + SUM(LEAST(%(amount)s, 0)))""",
            amount=amount,
            late=days_late,
        )

    @api.model
    def _by_currency(self, companies, at=None, customers=None) -> list[tuple]:
        """Return (root company id, customer id, currency id, open in that currency,
        overdue in that currency, open in company currency), for what is not 0.

        Overdue is net: less all open credits in that currency.
        """
        return self.env.execute_query(
            SQL(
                """SELECT s.root_id, s.customer_id, s.currency_id,
                          SUM(s.amount_currency),
                          %(overdue)s, SUM(s.amount)
                     FROM (%(items)s) s
                 GROUP BY s.root_id, s.customer_id, s.currency_id
                 ORDER BY s.root_id, s.customer_id, s.currency_id""",
                overdue=self._overdue_sql(SQL("s.amount_currency"), SQL("s.days_late")),
                items=self._items_sql(companies, at, customers),
            )
        )
