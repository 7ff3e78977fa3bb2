from odoo import api, fields, models
from odoo.tools import format_amount, format_datetime

from odoo.addons.crm_relationship.records import one


class CrmContactPlan(models.Model):
    """A simulation of a campaign: whom it would reach at one moment, by which rules
    others are left out or wait, what it costs and what may come of it.

    Kept as it was, so that who decides sees what was asked, and several can be
    compared. Nothing is reserved by it.
    """

    _name = "crm.contact.plan"
    _description = "Simulation of a Campaign"
    _order = "id desc"
    _rec_name = "campaign_id"

    campaign_id = fields.Many2one(
        comodel_name="crm.campaign",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", readonly=True, ondelete="set null"
    )
    date = fields.Datetime(string="Simulated on", required=True, readonly=True)
    content_hash = fields.Char(string="Content number", readonly=True)
    is_current = fields.Boolean(
        string="Of the content as it is", compute="_compute_is_current"
    )
    # What was asked, in short; several simulations differ by it.
    segment_id = fields.Many2one(
        comodel_name="crm.segment", readonly=True, ondelete="set null"
    )
    channel_id = fields.Many2one(
        comodel_name="crm.channel", readonly=True, ondelete="set null"
    )
    recipient_rule = fields.Char(string="Who is addressed", readonly=True)
    holdout_percent = fields.Integer(
        string="Hold-out (%)", readonly=True, aggregator=None
    )

    customer_count = fields.Integer(string="Customers", readonly=True)
    recipient_count = fields.Integer(string="Recipients", readonly=True)
    send_count = fields.Integer(string="Leave at once", readonly=True)
    hold_count = fields.Integer(string="Leave later", readonly=True)
    drop_count = fields.Integer(string="Left out", readonly=True)
    holdout_count = fields.Integer(string="Kept out", readonly=True)
    cost = fields.Monetary(readonly=True)
    expected_orders = fields.Float(
        string="Expected orders", readonly=True, digits=(12, 1)
    )
    expected_margin = fields.Monetary(string="Expected margin", readonly=True)
    expected_net = fields.Monetary(
        string="Expected net", readonly=True, help="Expected margin minus cost."
    )
    first_send = fields.Datetime(string="First leaves", readonly=True)
    last_send = fields.Datetime(string="Last leaves", readonly=True)
    seconds = fields.Float(readonly=True, digits=(12, 3), aggregator="avg")
    line_ids = fields.One2many(
        comodel_name="crm.contact.plan.line", inverse_name="plan_id", readonly=True
    )

    @api.depends("content_hash", "campaign_id.decision_hash")
    def _compute_is_current(self):
        for plan in self:
            plan.is_current = plan.content_hash == plan.campaign_id.decision_hash

    @api.depends("campaign_id", "date")
    def _compute_display_name(self):
        for plan in self:
            when = format_datetime(self.env, plan.date) if plan.date else ""
            plan.display_name = f"{plan.campaign_id.display_name}, {when}"

    def _amount_text(self, amount: float) -> str:
        return format_amount(self.env, amount, self.currency_id)

    def action_open(self):
        """Open this simulation."""
        one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Simulation"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def action_view_rules(self):
        """Show how many each rule lets through, holds or leaves out."""
        one(self)
        return self._open_lines("rule", "crm_contact_plan_line_rule_action")

    def action_view_load(self):
        """Show how many leave in each hour."""
        one(self)
        return self._open_lines("load", "crm_contact_plan_line_load_action")

    def _open_lines(self, kind: str, name: str) -> dict:
        action = self.env["ir.actions.act_window"]._for_xml_id(f"crm_channels.{name}")
        domain = [("plan_id", "=", self.id), ("kind", "=", kind)]
        return {**action, "domain": domain}
