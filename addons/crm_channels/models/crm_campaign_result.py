from odoo import api, fields, models

from odoo.addons.crm_relationship.records import one

from ..core.effect import Verdict, wilson

# By response, who else had to get so far.
AT_LEAST = {
    "delivered": (
        *("delivered", "opened", "clicked", "replied"),
        *("complained", "unsubscribed"),
    ),
    "opened": ("opened", "clicked", "replied"),
    "clicked": ("clicked", "replied"),
    "replied": ("replied",),
    "bounced": ("bounced",),
    "opted_out": ("complained", "unsubscribed"),
}


class CrmCampaignResult(models.Model):
    """The result of a campaign as it was read out last.

    Read out daily while it runs, and once more when it is evaluated; then it stays.
    Purchases are counted for both groups from the first message to the end of the
    result window, however the customer came: what those kept out by lot bought as
    well was not caused by the campaign.
    """

    _name = "crm.campaign.result"
    _description = "Result of a Campaign"
    _order = "date desc, id desc"
    _rec_name = "campaign_id"

    campaign_id = fields.Many2one(
        comodel_name="crm.campaign", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Datetime(string="Read out on", required=True, readonly=True)
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="To", readonly=True)
    is_final = fields.Boolean(
        string="Window over", readonly=True, help="The result window has passed."
    )

    sent_count = fields.Integer(string="Sent", readonly=True)
    delivered_count = fields.Integer(
        string="Delivery confirmed",
        readonly=True,
        help="By a mail service, or because they opened, clicked or replied. Most mail "
        "servers confirm nothing.",
    )
    opened_count = fields.Integer(
        string="Opened", readonly=True, help="Where known: most readers cannot be seen."
    )
    clicked_count = fields.Integer(string="Clicked", readonly=True)
    replied_count = fields.Integer(string="Replied", readonly=True)
    bounced_count = fields.Integer(string="Bounced", readonly=True)
    opted_out_count = fields.Integer(string="Opted out", readonly=True)

    treated_count = fields.Integer(string="Customers written to", readonly=True)
    holdout_count = fields.Integer(string="Customers kept out", readonly=True)
    treated_buyers = fields.Integer(string="Buyers, written to", readonly=True)
    holdout_buyers = fields.Integer(string="Buyers, kept out", readonly=True)
    treated_orders = fields.Integer(string="Purchases, written to", readonly=True)
    holdout_orders = fields.Integer(string="Purchases, kept out", readonly=True)
    treated_revenue = fields.Monetary(string="Revenue, written to", readonly=True)
    holdout_revenue = fields.Monetary(string="Revenue, kept out", readonly=True)
    treated_margin = fields.Monetary(string="Margin, written to", readonly=True)
    holdout_margin = fields.Monetary(string="Margin, kept out", readonly=True)
    treated_rate = fields.Float(
        string="Buying rate, written to (%)",
        readonly=True,
        digits=(6, 2),
        aggregator="avg",
    )
    holdout_rate = fields.Float(
        string="Buying rate, kept out (%)",
        readonly=True,
        digits=(6, 2),
        aggregator="avg",
    )
    line_count = fields.Integer(string="Lines bought", readonly=True)
    has_margin = fields.Boolean(
        string="Costs known",
        readonly=True,
        help="The costs of nine of ten purchase lines, or more, are known. Otherwise "
        "nobody can say what margin there was.",
    )
    unknown_cost_count = fields.Integer(
        string="Lines without cost",
        readonly=True,
        help="Purchase lines whose margin nobody knows; they are left out of it.",
    )
    linked_order_count = fields.Integer(string="Orders by link", readonly=True)
    linked_revenue = fields.Monetary(string="Revenue by link", readonly=True)

    cost = fields.Monetary(readonly=True)
    has_effect = fields.Boolean(string="Enough cases", readonly=True)
    verdict = fields.Selection(
        selection=[
            (Verdict.FEW.value, "Not enough cases"),
            (Verdict.MORE.value, "More buyers"),
            (Verdict.NONE.value, "No effect shown"),
            (Verdict.LESS.value, "Fewer buyers"),
        ],
        readonly=True,
    )
    margin_verdict = fields.Selection(
        selection=[
            (Verdict.FEW.value, "Cannot be told"),
            (Verdict.MORE.value, "More margin"),
            (Verdict.NONE.value, "No effect shown"),
            (Verdict.LESS.value, "Less margin"),
        ],
        string="Verdict on margin",
        readonly=True,
    )
    extra_buyers = fields.Float(
        string="Buyers more than without", readonly=True, digits=(12, 1)
    )
    extra_buyers_low = fields.Float(
        string="Buyers, at least", readonly=True, digits=(12, 1)
    )
    extra_buyers_high = fields.Float(
        string="Buyers, at most", readonly=True, digits=(12, 1)
    )
    extra_margin = fields.Monetary(string="Margin more than without", readonly=True)
    extra_margin_low = fields.Monetary(string="Margin, at least", readonly=True)
    extra_margin_high = fields.Monetary(string="Margin, at most", readonly=True)
    net = fields.Monetary(
        readonly=True, help="Margin more than without the campaign, minus its cost."
    )
    text = fields.Text(string="In words", compute="_compute_text")
    chart = fields.Html(compute="_compute_chart", export_string_translation=False)

    _campaign_uniq = models.Constraint(
        "UNIQUE(campaign_id)", "A campaign has one result."
    )

    @api.depends("verdict", "extra_buyers", "extra_margin", "is_final")
    @api.depends("campaign_id.state")
    @api.depends_context("lang")
    def _compute_text(self):
        for result in self:
            lines = [result._buyers_text(), result._margin_text()]
            lines.append(result._window_text())
            result.text = "\n".join(filter(None, lines))

    def _window_text(self) -> str:
        if self.is_final:
            return ""
        if self.campaign_id.state in ("evaluated", "closed"):
            return self.env._(
                "Evaluated before the result window was over: what was bought later is "
                "not counted."
            )
        return self.env._("The result window is not over: figures will change.")

    def _buyers_text(self) -> str:
        if not self.has_effect:
            return self.env._(
                "Not enough cases: to say what the campaign caused, at least 30 "
                "customers in each group and 5 buyers are needed. Written to: "
                "%(treated)s, kept out: %(holdout)s, buyers: %(buyers)s.",
                treated=self.treated_count,
                holdout=self.holdout_count,
                buyers=self.treated_buyers + self.holdout_buyers,
            )
        return self.env._(
            "Of those written to %(treated).2f %% bought, of those kept out "
            "%(holdout).2f %%. The campaign caused %(value).1f buyers (with 95 %% "
            "confidence between %(low).1f and %(high).1f).",
            treated=self.treated_rate,
            holdout=self.holdout_rate,
            value=self.extra_buyers,
            low=self.extra_buyers_low,
            high=self.extra_buyers_high,
        )

    def _margin_text(self) -> str:
        if not self.has_effect:
            return ""
        if not self.has_margin:
            return self.env._(
                "What margin it caused cannot be told: of %(lines)s lines bought, "
                "%(unknown)s have no known cost.",
                lines=self.line_count,
                unknown=self.unknown_cost_count,
            )
        amount = self.campaign_id._amount_text
        return self.env._(
            "Margin caused: %(value)s (between %(low)s and %(high)s); cost: %(cost)s.",
            value=amount(self.extra_margin),
            low=amount(self.extra_margin_low),
            high=amount(self.extra_margin_high),
            cost=amount(self.cost),
        )

    @api.depends("treated_buyers", "holdout_buyers", "sent_count", "replied_count")
    @api.depends_context("lang")
    def _compute_chart(self):
        for result in self:
            values = {"groups": result._group_bars(), "steps": result._step_bars()}
            result.chart = self.env["ir.qweb"]._render(
                "crm_channels.crm_campaign_result_chart", values
            )

    def _group_bars(self) -> list[dict]:
        """Return the buying rate of both groups as bars, with the interval (95 %) in
        which the rate of more such customers would be."""
        rows = [
            (
                self.env._("Written to"),
                "bg-success",
                self.treated_buyers,
                self.treated_count,
            ),
            (
                self.env._("Kept out"),
                "bg-secondary",
                self.holdout_buyers,
                self.holdout_count,
            ),
        ]
        rows = [(*row, wilson(*row[2:])) for row in rows if row[3]]
        most = max((interval.high for *_row, interval in rows), default=0.0) or 1.0
        return [
            {
                "name": name,
                "colour": colour,
                "rate": f"{100 * interval.value:.1f} %",
                "share": self.env._(
                    "%(buyers)s of %(count)s", buyers=buyers, count=count
                ),
                "width": 100 * interval.value / most,
                "low": 100 * interval.low / most,
                "high": 100 * interval.high / most,
            }
            for name, colour, buyers, count, interval in rows
        ]

    def _step_bars(self) -> list[dict]:
        """Return how far the messages came as bars; the longest is what was sent."""
        names = ("sent", "opened", "clicked", "replied", "bounced", "opted_out")
        labels = self.fields_get([f"{name}_count" for name in names], ["string"])
        return [
            {
                "name": labels[f"{name}_count"]["string"],
                "count": self[f"{name}_count"],
                "width": 100 * self[f"{name}_count"] / self.sent_count,
            }
            for name in names
            if self.sent_count
        ]

    # ---- opening --------------------------------------------------------------------

    def action_open_recipients(self):
        """Show the recipients behind a figure, named by the button's context."""
        one(self)
        figure = self.env.context.get("figure")
        domain = [("campaign_id", "=", self.campaign_id.id)]
        if figure == "sent":
            domain.append(("state", "=", "sent"))
        elif figure in AT_LEAST:
            domain.append(("response", "in", AT_LEAST[figure]))
        elif figure in ("treated", "holdout"):
            domain += [("is_head", "=", True), ("arm", "=", figure)]
        elif figure in ("treated_buyers", "holdout_buyers"):
            arm = figure.partition("_")[0]
            domain += [
                ("is_head", "=", True),
                ("arm", "=", arm),
                ("order_count", ">", 0),
            ]
        return self._open("crm_channels.crm_campaign_enrolment_action", domain)

    def action_open_purchases(self):
        """Show the purchases of a group within the window."""
        one(self)
        arm = self.env.context.get("figure")
        arm = arm if arm in ("treated", "holdout") else "treated"
        heads = self.env["crm.campaign.enrolment"].search(
            [
                ("campaign_id", "=", self.campaign_id.id),
                ("is_head", "=", True),
                ("arm", "=", arm),
                ("order_count", "!=", 0),
            ]
        )
        domain = [
            ("customer_id", "in", heads.partner_id.ids),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
        ]
        return self._open(
            "crm_relationship.crm_customer_transaction_line_action", domain
        )

    def action_open_linked_orders(self):
        """Show the orders that came by a link of the campaign."""
        one(self)
        meter = self.env["crm.campaign.meter"].sudo()
        domain = [("id", "in", meter._linked_orders(self.campaign_id.sudo()))]
        return self._open("sale.action_orders", domain)

    def _open(self, name: str, domain: list) -> dict:
        action = self.env["ir.actions.act_window"]._for_xml_id(name)
        domain = [
            (n, o, fields.Date.to_string(v) if n == "date" else v) for n, o, v in domain
        ]
        return {**action, "domain": domain, "context": {"one_campaign": True}}
