from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.records import one

from .crm_deal_trail import DEAL_READERS


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "crm.receivable.order.mixin"]

    crm_plan_id = fields.Many2one(
        comodel_name="crm.payment.plan",
        string="Payment plan",
        compute="_compute_crm_plan_id",
        help="The plan in force, else the one that is being written.",
    )
    crm_plan_line_ids = fields.One2many(
        comodel_name="crm.payment.plan.line",
        string="Planned payments",
        compute="_compute_crm_plan_id",
    )
    crm_plan_state = fields.Selection(
        selection=lambda self: self.env["crm.payment.plan"]._fields["state"].selection,
        string="Status of the plan",
        compute="_compute_crm_plan_id",
    )
    crm_plan_hint = fields.Char(
        string="Payment term changed", compute="_compute_crm_plan_id"
    )
    crm_deal = fields.Json(
        string="Course of the deal", compute="_compute_crm_deal", groups=DEAL_READERS
    )

    def _compute_crm_plan_id(self):
        Plan = self.env["crm.payment.plan"]
        open_ = ("draft", "proposed", "agreed")
        found = Plan.browse()
        if Plan.has_access("read"):
            self.env["crm.plan.follow"]._follow_now()
            found = Plan.search([("order_id", "in", self.ids), ("state", "in", open_)])
        for order in self:
            own = found.filtered(lambda p, o=order: p.order_id == o._origin)
            order.crm_plan_id = own.filtered("in_force")[:1] or own[:1]
            order.crm_plan_line_ids = order.crm_plan_id.line_ids
            order.crm_plan_state = order.crm_plan_id.state
            order.crm_plan_hint = order.crm_plan_id.term_hint

    @api.depends_context("uid", "lang", "tz")
    def _compute_crm_deal(self):
        for order in self:
            saved = order._origin
            order.crm_deal = saved and self.env["crm.deal.trail"]._deal(saved)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_planned(self):
        """Plans go with their order, and what was decided about one must not."""
        if self.env.su:
            return
        plans = (
            self.env["crm.payment.plan"].sudo().search([("order_id", "in", self.ids)])
        )
        decided = plans.filtered(lambda p: p.state != "draft")
        if decided:
            raise UserError(
                self.env._(
                    "%s has a payment plan that was decided on, which is kept with it. "
                    "Leave the order cancelled instead of deleting it.",
                    ", ".join(decided.order_id.mapped("display_name")),
                )
            )
        plans.sudo(False).unlink()

    # ---- plans follow --------------------------------------------------------------

    def write(self, vals):
        # EXTENDS 'sale'
        result = super().write(vals)
        if "state" in vals:
            self.env["crm.plan.follow"]._remember_orders(self.ids)
        return result

    def _compute_amounts(self):
        # EXTENDS 'sale': amended orders; recomputing passes write() by.
        result = super()._compute_amounts()
        self.env["crm.plan.follow"]._remember_orders(self._ids)
        return result

    def _compute_invoice_status(self):
        # EXTENDS 'sale': what is invoiced completely owes what the invoices say.
        result = super()._compute_invoice_status()
        self.env["crm.plan.follow"]._remember_orders(self._ids)
        return result

    def _action_confirm(self):
        # EXTENDS 'sale'
        result = super()._action_confirm()
        self.env["crm.plan.maker"]._create_from_terms(
            self.filtered(lambda order: order._needs_crm_plan())
        )
        return result

    def _needs_crm_plan(self) -> bool:
        """Return whether confirming the order puts its payment term in force as a
        plan, by the company's setting."""
        when = self.company_id.sudo().root_id.crm_plan_creation or "instalments"
        return when == "always" or (
            when == "instalments" and len(self.payment_term_id.sudo().line_ids) > 1
        )

    # ---- acts ---------------------------------------------------------------------

    def action_crm_plan(self):
        """Show the order's plan; without one, write one from the payment term."""
        order = one(self)
        record = order.crm_plan_id
        if not record:
            record = record.create(self.env["crm.plan.maker"]._prepare(order, "hand"))
        return record._open()

    def action_open_crm_deliveries(self):
        """Show what of the order was delivered when, line by line."""
        return self._open_crm_rows("crm_receivables.crm_delivery_line_action")

    def action_open_crm_payments(self):
        """Show the payments of the order's plan in force."""
        return self._open_crm_rows(
            "crm_receivables.crm_payment_plan_line_action", ("in_force", "=", True)
        )

    def _open_crm_rows(self, xmlid: str, *domain) -> dict:
        """Return the action of a list with the rows of this order alone."""
        order = one(self)
        order.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        name = f"{action['name']}: {order.name}"
        return {
            **action,
            "name": name,
            "display_name": name,
            "domain": [("order_id", "=", order.id), *domain],
            "context": {"create": False},
        }

    def action_open_crm_items(self):
        """Show the journal items behind what was billed and paid of the order."""
        order = one(self)
        documents, advances = self.env["crm.plan.ledger"]._read_orders(order)[order.id]
        found = [s.ref["line"] for d in documents for s in d.settlements]
        found += [advance.ref["line"] for advance in advances]
        return self.env["crm.payment.plan"]._open_entries(
            order.name,
            self.env["account.move"].browse(d.ref for d in documents),
            self.env["account.move.line"].browse(found),
        )
