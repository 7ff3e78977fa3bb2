from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.metrics import WINDOW_DAYS

from ..order_sql import (
    GONE,
    ORDER_LINE_COLUMNS,
    SETTLED,
    TO_ORDER_CURRENCY,
    UNDELIVERED,
)

# Confirmed orders with something left to invoice, by who is to pay. What counts as
# invoiced is posted: a draft of an invoice is owed by nobody yet. Amounts with taxes.
#
# The two ways to be open are a union, not an OR of conditions, which no index serves.
ORDERS_SQL = """
    WITH drafted AS MATERIALIZED (
        SELECT sl.order_id,
               bool_or(m.move_type IN ('out_invoice', 'out_refund')) AS is_invoice
          FROM account_move m
          JOIN account_move_line l ON l.move_id = m.id
          JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
          JOIN sale_order_line sl ON sl.id = r.order_line_id
         WHERE m.state = 'draft'
      GROUP BY sl.order_id
    ), wanted AS MATERIALIZED (
        SELECT %(columns)s FROM sale_order o
         WHERE o.state = 'sale' AND o.invoice_status != 'invoiced'
           AND o.company_id = ANY(%(companies)s) AND %(whose)s
     UNION
        SELECT %(columns)s
          FROM drafted d
          JOIN sale_order o ON o.id = d.order_id
         WHERE d.is_invoice
           AND o.state = 'sale' AND o.company_id = ANY(%(companies)s) AND %(whose)s
    ), lines AS MATERIALIZED (
        SELECT s.id, s.order_id, %(undelivered)s AS undelivered, g.gone,
               %(settled)s AS settled
          FROM wanted o
          JOIN sale_order_line s ON s.order_id = o.id
    -- OFFSET 0: asked once for each line, not once for each use of the answer.
    CROSS JOIN LATERAL (SELECT %(gone)s AS gone OFFSET 0) g
    ), claim AS (
        SELECT order_id, SUM(undelivered) FILTER (WHERE NOT gone) AS undelivered,
               COALESCE(SUM(undelivered) FILTER (WHERE gone), 0) AS gone,
               bool_and(settled) AS settled
          FROM lines
      GROUP BY order_id
    ), billed AS (
        SELECT q.order_id,
               SUM(l.price_total
                   * CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END
                   * %(to_order_currency)s) AS amount
          FROM (SELECT DISTINCT n.order_id, r.invoice_line_id
                  FROM lines n
                  JOIN sale_order_line_invoice_rel r ON r.order_line_id = n.id) q
          JOIN wanted o ON o.id = q.order_id
          JOIN account_move_line l ON l.id = q.invoice_line_id
          JOIN account_move m ON m.id = l.move_id
         WHERE m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
           AND (m.state = 'posted' OR m.payment_state = 'invoicing_legacy')
      GROUP BY q.order_id
    )
    SELECT w.id AS order_id, w.company_id, p.commercial_partner_id AS customer_id,
           w.currency_id, x.confirmed AS amount_currency,
           ROUND(x.confirmed / w.currency_rate, %(digits)s) AS amount,
           ROUND(LEAST(x.confirmed, GREATEST(c.undelivered, 0)) / w.currency_rate,
                 %(digits)s) AS undelivered
      FROM wanted w
      JOIN res_partner p ON p.id = w.partner_invoice_id
 LEFT JOIN claim c ON c.order_id = w.id
 LEFT JOIN billed b ON b.order_id = w.id
 LEFT JOIN drafted d ON d.order_id = w.id
CROSS JOIN LATERAL (
           -- A draft is no invoice yet: what it is about is still to be invoiced.
           SELECT CASE WHEN c.settled AND d.order_id IS NULL THEN 0
                       ELSE w.amount_total - COALESCE(c.gone, 0)
                            - COALESCE(b.amount, 0) END AS confirmed) x
     WHERE w.currency_rate > 0
       AND ROUND(x.confirmed / w.currency_rate, %(digits)s) > 0"""
WANTED = SQL(
    """o.id, o.company_id, o.partner_invoice_id, o.currency_id, o.currency_rate,
       o.amount_total, o.delivery_status"""
)

# Both are summed by customer before they meet: that halves the work for everybody.
EXPOSURE_SQL = """
    SELECT customer_id, COALESCE(i.open + i.credits, 0) AS debts,
           COALESCE(i.credits, 0) AS credits, COALESCE(i.open, 0) AS open,
           COALESCE(i.overdue, 0) AS overdue, COALESCE(o.confirmed, 0) AS confirmed,
           COALESCE(o.undelivered, 0) AS undelivered,
           COALESCE(i.open, 0) + COALESCE(o.confirmed, 0) AS total
      FROM (SELECT q.customer_id, SUM(q.amount) AS open,
                   COALESCE(-SUM(q.amount) FILTER (WHERE q.amount < 0), 0) AS credits,
                   %(overdue)s AS overdue
              FROM (%(items)s) q WHERE q.customer_id IS NOT NULL
          GROUP BY q.customer_id) i
 FULL JOIN (SELECT q.customer_id, SUM(q.amount) AS confirmed,
                   SUM(q.undelivered) AS undelivered
              FROM (%(orders)s) q GROUP BY q.customer_id) o
     USING (customer_id)"""

# Sales go by whom their journal items name: the firm at posting, and the customer that
# belongs to today. A contact who changes firms takes neither debts nor sales along.
# not_due is of debts alone: credits, whatever their own date, pay the oldest ones first
# (core/position.py: current_part).
POSITION_SQL = """
    WITH items AS MATERIALIZED (
        SELECT s.customer_id, SUM(l.amount_residual) AS owed,
               SUM(l.amount_residual) FILTER (WHERE l.amount_residual > 0
                                                AND d.due >= %(today)s) AS not_due,
               -SUM(l.amount_residual) FILTER (WHERE l.amount_residual < 0) AS credits,
               MIN(d.due) FILTER (WHERE l.amount_residual > 0) AS oldest,
               MIN(d.due + 1) FILTER (WHERE l.amount_residual > 0
                                        AND d.due >= %(today)s) AS next_expiry_date
          FROM account_move_line l
    CROSS JOIN LATERAL (SELECT COALESCE(l.date_maturity, l.date) AS due) d
          JOIN %(partners)s s ON s.partner_id = l.partner_id
         WHERE l.account_id IN (SELECT a.id FROM account_account a
                                 WHERE a.account_type = 'asset_receivable')
           AND l.reconciled IS NOT TRUE AND l.parent_state = 'posted'
           AND l.amount_residual != 0 AND l.company_id = ANY(%(companies)s)
      GROUP BY s.customer_id
    ), orders AS MATERIALIZED (
        SELECT q.customer_id, SUM(q.amount) AS confirmed,
               SUM(q.undelivered) AS undelivered
          FROM (%(orders)s) q
      GROUP BY q.customer_id
    ), sales AS MATERIALIZED (
        SELECT s.customer_id,
               SUM(m.amount_total_signed) FILTER (WHERE m.day <= %(today)s) AS amount,
               LEAST(MIN(m.day) FILTER (WHERE m.day <= %(today)s) + %(window)s,
                     MIN(m.day) FILTER (WHERE m.day > %(today)s)) AS next_expiry_date
          FROM (SELECT commercial_partner_id, amount_total_signed,
                       COALESCE(invoice_date, date) AS day
                  FROM account_move
                 WHERE state = 'posted' AND company_id = ANY(%(companies)s)
                   AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')) m
          JOIN %(partners)s s ON s.partner_id = m.commercial_partner_id
         WHERE m.day >= %(start)s
      GROUP BY s.customer_id
    )
    SELECT k.customer_id, i.credits AS receivable_credit,
           i.oldest AS receivable_oldest_due,
           o.confirmed AS exposure_order, o.undelivered AS exposure_undelivered,
           COALESCE(i.owed, 0) + COALESCE(o.confirmed, 0) AS exposure_total,
           a.amount AS invoiced_12m,
           ROUND(x.owed / x.sales * %(window)s, 1) AS dso,
           ROUND(x.not_due / x.sales * %(window)s, 1) AS dso_best,
           ROUND(x.owed / x.sales * %(window)s, 1)
               - ROUND(x.not_due / x.sales * %(window)s, 1) AS days_delinquent,
           LEAST(i.next_expiry_date, a.next_expiry_date) AS next_expiry_date
      FROM (SELECT customer_id FROM items UNION SELECT customer_id FROM orders
             UNION SELECT customer_id FROM sales) k
 LEFT JOIN items i ON i.customer_id = k.customer_id
 LEFT JOIN orders o ON o.customer_id = k.customer_id
 LEFT JOIN sales a ON a.customer_id = k.customer_id
CROSS JOIN LATERAL (SELECT CASE WHEN a.amount > 0 THEN a.amount END AS sales,
                           GREATEST(0, i.owed) AS owed,
                           GREATEST(0, LEAST(i.owed, COALESCE(i.not_due, 0)))
                               AS not_due) x
     WHERE k.customer_id IS NOT NULL"""

# Money that came in on invoices: by how many days after their due date, weighted.
PAYMENTS_SQL = """
    SELECT q.customer_id,
           ROUND(SUM(q.amount * q.days) FILTER (WHERE q.day <= %(today)s)
                 / NULLIF(SUM(q.amount) FILTER (WHERE q.day <= %(today)s), 0), 1)
               AS payment_days_late,
           COUNT(*) FILTER (WHERE q.day <= %(today)s) AS payment_count_12m,
           LEAST(MIN(q.day) FILTER (WHERE q.day <= %(today)s) + %(window)s,
                 MIN(q.day) FILTER (WHERE q.day > %(today)s)) AS next_expiry_date
      FROM (SELECT s.customer_id, r.amount, r.max_date AS day,
                   r.max_date - COALESCE(d.date_maturity, d.date) AS days
              FROM account_move_line d
              JOIN %(partners)s s ON s.partner_id = d.partner_id
              JOIN account_partial_reconcile r ON r.debit_move_id = d.id
              JOIN account_move m ON m.id = d.move_id
              JOIN account_move_line c ON c.id = r.credit_move_id
              JOIN account_journal j ON j.id = c.journal_id
             WHERE d.account_id IN (SELECT a.id FROM account_account a
                                     WHERE a.account_type = 'asset_receivable')
               AND d.company_id = ANY(%(companies)s)
               AND d.parent_state = 'posted' AND c.parent_state = 'posted'
               AND r.amount > 0
               AND m.move_type IN ('out_invoice', 'out_receipt')
               AND j.type IN ('bank', 'cash', 'credit')
               AND r.max_date >= %(start)s) q
  GROUP BY q.customer_id"""

ORDER_COLUMNS = ("state", "invoice_status", "amount_total", "currency_rate")
ORDER_COLUMNS += ("partner_invoice_id", "company_id", "currency_id")
ORDER_COLUMNS += ("delivery_status",)


class CrmReceivableExposure(models.AbstractModel):
    """What could be lost if a customer stopped paying, and how it pays."""

    _name = "crm.receivable.exposure"
    _description = "Exposure of Customers"

    # ---- orders -------------------------------------------------------------------

    @api.model
    def _orders_of(self, company, company_ids, whose: SQL) -> SQL:
        """Return what is confirmed and not invoiced, by order.

        :param company: whose currency amounts are in, at the rate of the order
        :param whose: condition on ``o.partner_invoice_id``: who is to pay
        :return: SQL of rows with ``order_id``, ``company_id``, ``customer_id``,
            ``currency_id``, ``amount_currency``, ``amount`` (company currency, with
            taxes), ``undelivered`` (of it)
        """
        return SQL(
            ORDERS_SQL,
            columns=WANTED,
            companies=list(company_ids),
            whose=whose,
            digits=company.currency_id.decimal_places,
            undelivered=UNDELIVERED,
            settled=SETTLED,
            gone=GONE,
            to_order_currency=TO_ORDER_CURRENCY,
        )

    @api.model
    def _orders_sql(self, company, books, customers=None) -> SQL:
        """Return what is confirmed and not invoiced (:meth:`_orders_of`) in the books
        of a root company; for some customers or everybody."""
        self.env["sale.order"].flush_model(ORDER_COLUMNS)
        self.env["sale.order.line"].flush_model(ORDER_LINE_COLUMNS)
        self.env["stock.move"].flush_model(["state", "sale_line_id"])
        self.env["account.move"].flush_model(["state", "invoice_currency_rate"])
        self.env["account.move.line"].flush_model(["price_total", "currency_id"])
        whose = SQL("TRUE")
        if customers is not None:
            whose = SQL(
                """o.partner_invoice_id IN (SELECT k.id FROM res_partner k
                    WHERE k.commercial_partner_id = ANY(%s))""",
                list(customers),
            )
        return self._orders_of(company, [row[0] for row in books], whose)

    @api.model
    def _exposure(self, company, customers=None) -> dict[int, dict[str, float]]:
        """Return the parts of what each customer could cost, in company currency.

        :param company: root company, with its branches
        :return: ``{customer id: {"debts", "credits" (as positive), "open" (net),
            "overdue" (less all open credits), "confirmed" (not invoiced),
            "undelivered" (of it), "total"}}``
        """
        position, company = self.env["crm.receivable.position"], company.root_id
        books = position._books(company)
        position._flush_ledger()
        position._without_jit()
        rows = self.env.execute_query_dict(
            SQL(
                EXPOSURE_SQL,
                overdue=position._overdue_sql(SQL("q.amount"), SQL("q.days_late")),
                items=position._items_of(books, customers=customers),
                orders=self._orders_sql(company, books, customers),
            )
        )
        return {row.pop("customer_id"): row for row in rows}

    @api.model
    def _order_ids(self, company, customers) -> list[int]:
        """Return the ids of the orders behind "confirmed, not invoiced"."""
        company = company.root_id
        books = self.env["crm.receivable.position"]._books(company)
        rows = self.env.execute_query(
            SQL(
                "SELECT q.order_id FROM (%s) q ORDER BY q.order_id",
                self._orders_sql(company, books, customers),
            )
        )
        return [order_id for (order_id,) in rows]

    # ---- columns of the profile -----------------------------------------------------

    @api.model
    def _position_metrics(self, scope) -> SQL:
        """Exposure by part and days sales outstanding; by who owes or is to pay."""
        payers = SQL("TRUE")
        if not scope.everybody:
            payers = SQL(
                "o.partner_invoice_id IN (SELECT partner_id FROM %s s)", scope.partners
            )
        return SQL(
            POSITION_SQL,
            today=scope.today,
            start=scope.window_start,
            window=WINDOW_DAYS,
            partners=scope.partners,
            companies=list(scope.company_ids),
            orders=self._orders_of(scope.company, scope.company_ids, payers),
        )

    @api.model
    def _payment_metrics(self, scope) -> SQL:
        """How late invoices were paid in 12 months: by money that came in, not by
        credit notes or entries that write something off."""
        return SQL(
            PAYMENTS_SQL,
            today=scope.today,
            start=scope.window_start,
            window=WINDOW_DAYS,
            partners=scope.partners,
            companies=list(scope.company_ids),
        )
