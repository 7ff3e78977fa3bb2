from datetime import date, timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.models.crm_decision_guard import (
    WRITER_KEY,
    is_writer,
)
from odoo.addons.crm_relationship.records import one

from ..core import plan

# The plan's, which decide who sees a line, and who ticked the milestone.
FOLLOWED = frozenset(
    {
        "order_id",
        "company_id",
        "partner_id",
        "user_id",
        "currency_id",
        "in_force",
        "milestone_user_id",
    }
)
# Written by the ledger alone.
DERIVED = frozenset(
    {
        "amount",
        "invoiced_amount",
        "paid_amount",
        "credited_amount",
        "open_amount",
        "open_company",
        "date_due",
        "paid_date",
        "settlement",
    }
)
# Links to what was done, which decide which line a payment fills first.
REMEMBERED = frozenset({"invoice_ids", "origin_id"})


class CrmPaymentPlanLine(models.Model):
    """One payment a customer is to make for an order.

    ``amount_planned`` is what was agreed, ``amount`` what the order makes of it after
    amendments; both in the order's currency, as everything here. What was paid,
    credited and is open is derived from the ledger.
    """

    _name = "crm.payment.plan.line"
    _description = "Payment Plan Line"
    _inherit = ["crm.decision.content.mixin", "crm.payment.plan.state.mixin"]
    _order = "plan_id, sequence, id"

    _decision_parent = "plan_id"
    _decision_content = (
        "sequence",
        "name",
        "trigger",
        "percent",
        "amount_planned",
        "date_planned",
        "days",
    )

    plan_id = fields.Many2one(
        comodel_name="crm.payment.plan",
        string="Payment plan",
        required=True,
        index=True,
        ondelete="cascade",
    )
    order_id = fields.Many2one(related="plan_id.order_id", store=True, index=True)
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        related="plan_id.partner_id", string="Customer", store=True, index=True
    )
    user_id = fields.Many2one(
        related="plan_id.user_id", string="Salesperson", store=True
    )
    currency_id = fields.Many2one(related="plan_id.currency_id", store=True)
    in_force = fields.Boolean(related="plan_id.in_force", store=True)
    plan_state = fields.Selection(related="plan_id.state", string="Plan status")
    basis = fields.Selection(related="plan_id.basis")

    # ---- what was agreed -----------------------------------------------------------
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Payment", required=True)
    trigger = fields.Selection(
        selection=[("date", "On a day"), ("milestone", "When a milestone is reached")],
        string="Due",
        required=True,
        default="date",
    )
    percent = fields.Float(string="%", digits=(9, 4))
    amount_planned = fields.Monetary(
        string="Agreed",
        compute="_compute_amount_planned",
        store=True,
        readonly=False,
    )
    date_planned = fields.Date(
        string="Expected on",
        help="Day it is due, or the day the milestone is expected. Once an invoice "
        "was made, the due date of the invoice counts.",
    )
    days = fields.Integer(
        string="Days to pay", help="Days to pay after the milestone was reached."
    )
    origin_id = fields.Many2one(
        comodel_name="crm.payment.plan.line",
        string="Line before the change",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    # ---- what happened -------------------------------------------------------------
    milestone_date = fields.Date(
        string="Reached on", copy=False, help="Day the milestone was reached."
    )
    milestone_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Ticked by",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    invoice_ids = fields.Many2many(
        comodel_name="account.move",
        relation="crm_payment_plan_line_invoice_rel",
        column1="line_id",
        column2="move_id",
        string="Invoices",
        readonly=True,
        copy=False,
        help="Made from this line; what is paid on them counts here first.",
    )
    receipt_ids = fields.One2many(
        comodel_name="crm.payment.plan.receipt",
        inverse_name="line_id",
        string="Receipts",
        readonly=True,
    )

    # ---- derived from the ledger ---------------------------------------------------
    amount = fields.Monetary(readonly=True, copy=False)
    invoiced_amount = fields.Monetary(string="Invoiced", readonly=True, copy=False)
    paid_amount = fields.Monetary(string="Paid", readonly=True, copy=False)
    credited_amount = fields.Monetary(
        string="Credited", readonly=True, copy=False, help="Credited or written off."
    )
    open_amount = fields.Monetary(string="Open", readonly=True, copy=False)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    open_company = fields.Monetary(
        string="Open in company currency",
        currency_field="company_currency_id",
        readonly=True,
        copy=False,
        help="At the rate of the order, so that orders in several currencies add up.",
    )
    date_due = fields.Date(string="Due date", readonly=True, copy=False, index=True)
    paid_date = fields.Date(
        string="Last paid on", readonly=True, copy=False, help="Last receipt of money."
    )
    settlement = fields.Selection(
        selection=[
            ("open", "Open"),
            ("part", "Paid in part"),
            ("paid", "Paid"),
            ("void", "Void"),
        ],
        readonly=True,
        copy=False,
        index=True,
        help="As the state, but without regard to the day.",
    )
    state = fields.Selection(
        selection=[
            (plan.WAITING, "Waiting"),
            (plan.DUE, "Due"),
            (plan.PART, "Paid in part"),
            (plan.PAID, "Paid"),
            (plan.OVERDUE, "Overdue"),
            (plan.VOID, "Void"),
        ],
        string="Status",
        compute="_compute_state",
        search="_search_state",
    )
    way = fields.Char(string="Paid by", compute="_compute_receipt")
    account_number = fields.Char(string="Bank account", compute="_compute_receipt")
    handler_id = fields.Many2one(
        comodel_name="res.users", string="Handled by", compute="_compute_receipt"
    )

    _percent_range = models.Constraint(
        "CHECK (percent >= 0 AND percent <= 100)",
        "A share is between 0 and 100 percent.",
    )
    _amount_sign = models.Constraint(
        "CHECK (amount_planned >= 0)", "A payment cannot be negative."
    )
    _days_range = models.Constraint(
        "CHECK (days >= 0 AND days <= 3650)", "Days to pay are between 0 and 3650."
    )

    # ---- computed ------------------------------------------------------------------

    @api.depends(
        "percent",
        "plan_id.basis",
        "plan_id.state",
        "plan_id.line_ids.percent",
        "plan_id.order_id.amount_total",
    )
    def _compute_amount_planned(self):
        for plan_ in self.plan_id:
            lines = self.filtered(lambda line, p=plan_: line.plan_id == p)
            if plan_.basis != "percent" or (plan_.state or "draft") != "draft":
                for line in lines:
                    line.amount_planned = line.amount_planned
                continue
            split = plan_._split_percents()
            for line in lines:
                line.amount_planned = split.get(line, line.amount_planned)
        for line in self.filtered(lambda line: not line.plan_id):
            line.amount_planned = line.amount_planned

    @api.depends(
        "in_force",
        "open_amount",
        "paid_amount",
        "date_due",
        "settlement",
        "invoiced_amount",
        "milestone_date",
    )
    def _compute_state(self):
        for line in self:
            line.state = line.in_force and plan.state_of(
                *(
                    plan.to_units(value, line.currency_id.rounding)
                    for value in (line.amount, line.paid_amount, line.credited_amount)
                ),
                line.date_due or None,
                line._today(line.company_id),
                bool(line.invoiced_amount or line.milestone_date),
            )

    @api.depends("receipt_ids")
    def _compute_receipt(self):
        for line in self:
            money = line.receipt_ids.filtered(
                lambda r: r.kind == "money" and r.amount > 0
            )
            last = money.sorted(lambda r: (r.date, r.id))[-1:]
            line.way = last.way or last.sudo().journal_id.name
            line.account_number = last.account_number
            line.handler_id = last.user_id

    @api.constrains("milestone_date")
    def _check_milestone_date(self):
        self.env["crm.plan.checker"]._check_reached(self)

    # ---- writing -------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {name for name, value in vals.items() if value}
            self._check_derived(given - FOLLOWED)
        # Given, so that a default_… of the caller's context does nothing.
        blank = dict.fromkeys(DERIVED, False) | {"origin_id": False, "invoice_ids": []}
        lines = super().create(
            [
                {n: v for n, v in vals.items() if n not in FOLLOWED} | blank
                for vals in vals_list
            ]
        )
        for line in lines.filtered("milestone_date"):
            line.milestone_date = line.milestone_date  # by whom, is noted there
        return lines

    def write(self, vals):
        writer = is_writer(self.env.context.get(WRITER_KEY))
        if not writer:
            self._check_derived(vals)
            if "milestone_date" in vals:
                self.env["crm.plan.checker"]._check_kept(self, vals["milestone_date"])
        if "milestone_date" in vals and not (writer and "milestone_user_id" in vals):
            user = self.env.user if vals["milestone_date"] else False
            vals = {**vals, "milestone_user_id": user and user.id}
        result = super().write(vals)
        if not {"milestone_date", "invoice_ids"}.isdisjoint(vals):
            self.env["crm.plan.follow"]._remember_orders(self.plan_id.order_id.ids)
        return result

    def _remember_invoices(self, invoices) -> None:
        """Remember that invoices were made from this line."""
        links = [Command.link(invoice_id) for invoice_id in invoices.ids]
        self.plan_id._decision_writer(self).write({"invoice_ids": links})

    def _take_over(self) -> None:
        """Remember what was done from the line before the change: its invoices, and
        who ticked its milestone when."""
        before = self.origin_id
        self._remember_invoices(before.invoice_ids)
        if self.trigger == "milestone" and before.milestone_date:
            self.plan_id._decision_writer(self).write(
                {
                    "milestone_date": before.milestone_date,
                    "milestone_user_id": before.milestone_user_id.id,
                }
            )

    def _check_derived(self, names) -> None:
        touched = sorted((DERIVED | FOLLOWED | REMEMBERED).intersection(names))
        if touched:
            labels = [
                self._fields[name]._description_string(self.env) for name in touched
            ]
            raise UserError(
                self.env._(
                    "“%(fields)s” follows from invoices and payments, or from the "
                    "order, and cannot be written. Register the payment or the credit "
                    "note; to change what was agreed, change the plan.",
                    fields=", ".join(labels),
                )
            )

    def _milestone_due(self) -> date | None:
        """Return the day a milestone is to be paid; None before it is reached."""
        if not self.milestone_date:
            return None
        return self.milestone_date + timedelta(days=self.days)

    # ---- acts ----------------------------------------------------------------------

    def action_reach(self):
        """Tick the milestone: it was reached today."""
        line = one(self)
        line.check_access("write")
        if line.trigger != "milestone" or not line.in_force:
            raise UserError(
                self.env._(
                    "Only the milestone of a plan in force can be ticked; %s is none.",
                    line.name,
                )
            )
        line.milestone_date = line.milestone_date or line._today(line.company_id)
        self.env["crm.plan.follow"]._follow(line.plan_id)
        return True

    def action_unreach(self):
        """Take back that the milestone was reached; its payment waits again."""
        line = one(self)
        line.check_access("write")
        line.milestone_date = False
        self.env["crm.plan.follow"]._follow(line.plan_id)
        return True

    def action_invoice(self):
        """Make a draft invoice of this line and show it."""
        line = one(self)
        line.check_access("write")
        return self.env["crm.plan.invoicer"]._invoice(line)

    def action_open_entries(self):
        """Show the journal items behind what was invoiced, paid and credited here."""
        line = one(self)
        receipts = line.receipt_ids
        invoices = line.invoice_ids | receipts.invoice_id
        return self.env["crm.payment.plan"]._open_entries(
            line.name, invoices, receipts.move_line_id
        )
