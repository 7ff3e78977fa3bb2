from odoo import Command, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

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
    crm_plan_state = fields.Selection(related="crm_plan_id.state")

    def _compute_crm_plan_id(self):
        Plan = self.env["crm.payment.plan"]
        open_ = ("draft", "proposed", "agreed")
        found = Plan.browse()
        if Plan.has_access("read"):
            found = Plan.search([("order_id", "in", self.ids), ("state", "in", open_)])
        for order in self:
            own = found.filtered(lambda p, o=order: p.order_id == o._origin)
            order.crm_plan_id = own.filtered("in_force")[:1] or own[:1]
            order.crm_plan_line_ids = order.crm_plan_id.line_ids

    # ---- plans follow --------------------------------------------------------------

    def write(self, vals):
        # EXTENDS 'sale'
        if "state" in vals:
            self.env["crm.plan.follow"]._remember_orders(self.ids)
        return super().write(vals)

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
        self.env["crm.payment.plan"]._create_from_terms(
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

    # ---- plans made ----------------------------------------------------------------

    def _prepare_crm_plan(self, origin: str) -> dict:
        """Return the values of a plan with the payments of the payment term."""
        self.ensure_one()
        term = self.payment_term_id.sudo()
        percents = [line.value for line in term.line_ids[:-1]]
        lines = self._prepare_crm_plan_lines(term)
        return {
            "order_id": self.id,
            "origin": origin,
            "basis": "amount" if "fixed" in percents else "percent",
            "line_ids": [Command.create(line) for line in lines],
        }

    def _prepare_crm_plan_lines(self, term) -> list[dict]:
        """Return a line per payment of a term, as the invoice will have them."""
        day = fields.Datetime.context_timestamp(self, self.date_order).date()
        if not term:
            name = self.env._("Payment")
            total = {"amount_planned": self.amount_total, "percent": 100.0}
            return [{"name": name, "sequence": 10, "date_planned": day, **total}]
        untaxed, tax = self.amount_untaxed, self.amount_tax
        parts = term._compute_terms(
            day, self.currency_id, self.company_id, tax, tax, 1, untaxed, untaxed
        )["line_ids"]
        count, total = len(parts), self.amount_total or 1.0
        return [
            {
                "sequence": 10 * n,
                "name": self.env._("Payment %(n)s of %(count)s", n=n, count=count),
                "date_planned": part["date"],
                "amount_planned": part["foreign_amount"],
                "percent": round(part["foreign_amount"] / total * 100, 4),
            }
            for n, part in enumerate(parts, start=1)
        ]

    def action_crm_plan(self):
        """Show the order's plan; without one, write one from the payment term."""
        self.ensure_one()
        self.check_access("read")
        record = self.crm_plan_id
        if not record:
            record = record.create(self._prepare_crm_plan("hand"))
        return record._open()
