from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one


class CrmOrderCash(models.Model):
    """A confirmed order: ordered, delivered, billed and paid beside each other.

    The id is that of the order. Amounts are with taxes, in company currency at the
    rate of the order, so that a rate that moved meanwhile does not look like a
    difference. Services nobody records the delivery of count as delivered when they
    are billed.
    """

    _name = "crm.order.cash"
    _description = "Order to Cash"
    _auto = False
    _order = "date_order desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "sale.order": [
            "state",
            "partner_id",
            "user_id",
            "team_id",
            "company_id",
            "currency_id",
            "currency_rate",
            "amount_total",
            "date_order",
        ],
        "sale.order.line": [
            "qty_delivered",
            "product_uom_qty",
            "price_total",
            "price_reduce_taxinc",
            "invoice_lines",
        ],
        "account.move": ["state", "amount_total", "amount_residual", "currency_id"],
        "account.move.line": ["price_total", "amount_residual_currency"],
        "payment.transaction": ["payment_id", "sale_order_ids"],
    }

    order_id = fields.Many2one(comodel_name="sale.order", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    team_id = fields.Many2one(
        comodel_name="crm.team", string="Sales team", readonly=True
    )
    date_order = fields.Datetime(string="Ordered on", readonly=True)
    state = fields.Selection(
        selection=[("sale", "Confirmed"), ("cancel", "Cancelled")], readonly=True
    )
    ordered = fields.Monetary(readonly=True)
    delivered = fields.Monetary(readonly=True)
    billed = fields.Monetary(
        readonly=True, help="Posted invoices less credit notes, down payments too."
    )
    received = fields.Monetary(
        string="Paid",
        readonly=True,
        help="What is settled of the invoices, and paid in advance for the order.",
    )
    delivered_not_billed = fields.Monetary(
        string="Delivered, not billed", readonly=True
    )
    paid_not_delivered = fields.Monetary(string="Paid, not delivered", readonly=True)
    billed_not_paid = fields.Monetary(string="Billed, not paid", readonly=True)
    delivered_percent = fields.Float(
        string="Delivered, %", digits=(16, 1), readonly=True, aggregator="avg"
    )
    billed_percent = fields.Float(
        string="Billed, %", digits=(16, 1), readonly=True, aggregator="avg"
    )
    received_percent = fields.Float(
        string="Paid, %", digits=(16, 1), readonly=True, aggregator="avg"
    )

    @property
    def _table_query(self) -> SQL:
        # Nothing is stored on orders: each row is summed up when somebody looks, and
        # a search by date or customer sums up only what it finds.
        return SQL(
            """SELECT o.id, o.id AS order_id, o.company_id, o.partner_id, o.user_id,
                      o.team_id, o.date_order, o.state,
                      o.amount_total / r.rate AS ordered,
                      q.delivered / r.rate AS delivered,
                      i.billed / r.rate AS billed,
                      (i.received + a.advance) / r.rate AS received,
                      GREATEST(q.delivered - i.billed_goods, 0) / r.rate
                          AS delivered_not_billed,
                      GREATEST(LEAST(i.received + a.advance - i.billed_service
                                     - q.delivered, q.goods - q.delivered), 0) / r.rate
                          AS paid_not_delivered,
                      GREATEST(i.billed - i.received, 0) / r.rate AS billed_not_paid,
                      100 * q.delivered / NULLIF(q.goods, 0) AS delivered_percent,
                      100 * i.billed / NULLIF(o.amount_total, 0) AS billed_percent,
                      100 * (i.received + a.advance) / NULLIF(o.amount_total, 0)
                          AS received_percent
                 FROM sale_order o
                 JOIN res_currency c ON c.id = o.currency_id
           CROSS JOIN LATERAL (SELECT COALESCE(NULLIF(o.currency_rate, 0), 1)::numeric
                                      AS rate) r
           CROSS JOIN LATERAL (%(lines)s) q
           CROSS JOIN LATERAL (%(invoices)s) i
           CROSS JOIN LATERAL (%(advances)s) a
                WHERE o.state IN ('sale', 'cancel')
                  AND (o.state = 'sale' OR i.billed <> 0 OR i.received <> 0)""",
            lines=self._lines(),
            invoices=self._invoices(),
            advances=self._advances(),
        )

    def _goods(self) -> SQL:
        """Return the condition of lines somebody records the delivery of."""
        return SQL(
            """NOT COALESCE(s.is_downpayment, FALSE) AND NOT EXISTS (
                   SELECT FROM product_product v
                     JOIN product_template t ON t.id = v.product_tmpl_id
                    WHERE v.id = s.product_id AND t.type = 'service'
                      AND COALESCE(t.invoice_policy, 'order') = 'order')"""
        )

    def _lines(self) -> SQL:
        """Return what is to be delivered of order ``o``, and what was."""
        return SQL(
            """SELECT COALESCE(SUM(s.price_total), 0) AS goods,
                      COALESCE(SUM(CASE WHEN s.product_uom_qty <> 0
                          THEN s.price_total * s.qty_delivered / s.product_uom_qty
                          ELSE s.price_reduce_taxinc * s.qty_delivered END), 0)
                          AS delivered
                 FROM sale_order_line s
                WHERE s.order_id = o.id AND s.display_type IS NULL
                  AND s.product_id IS NOT NULL AND %s""",
            self._goods(),
        )

    def _invoices(self) -> SQL:
        """Return what posted invoices of order ``o`` come to, in its currency, and
        what is settled of them."""
        return SQL(
            """SELECT COALESCE(SUM(b.amount), 0) AS billed,
                      COALESCE(SUM(b.amount * b.settled), 0) AS received,
                      COALESCE(SUM(b.amount) FILTER (WHERE b.goods), 0)
                          AS billed_goods,
                      COALESCE(SUM(b.amount) FILTER (WHERE NOT b.goods), 0)
                          AS billed_service
                 FROM (
                      SELECT CASE m.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
                             * l.price_total
                             * CASE WHEN m.currency_id = o.currency_id THEN 1
                                    ELSE ABS(m.amount_total_signed)
                                         / NULLIF(m.amount_total, 0)
                                         * COALESCE(NULLIF(o.currency_rate, 0), 1)
                                              ::numeric
                               END AS amount,
                             COALESCE(1 - m.amount_residual
                                          / NULLIF(m.amount_total, 0), 1) AS settled,
                             s.is_downpayment OR (%s) AS goods
                        FROM sale_order_line s
                        JOIN sale_order_line_invoice_rel x ON x.order_line_id = s.id
                        JOIN account_move_line l ON l.id = x.invoice_line_id
                        JOIN account_move m ON m.id = l.move_id
                       WHERE s.order_id = o.id AND m.state = 'posted'
                         AND m.move_type IN ('out_invoice', 'out_refund',
                                             'out_receipt')) b""",
            self._goods(),
        )

    def _advances(self) -> SQL:
        """Return what was paid for order ``o`` alone and matches no invoice yet."""
        return SQL(
            """SELECT COALESCE(SUM(CASE WHEN l.currency_id = o.currency_id
                          THEN -l.amount_residual_currency
                          ELSE -l.amount_residual
                               * COALESCE(NULLIF(o.currency_rate, 0), 1)::numeric
                          END), 0) AS advance
                 FROM sale_order_transaction_rel x
                 JOIN payment_transaction t ON t.id = x.transaction_id
                 JOIN account_payment y ON y.id = t.payment_id
                 JOIN account_move_line l ON l.move_id = y.move_id
                 JOIN account_account g ON g.id = l.account_id
                WHERE x.sale_order_id = o.id AND l.parent_state = 'posted'
                  AND g.account_type = 'asset_receivable'
                  AND l.amount_residual_currency < 0
                  AND NOT EXISTS (SELECT FROM sale_order_transaction_rel z
                                   WHERE z.transaction_id = x.transaction_id
                                     AND z.sale_order_id <> o.id)"""
        )

    def action_open_order(self):
        """Show the order."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": one(self).order_id.id,
            "views": [(False, "form")],
        }
