from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.records import one


class CrmDeliveryLine(models.Model):
    """An order line to be delivered: promised when, delivered when, complete or not.

    The id is that of the order line. Read from the moves whenever somebody looks.
    """

    _name = "crm.delivery.line"
    _description = "Delivery of an Order Line"
    _auto = False
    _order = "promised_date desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "sale.order": ["partner_id", "user_id", "team_id", "company_id"],
        "sale.order.line": ["product_uom_qty", "qty_delivered", "order_id"],
        "stock.move": ["state", "date", "date_deadline", "quantity", "sale_line_id"],
        "res.partner": ["commercial_partner_id"],
    }

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    customer_id = fields.Many2one(comodel_name="res.partner", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Buyer", readonly=True
    )
    order_id = fields.Many2one(comodel_name="sale.order", readonly=True)
    product_id = fields.Many2one(comodel_name="product.product", readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    team_id = fields.Many2one(
        comodel_name="crm.team", string="Sales team", readonly=True
    )
    quantity = fields.Float(string="Ordered", digits="Product Unit", readonly=True)
    qty_delivered = fields.Float(
        string="Delivered", digits="Product Unit", readonly=True
    )
    promised_date = fields.Date(string="Promised", readonly=True)
    delivered_date = fields.Date(
        string="Delivered on", readonly=True, help="The day the last part left."
    )
    days_late = fields.Integer(
        string="Days late",
        readonly=True,
        aggregator="avg",
        help="Between the promised day and the delivery, or today if it is still due.",
    )
    state = fields.Selection(
        selection=[
            ("waiting", "To be delivered"),
            ("late", "Late"),
            ("in_time", "On time in full"),
            ("after", "Delivered late"),
            ("short", "Not in full"),
        ],
        readonly=True,
    )
    otif = fields.Float(
        string="On time in full, %",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="100 or 0 once the promised day is over; the average of lines is the "
        "share that was on time and in full.",
    )

    @property
    def _table_query(self) -> SQL:
        service = self.env["crm.delivery.position"]
        books = self.env["crm.receivable.position"]._books(self.env.companies)
        chosen = set(self.env.companies.ids)
        by_root = {}
        for company_id, root_id, today in books:
            if company_id in chosen:
                by_root.setdefault((root_id, today), []).append(company_id)
        parts = [
            SQL(
                """SELECT l.*, CASE WHEN l.promised_date < %(today)s
                                    THEN CASE l.state WHEN 'in_time' THEN 100.0
                                                      ELSE 0.0 END
                               END AS otif,
                          GREATEST(0, COALESCE(l.delivered_date, %(today)s)
                                      - l.promised_date) AS days_late
                     FROM (%(lines)s) l""",
                today=today,
                lines=service._lines_sql(
                    self.env["res.company"].browse(root_id).sudo(),
                    company_ids,
                    today,
                    SQL("TRUE"),
                ),
            )
            for (root_id, today), company_ids in by_root.items()
        ]
        return SQL(
            """SELECT d.order_line_id AS id, d.company_id, d.customer_id, d.partner_id,
                      d.order_id, d.product_id, d.user_id, d.team_id, d.quantity,
                      d.qty_delivered, d.promised_date, d.delivered_date, d.days_late,
                      d.state, d.otif
                 FROM (%s) d""",
            SQL(" UNION ALL ").join(parts),
        )

    def action_open_order(self):
        """Open the order of this line."""
        one(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }
