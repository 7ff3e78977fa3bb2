"""Pieces of statements about orders, each written once: what a plan, the exposure and
the order-to-cash list say of one order must be the same figure.

In all of them ``o`` is the ``sale_order``, or rows with its columns.
"""

from odoo.tools import SQL

# From an invoice ``m`` into the currency of its order: to the company's by the rate the
# invoice was booked at, and on by the rate the order was confirmed at, so that a rate
# that moved meanwhile is no difference between both.
TO_ORDER_CURRENCY = SQL(
    """CASE WHEN m.currency_id = o.currency_id THEN 1
            ELSE COALESCE(NULLIF(o.currency_rate, 0), 1)::numeric
                 / COALESCE(NULLIF(m.invoice_currency_rate, 0), 1)::numeric
       END"""
)

# Whether the rest of an order line ``s`` will not be delivered any more: somebody
# delivered a part of the order, and no transfer of the line is left. Only of products
# invoiced by what was delivered; the others are owed as ordered.
GONE = SQL(
    """(o.delivery_status IN ('started', 'partial', 'full')
        AND s.display_type IS NULL AND s.is_downpayment IS NOT TRUE
        AND s.product_uom_qty > 0 AND s.qty_delivered < s.product_uom_qty
        AND EXISTS (SELECT FROM product_product v
                      JOIN product_template t ON t.id = v.product_tmpl_id
                     WHERE v.id = s.product_id AND t.invoice_policy = 'delivery')
        AND EXISTS (SELECT FROM stock_move k WHERE k.sale_line_id = s.id)
        AND NOT EXISTS (SELECT FROM stock_move k
                         WHERE k.sale_line_id = s.id
                           AND k.state NOT IN ('done', 'cancel'))) IS TRUE"""
)

# What of an order line ``s`` is not delivered, with taxes.
UNDELIVERED = SQL(
    """CASE WHEN s.product_uom_qty > 0 AND s.display_type IS NULL
                 AND s.is_downpayment IS NOT TRUE
            THEN s.price_total
                 * LEAST(1, GREATEST(0, s.product_uom_qty - s.qty_delivered)
                            / s.product_uom_qty)
       END"""
)

# Whether nothing of an order line ``s`` will be invoiced any more; ``gone`` as above.
SETTLED = SQL(
    """(s.display_type IS NOT NULL OR s.is_downpayment IS TRUE OR s.price_total = 0
        OR s.invoice_status = 'invoiced' OR (g.gone AND s.qty_to_invoice = 0))
       IS TRUE"""
)

ORDER_LINE_COLUMNS = (
    "order_id",
    "price_total",
    "product_uom_qty",
    "qty_delivered",
    "qty_to_invoice",
    "invoice_status",
    "display_type",
    "is_downpayment",
    "product_id",
)

ADVANCES_SQL = """
    SELECT p.order_id, l.id AS line_id,
          CASE WHEN l.currency_id = w.currency_id
               THEN -l.amount_residual_currency
               ELSE -l.amount_residual
                    * COALESCE(NULLIF(w.currency_rate, 0), 1)::numeric
          END AS amount
     FROM (SELECT DISTINCT r.sale_order_id AS order_id, f.id
             FROM sale_order_transaction_rel r
       CROSS JOIN LATERAL (
                  SELECT r.transaction_id AS id
                   UNION
                  SELECT c.id FROM payment_transaction c
                   WHERE c.source_transaction_id = r.transaction_id
                   UNION
                  SELECT d.id FROM payment_transaction c
                    JOIN payment_transaction d
                      ON d.source_transaction_id = c.id
                   WHERE c.source_transaction_id = r.transaction_id) f
            WHERE %s AND NOT EXISTS (
                  SELECT FROM sale_order_transaction_rel z
                   WHERE z.transaction_id = r.transaction_id
                     AND z.sale_order_id <> r.sale_order_id)) p
     JOIN sale_order w ON w.id = p.order_id
     JOIN payment_transaction t ON t.id = p.id
     JOIN account_payment y ON y.id = t.payment_id
     JOIN account_move_line l ON l.move_id = y.move_id
     JOIN account_account a ON a.id = l.account_id
    WHERE l.parent_state = 'posted'
      AND (l.amount_residual <> 0 OR l.amount_residual_currency <> 0)
      AND a.account_type = 'asset_receivable'"""


def advances(orders: SQL) -> SQL:
    """Return what was paid on line for orders and matches no invoice yet.

    A capture or a refund is a transaction of its own, made from that of the order, and
    a refund may be made from a capture; neither knows the order itself.

    :param orders: condition on ``r.sale_order_id``
    :return: rows with ``order_id``, ``line_id`` (journal item), ``amount`` (in the
        order's currency, negative if paid back). Money for several orders at once is
        no one's: until it is matched nobody knows of which
    """
    return SQL(ADVANCES_SQL, orders)
