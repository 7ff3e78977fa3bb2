from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.metrics import MetricProvider, MetricScope
from odoo.addons.crm_relationship.records import one

POSITION_COLUMNS = (
    "receivable_credit",
    "receivable_oldest_due",
    "exposure_order",
    "exposure_undelivered",
    "exposure_total",
    "invoiced_12m",
    "dso",
    "dso_best",
    "days_delinquent",
)
PAYMENT_COLUMNS = ("payment_days_late", "payment_count_12m")
PROMISE_COLUMNS = ("promise_date", "promise_broken_date")
DELIVERY_COLUMNS = ("delivery_count_12m", "delivery_otif", "delivery_late_count")
# Figures of the page that the ledger gives live to whoever may read it.
LIVE = {
    "position_total": ("total", "exposure_total"),
    "position_open": ("open", "receivable_open"),
    "position_credit": ("credits", "receivable_credit"),
    "position_order": ("confirmed", "exposure_order"),
    "position_undelivered": ("undelivered", "exposure_undelivered"),
}


class CrmCustomerProfile(models.Model):
    _inherit = "crm.customer.profile"

    # What could be lost, by part: the ledger's balance and what is on the way to it
    receivable_credit = fields.Monetary(
        string="Open credits",
        readonly=True,
        help="Credit notes and payments not yet matched; they lower what is open.",
    )
    receivable_oldest_due = fields.Date(
        string="Oldest due date",
        readonly=True,
        help="Due date of the oldest debt that is open, before credits.",
    )
    exposure_order = fields.Monetary(
        string="Ordered, not invoiced",
        readonly=True,
        help="Confirmed orders less what is invoiced of them and posted, with taxes, "
        "at the rate of the order; by who is to pay.",
    )
    exposure_undelivered = fields.Monetary(string="Of it undelivered", readonly=True)
    exposure_total = fields.Monetary(
        string="Exposure",
        readonly=True,
        help="Open in the ledger, net of open credits, and ordered but not invoiced.",
    )

    promise_date = fields.Date(
        string="Promised to pay by",
        readonly=True,
        help="The next promise to pay that runs.",
    )
    promise_broken_date = fields.Date(
        string="Broke a promise to pay by",
        readonly=True,
        help="The day of the last promise to pay that was broken, or kept only in "
        "part, and whose items are still open.",
    )

    # How it pays. Nothing invoiced or paid in 12 months: the figures say 0
    invoiced_12m = fields.Monetary(
        string="Invoiced, 12 months",
        readonly=True,
        help="With taxes, net of credit notes: what days sales outstanding refer to.",
    )
    dso = fields.Float(
        string="Days sales outstanding",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="Open receivable ÷ invoiced in 12 months × 365.",
    )
    dso_best = fields.Float(
        string="Best possible days",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="What days sales outstanding would be if nothing were overdue.",
    )
    days_delinquent = fields.Float(
        string="Days delinquent",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="Days sales outstanding beyond the best possible.",
    )
    payment_days_late = fields.Float(
        string="Average days late",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="Days between due date and payment of 12 months, weighted by amount; "
        "below 0 is paid early.",
    )
    payment_count_12m = fields.Integer(string="Payments, 12 months", readonly=True)

    # Whether it gets what it ordered
    delivery_count_12m = fields.Integer(
        string="Order lines due, 12 months", readonly=True
    )
    delivery_otif = fields.Float(
        string="On time in full, %",
        digits=(16, 1),
        readonly=True,
        aggregator=None,
        help="Share of the order lines promised in the last 12 months that were "
        "delivered completely by the promised day.",
    )
    delivery_late_count = fields.Integer(string="Late deliveries", readonly=True)

    # Shown on the page: live for who reads the ledger, else as last computed
    position_total = fields.Monetary(string="Exposure now", compute="_compute_position")
    position_open = fields.Monetary(string="In the ledger", compute="_compute_position")
    position_credit = fields.Monetary(
        string="Open credits now", compute="_compute_position"
    )
    position_order = fields.Monetary(
        string="Ordered, not invoiced, now", compute="_compute_position"
    )
    position_undelivered = fields.Monetary(
        string="Of it not delivered", compute="_compute_position"
    )
    position_dso_count_back = fields.Float(
        string="Days sales outstanding, count-back",
        digits=(16, 1),
        compute="_compute_position_dso_count_back",
        help="How many days back sales add up to what is open, month by month.",
    )
    position_ageing = fields.Json(string="Ageing", compute="_compute_position_ageing")

    @api.model
    def _metric_providers(self):
        # EXTENDS crm_relationship
        exposure = self.env["crm.receivable.exposure"]
        return [
            *super()._metric_providers(),
            # Whoever only is to pay is a customer from the order on: it is exposed.
            MetricProvider("position", POSITION_COLUMNS, exposure._position_metrics),
            MetricProvider(
                "payments", PAYMENT_COLUMNS, exposure._payment_metrics, creates=False
            ),
            MetricProvider(
                "deliveries",
                DELIVERY_COLUMNS,
                self.env["crm.delivery.position"]._delivery_metrics,
                creates=False,
            ),
            MetricProvider(
                "promises", PROMISE_COLUMNS, self._promise_metrics, creates=False
            ),
        ]

    @api.model
    def _promise_metrics(self, scope: MetricScope) -> SQL:
        """Return the promises of each customer, see ``MetricProvider.build``."""
        return SQL(
            """SELECT s.customer_id,
                      MIN(p.date) FILTER (WHERE p.state = 'open') AS promise_date,
                      MAX(p.date) FILTER (
                          WHERE p.state IN ('broken', 'partly') AND EXISTS (
                                SELECT FROM crm_payment_promise_line_rel r
                                  JOIN account_move_line l ON l.id = r.line_id
                                 WHERE r.promise_id = p.id
                                   AND l.reconciled IS NOT TRUE
                                   AND l.parent_state = 'posted')
                      ) AS promise_broken_date,
                      NULL::date AS next_expiry_date
                 FROM crm_payment_promise p
                 JOIN %s s ON s.partner_id = p.partner_id
                WHERE p.company_id = ANY(%s)
             GROUP BY s.customer_id""",
            scope.partners,
            list(scope.company_ids),
        )

    # ---- 360° page ----------------------------------------------------------------

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_position(self):
        live = self._page_reads_ledger()
        for company, profiles in self.grouped("company_id").items():
            found = {}
            if live:
                found = self.env["crm.receivable.exposure"]._exposure(
                    company, profiles.partner_id.ids
                )
            for profile in profiles:
                now = found.get(profile.partner_id.id, {})
                for name, (part, stored) in LIVE.items():
                    profile[name] = now.get(part, 0.0) if live else profile[stored]

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_position_dso_count_back(self):
        months = self.env["crm.receivable.month"]
        readable = self.env["crm.receivable.reader"]._readable(self.partner_id)
        for company, profiles in self.grouped("company_id").items():
            customers = profiles.partner_id & readable
            days = months._count_back(company, customers.ids) if customers else {}
            for profile in profiles:
                profile.position_dso_count_back = days.get(profile.partner_id.id, 0.0)

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_position_ageing(self):
        position = self.env["crm.receivable.position"]
        readable = self.env["crm.receivable.reader"]._readable(self.partner_id)
        hidden = self.filtered(lambda profile: profile.partner_id not in readable)
        hidden.position_ageing = False
        for company, profiles in (self - hidden).grouped("company_id").items():
            buckets = self.env["crm.ageing.bucket"].sudo()
            buckets = buckets.search([("company_id", "=", company.id)])
            ages = position._ageing(company, customers=profiles.partner_id.ids)
            for profile in profiles:
                owed = ages.get((company.id, profile.partner_id.id), {})
                profile.position_ageing = [
                    {
                        "id": bucket.id,
                        "label": bucket._caption(),
                        "amount": float(owed.get(bucket.id, 0)),
                    }
                    for bucket in buckets
                ]

    def action_open_receivable_items(self):
        """Open the open items of this customer; of one bucket if ``bucket_id`` in the
        context says so."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_receivable_item_action"
        )
        domain = [
            ("customer_id", "=", self.partner_id.id),
            ("company_id", "child_of", self.company_id.id),
        ]
        bucket = self.env.context.get("bucket_id")
        if isinstance(bucket, int):
            domain.append(("bucket_id", "=", bucket))
        views = [(self.env.ref("crm_receivables.crm_receivable_item_view_list").id,)]
        return {
            **action,
            "domain": domain,
            "context": {},
            "view_mode": "list,pivot,graph",
            "views": [(views[0][0], "list"), (False, "pivot"), (False, "graph")],
        }

    def action_open_exposure_orders(self):
        """Open the orders of which something is still to be invoiced."""
        one(self)
        orders = self.env["crm.receivable.exposure"]._order_ids(
            self.company_id, self.partner_id.ids
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ordered, not invoiced"),
            "res_model": "sale.order",
            "domain": [("id", "in", orders)],
            "views": [
                (self.env.ref("sale.view_order_tree").id, "list"),
                (self.env.ref("sale.view_order_form").id, "form"),
            ],
            "context": {"create": False},
        }

    def action_open_delivery_lines(self):
        """Open the order lines behind the delivery figures."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_delivery_line_action"
        )
        return {
            **action,
            "domain": [
                ("customer_id", "=", self.partner_id.id),
                ("company_id", "child_of", self.company_id.id),
            ],
            "context": {},
        }

    def action_open_promises(self):
        """Show what the customer promised to pay, and what became of it."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_payment_promise_action"
        )
        context = {"default_partner_id": self.partner_id.id}
        domain = [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "child_of", self.company_id.id),
        ]
        return {**action, "domain": domain, "context": context}
