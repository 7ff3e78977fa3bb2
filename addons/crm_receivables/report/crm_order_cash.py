from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one

from ..order_sql import TO_ORDER_CURRENCY, advances

# All three for an order ``o``, and each one look for all orders at once.
WITH_INVOICES = """
    o.id IN (SELECT s.order_id
               FROM account_move m
               JOIN account_move_line l ON l.move_id = m.id
               JOIN sale_order_line_invoice_rel x ON x.invoice_line_id = l.id
               JOIN sale_order_line s ON s.id = x.order_line_id
              WHERE %s)"""
TO_BILL = SQL(
    "(o.invoice_status IS DISTINCT FROM 'invoiced' OR %s)",
    SQL(WITH_INVOICES, SQL("m.state = 'draft'")),
)
TO_PAY = SQL(WITH_INVOICES, SQL("m.state = 'posted' AND m.amount_residual <> 0"))
TO_DELIVER = SQL(
    """EXISTS (SELECT FROM sale_order_line s
                WHERE s.order_id = o.id AND s.display_type IS NULL
                  AND s.product_id IS NOT NULL AND s.is_downpayment IS NOT TRUE
                  AND s.qty_delivered IS DISTINCT FROM s.product_uom_qty)"""
)


class CrmOrderCash(models.Model):
    """A confirmed order: ordered, delivered, billed and paid beside each other.

    The id is that of the order. Amounts are with taxes, in company currency at the
    rate of the order, so that a rate that moved meanwhile does not look like a
    difference. Services nobody records the delivery of count as delivered when they
    are billed; lines that lower the price, as discounts, lower all others alike.
    """

    _name = "crm.order.cash"
    _inherit = "crm.receivable.report.mixin"
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
            "invoice_status",
        ],
        "sale.order.line": [
            "qty_delivered",
            "product_uom_qty",
            "price_total",
            "price_reduce_taxinc",
            "invoice_lines",
        ],
        "account.move": ["state", "amount_total", "amount_residual", "currency_id"]
        + ["invoice_currency_rate"],
        "account.move.line": ["price_total", "amount_residual_currency"],
        "payment.transaction": [
            "payment_id",
            "sale_order_ids",
            "source_transaction_id",
        ],
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
    # What the filters ask first, so that years of finished orders are not summed up.
    # Not read along with the amounts of one order: they look at all.
    is_to_bill = fields.Boolean(
        string="To bill",
        readonly=True,
        prefetch=False,
        help="Odoo does not count the order as invoiced, or an invoice is a draft.",
    )
    is_to_deliver = fields.Boolean(
        string="To deliver",
        readonly=True,
        prefetch=False,
        help="Of some line another quantity was delivered than ordered.",
    )
    is_to_pay = fields.Boolean(
        string="To pay",
        readonly=True,
        prefetch=False,
        help="Of some posted invoice something is open.",
    )
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
                          AS received_percent,
                      %(to_bill)s AS is_to_bill, %(to_pay)s AS is_to_pay,
                      %(to_deliver)s AS is_to_deliver
                 FROM sale_order o
                 JOIN res_currency c ON c.id = o.currency_id
           CROSS JOIN LATERAL (SELECT COALESCE(NULLIF(o.currency_rate, 0), 1)::numeric
                                      AS rate) r
           CROSS JOIN LATERAL (%(lines)s) q
           CROSS JOIN LATERAL (%(invoices)s) i
           CROSS JOIN LATERAL (%(advances)s) a
                WHERE o.state IN ('sale', 'cancel')
                  AND (o.state = 'sale' OR i.billed <> 0 OR i.received <> 0)""",
            to_bill=TO_BILL,
            to_pay=TO_PAY,
            to_deliver=TO_DELIVER,
            lines=self._lines(),
            invoices=self._invoices(),
            advances=self._advances(),
        )

    def _goods(self) -> SQL:
        """Return the condition of lines somebody records the delivery of; ``t`` is the
        template of their product."""
        return SQL(
            """(NOT COALESCE(s.is_downpayment, FALSE)
                AND (t.type = 'service'
                     AND COALESCE(t.invoice_policy, 'order') = 'order') IS NOT TRUE)"""
        )

    def _lines(self) -> SQL:
        """Return what is to be delivered of order ``o``, what was, and what discounts
        leave of each amount (``part``, 0 to 1)."""
        return SQL(
            """SELECT COALESCE(n.goods, 0) * n.part AS goods,
                      COALESCE(n.delivered, 0) * n.part AS delivered, n.part
                 FROM (
                      SELECT SUM(k.price_total) FILTER (WHERE k.goods) AS goods,
                             SUM(k.delivered) FILTER (WHERE k.goods) AS delivered,
                             GREATEST(0, 1 + COALESCE(
                                 SUM(k.price_total) FILTER (WHERE k.discount)
                                 / NULLIF(SUM(k.price_total)
                                          FILTER (WHERE NOT k.discount), 0), 0))
                                 AS part
                        FROM (
                             SELECT s.price_total,
                                    s.product_id IS NOT NULL AND %(goods)s AS goods,
                                    s.price_total < 0 AND NOT %(goods)s AS discount,
                                    CASE WHEN s.product_uom_qty <> 0
                                         THEN s.price_total * s.qty_delivered
                                              / s.product_uom_qty
                                         ELSE s.price_reduce_taxinc * s.qty_delivered
                                    END AS delivered
                               FROM sale_order_line s
                          LEFT JOIN product_product v ON v.id = s.product_id
                          LEFT JOIN product_template t ON t.id = v.product_tmpl_id
                              WHERE s.order_id = o.id
                                AND s.display_type IS NULL) k) n""",
            goods=self._goods(),
        )

    def _invoices(self) -> SQL:
        """Return what posted invoices of order ``o`` come to, in its currency, and
        what is settled of them."""
        return SQL(
            """SELECT COALESCE(SUM(b.amount), 0) AS billed,
                      COALESCE(SUM(b.amount * b.settled), 0) AS received,
                      COALESCE(SUM(b.amount) FILTER (WHERE b.deposit), 0)
                          + COALESCE(SUM(b.amount) FILTER (WHERE b.goods), 0) * q.part
                          AS billed_goods,
                      GREATEST(0, SUM(b.amount) FILTER (WHERE b.service)) * q.part
                          AS billed_service
                 FROM (
                      SELECT CASE m.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
                             * l.price_total
                             * %(to_order_currency)s AS amount,
                             COALESCE(1 - m.amount_residual
                                          / NULLIF(m.amount_total, 0), 1) AS settled,
                             COALESCE(s.is_downpayment, FALSE) AS deposit,
                             %(goods)s AS goods,
                             NOT COALESCE(s.is_downpayment, FALSE)
                                 AND NOT %(goods)s AND s.price_total >= 0 AS service
                        FROM sale_order_line s
                   LEFT JOIN product_product v ON v.id = s.product_id
                   LEFT JOIN product_template t ON t.id = v.product_tmpl_id
                        JOIN sale_order_line_invoice_rel x ON x.order_line_id = s.id
                        JOIN account_move_line l ON l.id = x.invoice_line_id
                        JOIN account_move m ON m.id = l.move_id
                       WHERE s.order_id = o.id AND m.state = 'posted'
                         AND m.move_type IN ('out_invoice', 'out_refund',
                                             'out_receipt')) b""",
            to_order_currency=TO_ORDER_CURRENCY,
            goods=self._goods(),
        )

    def _advances(self) -> SQL:
        """Return what was paid for order ``o`` alone and matches no invoice yet."""
        # Most orders have none: they are told by one look. Kept apart by OFFSET, or it
        # would be summed up again wherever it is used.
        return SQL(
            """SELECT CASE WHEN EXISTS (SELECT FROM sale_order_transaction_rel x
                                         WHERE x.sale_order_id = o.id)
                           THEN (SELECT COALESCE(SUM(v.amount), 0) FROM (%s) v)
                           ELSE 0 END AS advance
               OFFSET 0""",
            advances(SQL("r.sale_order_id = o.id")),
        )

    def action_open_order(self):
        """Show the order."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": one(self).order_id.id,
            "views": [(False, "form")],
        }
