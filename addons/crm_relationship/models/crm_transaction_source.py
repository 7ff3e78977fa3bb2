from odoo import api, models
from odoo.tools import SQL

from ..core.metrics import MetricScope, TransactionSource

SALE_MOVES = ("out_invoice", "out_refund", "out_receipt")

# Invoices whose lines come from orders of one buyer or of several.
LINKED_SQL = SQL(
    """SELECT k.move_id, MIN(k.partner_id) AS partner_id,
              MIN(k.partner_id) < MAX(k.partner_id) AS is_shared
         FROM pairs k
     GROUP BY k.move_id"""
)
# What orders account for in shared invoices, by (invoice, buyer); with the sum over
# the invoice, and a mark at the buyer of its first order.
PARTS_SQL = SQL(
    """SELECT k.move_id, k.partner_id, SUM(k.amount) AS amount,
              SUM(SUM(k.amount)) OVER (PARTITION BY k.move_id) AS accounted,
              ROW_NUMBER() OVER (PARTITION BY k.move_id ORDER BY MIN(k.order_id)) = 1
                  AS is_first
         FROM pairs k
        WHERE k.move_id IN (SELECT move_id FROM linked WHERE is_shared)
     GROUP BY k.move_id, k.partner_id"""
)


class CrmTransactionSource(models.AbstractModel):
    """Where a company's purchases are found, as SQL.

    The transaction views and the purchase metrics both read these sources, so a number
    on a profile and the records behind it cannot disagree.
    """

    _name = "crm.transaction.source"
    _description = "Transaction Source"

    @api.model
    def _transaction_sources(self, scope: MetricScope) -> list[TransactionSource]:
        """Return what counts as a purchase in the scope's company.

        Imported history always counts (up to each source's last day); of the ERP's own
        documents either the posted invoices or the confirmed orders, never both.
        To be extended by modules that know other places where customers buy.
        """
        history = TransactionSource(
            "history", self._history_documents, self._history_lines
        )
        if scope.company._get_crm_revenue_source() == "ordered":
            return [
                history,
                TransactionSource("order", self._order_documents, self._order_lines),
            ]
        return [
            history,
            TransactionSource("invoice", self._invoice_documents, self._invoice_lines),
        ]

    # ---- imported history -----------------------------------------------------------

    @api.model
    def _history_documents(self, scope: MetricScope) -> SQL:
        return SQL(
            """SELECT 'crm.purchase.history' AS model, h.id AS res_id, h.company_id,
                      h.partner_id, h.date, h.amount_company AS amount,
                      h.amount_company >= 0 AS is_purchase
                 FROM crm_purchase_history h
                WHERE %s""",
            self._history_counts(scope),
        )

    @api.model
    def _history_lines(self, scope: MetricScope) -> SQL:
        rate = SQL("COALESCE(NULLIF(h.currency_rate, 0), 1)")
        return SQL(
            """SELECT 'crm.purchase.history' AS model, h.id AS res_id, l.id AS line_id,
                      h.company_id, h.partner_id, h.date, l.product_id,
                      l.category_id, l.quantity::numeric AS quantity,
                      l.list_amount * %(rate)s AS list_amount,
                      l.discount_amount * %(rate)s AS discount_amount,
                      COALESCE(l.amount_untaxed * %(rate)s, 0) AS amount,
                      CASE WHEN l.has_cost THEN l.cost * %(rate)s END AS cost,
                      h.channel_id, NULL::int AS user_id
                 FROM crm_purchase_history h
                 JOIN crm_purchase_history_line l ON l.history_id = h.id
                WHERE l.state = 'done' AND %(counts)s""",
            rate=rate,
            counts=self._history_counts(scope),
        )

    @api.model
    def _history_counts(self, scope: MetricScope) -> SQL:
        """Condition on ``h``: this purchase counts."""
        limited = self.env["crm.purchase.source"].sudo()
        limited = limited.with_context(active_test=False).search(
            [
                ("company_id", "in", scope.company_ids),
                ("counts_until", "!=", False),
            ]
        )
        condition = SQL(
            "h.state = 'done' AND h.company_id = ANY(%s)", list(scope.company_ids)
        )
        for source in limited:
            condition = SQL(
                "%s AND (h.source_id != %s OR h.date <= %s)",
                condition,
                source.id,
                source.counts_until,
            )
        return condition

    # ---- confirmed orders -----------------------------------------------------------

    @api.model
    def _order_day(self, scope: MetricScope) -> SQL:
        """Day of ``o.date_order`` in the company's time zone."""
        return SQL("(o.date_order AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", scope.tz)

    @api.model
    def _order_documents(self, scope: MetricScope) -> SQL:
        return SQL(
            """SELECT 'sale.order' AS model, o.id AS res_id, o.company_id, o.partner_id,
                      %(day)s AS date, o.amount_untaxed
                        / NULLIF(o.currency_rate, 0) AS amount,
                      o.amount_untaxed >= 0 AS is_purchase
                 FROM sale_order o
                WHERE o.state = 'sale' AND o.company_id = ANY(%(companies)s)""",
            day=self._order_day(scope),
            companies=list(scope.company_ids),
        )

    @api.model
    def _order_lines(self, scope: MetricScope) -> SQL:
        return SQL(
            """SELECT 'sale.order' AS model, o.id AS res_id, l.id AS line_id,
                      o.company_id, o.partner_id, %(day)s AS date, l.product_id,
                      NULL::int AS category_id,
                      l.product_uom_qty AS quantity,
                      l.price_subtotal / NULLIF(o.currency_rate, 0)
                        / NULLIF(1 - COALESCE(l.discount, 0)::numeric / 100, 0)
                          AS list_amount,
                      l.price_subtotal / NULLIF(o.currency_rate, 0)
                        * (COALESCE(l.discount, 0)::numeric / 100)
                        / NULLIF(1 - COALESCE(l.discount, 0)::numeric / 100, 0)
                          AS discount_amount,
                      l.price_subtotal / NULLIF(o.currency_rate, 0) AS amount,
                      %(cost)s AS cost, o.crm_channel_id AS channel_id, o.user_id
                 FROM sale_order o
                 JOIN sale_order_line l ON l.order_id = o.id
                WHERE o.state = 'sale' AND o.company_id = ANY(%(companies)s)
                  AND l.display_type IS NULL""",
            day=self._order_day(scope),
            cost=self._order_line_cost(),
            companies=list(scope.company_ids),
        )

    @api.model
    def _order_line_cost(self) -> SQL:
        """Cost of order line ``l`` of order ``o`` in company currency; NULL = unknown.

        To be overridden where a module keeps a cost on order lines.
        """
        return SQL("NULL::numeric")

    # ---- posted invoices ------------------------------------------------------------

    @api.model
    def _invoice_documents(self, scope: MetricScope) -> SQL:
        """Invoices by buyer.

        What was invoiced from an order belongs to the order's customer, whoever pays;
        the rest of such an invoice goes to the buyer of its first order, so the parts
        of an invoice always add up to it.
        """
        return SQL(
            """WITH moves AS %(kept)s (%(moves)s), pairs AS MATERIALIZED (%(pairs)s),
                    linked AS MATERIALIZED (%(linked)s)
               SELECT 'account.move' AS model, m.id AS res_id, m.company_id,
                      COALESCE(k.partner_id, m.partner_id) AS partner_id, m.date,
                      m.amount, m.is_purchase
                 FROM moves m
            LEFT JOIN linked k ON k.move_id = m.id
                WHERE k.is_shared IS NOT TRUE
            UNION ALL
               SELECT 'account.move', m.id, m.company_id, k.partner_id, m.date,
                      CASE WHEN k.is_first THEN k.amount + m.amount - k.accounted
                           ELSE k.amount END,
                      m.is_purchase
                 FROM (%(parts)s) k
                 JOIN moves m ON m.id = k.move_id""",
            kept=SQL("NOT MATERIALIZED") if scope.everybody else SQL("MATERIALIZED"),
            moves=self._moves_sql(scope),
            pairs=self._line_buyers_sql(scope),
            linked=LINKED_SQL,
            parts=PARTS_SQL,
        )

    @api.model
    def _moves_sql(self, scope: MetricScope) -> SQL:
        """Posted invoices of the scope's payers and of the buyers of their orders."""
        posted = SQL(
            """SELECT m.id, m.company_id, m.partner_id,
                      COALESCE(m.invoice_date, m.date) AS date,
                      m.amount_untaxed_signed AS amount,
                      m.move_type != 'out_refund' AS is_purchase
                 FROM account_move m
                WHERE m.state = 'posted' AND m.move_type IN %s
                  AND m.company_id = ANY(%s)""",
            SALE_MOVES,
            list(scope.company_ids),
        )
        if scope.everybody:
            return posted
        # A union, not an OR of conditions, which no index could serve. The fence
        # (OFFSET 0) keeps PostgreSQL from testing the payer of everybody's invoices.
        return SQL(
            """%(posted)s AND m.partner_id IN (SELECT partner_id FROM %(partners)s s)
            UNION ALL
               SELECT m.*
                 FROM (%(posted)s AND m.id IN (
                           SELECT bl.move_id
                             FROM sale_order bo
                             JOIN %(partners)s s ON s.partner_id = bo.partner_id
                             JOIN sale_order_line bol ON bol.order_id = bo.id
                             JOIN sale_order_line_invoice_rel br
                               ON br.order_line_id = bol.id
                             JOIN account_move_line bl ON bl.id = br.invoice_line_id)
                       OFFSET 0) m
                WHERE NOT EXISTS (SELECT FROM %(partners)s s
                                   WHERE s.partner_id = m.partner_id)""",
            posted=posted,
            partners=scope.partners,
        )

    @api.model
    def _line_buyers_sql(self, scope: MetricScope) -> SQL:
        """Lines of ``moves`` that come from an order, once each, with its buyer."""
        lines = SQL("account_move_line l")
        if not scope.everybody:
            lines = SQL("moves m JOIN account_move_line l ON l.move_id = m.id")
        return SQL(
            """SELECT DISTINCT ON (l.move_id, l.id)
                      l.id AS line_id, l.move_id, -l.balance AS amount,
                      o.id AS order_id, o.partner_id, s.id AS order_line_id,
                      o.crm_channel_id AS channel_id
                 FROM %s
                 JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
                 JOIN sale_order_line s ON s.id = r.order_line_id
                 JOIN sale_order o ON o.id = s.order_id
             ORDER BY l.move_id, l.id, o.id""",
            lines,
        )

    @api.model
    def _invoice_lines(self, scope: MetricScope) -> SQL:
        """Lines of posted invoices; the sum over an invoice is its untaxed amount."""
        share = SQL("COALESCE(l.discount, 0)::numeric / 100")
        return SQL(
            """WITH moves AS MATERIALIZED (%(moves)s),
                    pairs AS MATERIALIZED (%(pairs)s)
               SELECT 'account.move' AS model, m.id AS res_id, l.id AS line_id,
                      m.company_id,
                      COALESCE(k.partner_id, f.partner_id, m.partner_id) AS partner_id,
                      m.date, l.product_id,
                      NULL::int AS category_id,
                      CASE WHEN m.is_purchase THEN l.quantity ELSE -l.quantity END
                          AS quantity,
                      -l.balance / NULLIF(1 - %(share)s, 0) AS list_amount,
                      -l.balance * %(share)s / NULLIF(1 - %(share)s, 0)
                          AS discount_amount,
                      -l.balance AS amount, %(cost)s AS cost, k.channel_id,
                      am.invoice_user_id AS user_id
                 FROM moves m
                 JOIN account_move am ON am.id = m.id
                 JOIN account_move_line l ON l.move_id = m.id
            LEFT JOIN pairs k ON k.line_id = l.id
            LEFT JOIN (SELECT DISTINCT ON (move_id) move_id, partner_id FROM pairs
                        ORDER BY move_id, order_id) f ON f.move_id = m.id
                WHERE l.display_type IN ('product', 'rounding')""",
            moves=self._moves_sql(scope),
            pairs=self._line_buyers_sql(scope),
            share=share,
            cost=self._invoice_line_cost(),
        )

    @api.model
    def _invoice_line_cost(self) -> SQL:
        """Cost of invoice line ``l`` with its order line ``k.order_line_id``; NULL =
        unknown. To be overridden where a module keeps a cost on order lines."""
        return SQL("NULL::numeric")
