from odoo import api, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.metrics import WINDOW_DAYS

# Order lines that are delivered by moves to the customer. Quantities are compared in
# the unit of reference, as a move may have another unit than its line; of a kit, whose
# parts move, the line itself knows what was delivered.
LINES_SQL = """
    SELECT q.*,
           CASE WHEN q.is_open OR NOT q.in_full THEN NULL ELSE q.done_date END
               AS delivered_date,
           CASE WHEN q.is_open AND q.promised_date < %(today)s THEN 'late'
                WHEN q.is_open THEN 'waiting'
                WHEN NOT q.in_full THEN 'short'
                WHEN q.done_date > q.promised_date THEN 'after'
                ELSE 'in_time' END AS state
      FROM (SELECT sl.id AS order_line_id, sl.order_id, o.company_id, o.partner_id,
                   p.commercial_partner_id AS customer_id, sl.product_id, o.user_id,
                   o.team_id, sl.product_uom_qty AS quantity, sl.qty_delivered,
                   (MIN(COALESCE(m.date_deadline, m.date))
                       AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS promised_date,
                   (MAX(m.date) FILTER (WHERE m.state = 'done')
                       AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS done_date,
                   bool_or(m.state != 'done') AS is_open,
                   sl.qty_delivered >= sl.product_uom_qty
                   OR COALESCE(SUM(m.quantity * mu.factor)
                               FILTER (WHERE m.state = 'done'), 0)
                      >= sl.product_uom_qty * lu.factor * 0.999999 AS in_full
              FROM stock_move m
              JOIN stock_location t ON t.id = m.location_dest_id
                                   AND t.usage = 'customer'
              JOIN stock_location f ON f.id = m.location_id AND f.usage != 'customer'
              JOIN uom_uom mu ON mu.id = m.product_uom
              JOIN sale_order_line sl ON sl.id = m.sale_line_id
              JOIN uom_uom lu ON lu.id = sl.product_uom_id
              JOIN sale_order o ON o.id = sl.order_id
              JOIN res_partner p ON p.id = o.partner_id
             WHERE m.state NOT IN ('cancel', 'draft')
               AND o.company_id = ANY(%(companies)s) AND %(whose)s
          GROUP BY sl.id, o.id, p.id, lu.id) q"""


class CrmDeliveryPosition(models.AbstractModel):
    """Whether customers got what they ordered, on time and in full, from the moves.

    A line counts from the day after it was promised: it is on time and in full if by
    the promised day all of it had left for the customer. The promise is the deadline of
    the move, which is the delivery date of the order or else the lead time of its
    products. Days are days of the company's time zone.
    """

    _name = "crm.delivery.position"
    _description = "Delivery Position"

    @api.model
    def _lines_sql(self, company, company_ids, today, whose: SQL) -> SQL:
        """Return order lines to be delivered.

        :param company: root company, for its time zone
        :param whose: condition on the buyer ``o.partner_id``
        :return: SQL of rows with ``order_line_id``, ``order_id``, ``company_id``,
            ``partner_id``, ``customer_id``, ``product_id``, ``user_id``, ``team_id``,
            ``quantity``, ``qty_delivered``, ``promised_date``, ``delivered_date``,
            ``state`` (waiting, late, in_time, after, short)
        """
        return SQL(
            LINES_SQL,
            tz=company._get_crm_tz(),
            today=today,
            companies=list(company_ids),
            whose=whose,
        )

    @api.model
    def _delivery_metrics(self, scope) -> SQL:
        """Lines promised in the 12 months until yesterday; late ones of all time."""
        whose = SQL("TRUE")
        if not scope.everybody:
            whose = SQL("o.partner_id IN (SELECT partner_id FROM %s s)", scope.partners)
        due = SQL(
            "l.promised_date >= %s AND l.promised_date < %s",
            scope.window_start,
            scope.today,
        )
        return SQL(
            """SELECT l.customer_id,
                      COUNT(*) FILTER (WHERE %(due)s) AS delivery_count_12m,
                      ROUND(100.0 * COUNT(*) FILTER (WHERE %(due)s
                                                     AND l.state = 'in_time')
                            / NULLIF(COUNT(*) FILTER (WHERE %(due)s), 0), 1)
                          AS delivery_otif,
                      COUNT(*) FILTER (WHERE l.state = 'late') AS delivery_late_count,
                      LEAST(MIN(l.promised_date) FILTER (WHERE %(due)s) + %(window)s,
                            MIN(l.promised_date + 1)
                                FILTER (WHERE l.promised_date >= %(today)s))
                          AS next_expiry_date
                 FROM (%(lines)s) l
             GROUP BY l.customer_id""",
            due=due,
            today=scope.today,
            window=WINDOW_DAYS,
            lines=self._lines_sql(scope.company, scope.company_ids, scope.today, whose),
        )
