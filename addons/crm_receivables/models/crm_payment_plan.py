from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.core.decisions import DELETE, Transition
from odoo.addons.crm_relationship.records import one

from ..core import plan

SALESPERSON = "sales_team.group_sale_salesman"
MANAGER = "sales_team.group_sale_manager"
INVOICING = "account.group_account_invoice"
# States of versions that are history.
PAST = ("replaced", "withdrawn")
# The order's. Whose a plan is decides who sees it, so nobody may say otherwise.
FOLLOWED = frozenset({"company_id", "partner_id", "user_id", "currency_id"})
# Written by the ledger alone.
DERIVED = (
    "amount_total",
    "invoiced_amount",
    "paid_amount",
    "credited_amount",
    "open_amount",
    "surplus_amount",
    "next_due_date",
    "ledger_stamp",
)


class CrmPaymentPlan(models.Model):
    """By when a customer is to pay what of an order, and what became of it.

    A plan is agreed by a decision and does not change afterwards: who wants another
    one writes a new version, and with its approval it takes the place of the old one.
    Amounts are in the order's currency, with taxes.
    """

    _name = "crm.payment.plan"
    _description = "Payment Plan"
    _inherit = ["crm.decision.mixin"]
    _order = "id desc"

    _decision_content = ("order_id", "basis", "note", "line_ids")
    _decision_locked = ("agreed", *PAST)

    # Declared once more, so that its table is this module's and goes with it.
    decision_author_ids = fields.Many2many()
    order_id = fields.Many2one(
        comodel_name="sale.order",
        required=True,
        index=True,
        ondelete="cascade",
    )
    # Stored: lists are filtered and grouped by them, and rules ask for them.
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="order_id.partner_id",
        string="Customer",
        store=True,
        index=True,
        precompute=True,
    )
    user_id = fields.Many2one(
        related="order_id.user_id", string="Salesperson", store=True, precompute=True
    )
    currency_id = fields.Many2one(
        related="order_id.currency_id", store=True, precompute=True
    )
    version = fields.Integer(default=1, required=True, readonly=True, copy=False)
    previous_id = fields.Many2one(
        comodel_name="crm.payment.plan",
        string="Version before",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    origin = fields.Selection(
        selection=[("term", "Payment term"), ("hand", "By hand"), ("change", "Change")],
        string="Comes from",
        required=True,
        readonly=True,
        default="hand",
        copy=False,
    )
    # Empty for plans of before it was remembered, and for what somebody wrote.
    term_id = fields.Many2one(
        comodel_name="account.payment.term",
        string="Made from",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    term_hint = fields.Char(string="Payment term changed", compute="_compute_term_hint")
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("proposed", "Proposed"),
            ("agreed", "In force"),
            ("replaced", "Replaced"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    in_force = fields.Boolean(readonly=True, copy=False)
    basis = fields.Selection(
        selection=[("percent", "Percentages of the order"), ("amount", "Amounts")],
        string="Planned by",
        required=True,
        default="percent",
        help="When the order is amended, percentages change with it; with amounts the "
        "last payments take up the difference. What was invoiced stays.",
    )
    note = fields.Text(string="Terms", help="What was agreed beside days and amounts.")
    line_ids = fields.One2many(
        comodel_name="crm.payment.plan.line",
        inverse_name="plan_id",
        string="Payments",
        copy=True,
    )
    receipt_ids = fields.One2many(
        comodel_name="crm.payment.plan.receipt",
        inverse_name="plan_id",
        string="Receipts",
        readonly=True,
    )
    order_total = fields.Monetary(
        string="Order amount", related="order_id.amount_total"
    )
    planned_amount = fields.Monetary(
        string="Planned", compute="_compute_planned_amount"
    )
    unplanned_amount = fields.Monetary(
        string="Left to plan", compute="_compute_planned_amount"
    )

    # ---- derived from the ledger ---------------------------------------------------
    amount_total = fields.Monetary(
        string="To be paid",
        readonly=True,
        copy=False,
        help="The order; the invoices as long as it is a quotation, and once it is "
        "cancelled or nothing more will be invoiced.",
    )
    invoiced_amount = fields.Monetary(string="Invoiced", readonly=True, copy=False)
    paid_amount = fields.Monetary(string="Paid", readonly=True, copy=False)
    credited_amount = fields.Monetary(string="Credited", readonly=True, copy=False)
    open_amount = fields.Monetary(string="Open", readonly=True, copy=False)
    surplus_amount = fields.Monetary(
        string="Paid too much",
        readonly=True,
        copy=False,
        help="Money no payment of the plan takes: to be paid back or used otherwise. "
        "Negative if more was paid back than had come.",
    )
    next_due_date = fields.Date(readonly=True, copy=False, index=True)
    # Changes with every event of the order in the ledger, so that two of them at the
    # same moment meet on one row, and the second one sees what the first one did.
    ledger_stamp = fields.Integer(readonly=True, copy=False, default=0)

    _in_force_idx = models.UniqueIndex(
        "(order_id) WHERE in_force", "An order has one payment plan in force."
    )

    @api.depends("order_id.name", "version")
    def _compute_display_name(self):
        for record in self:
            name = record.order_id.name or ""
            record.display_name = (
                self.env._("%(order)s (version %(n)s)", order=name, n=record.version)
                if record.version > 1
                else name
            )

    @api.depends("line_ids.amount_planned", "order_id.amount_total")
    def _compute_planned_amount(self):
        for record in self:
            record.planned_amount = sum(record.line_ids.mapped("amount_planned"))
            record.unplanned_amount = record.order_total - record.planned_amount

    @api.depends(
        "term_id",
        "open_amount",
        "in_force",
        "order_id.payment_term_id",
        "order_id.state",
    )
    @api.depends_context("lang")
    def _compute_term_hint(self):
        for record in self:
            record.term_hint = self.env["crm.plan.term.hint"]._of(record)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(
            [
                {name: v for name, v in vals.items() if name not in FOLLOWED}
                for vals in vals_list
            ]
        )

    def write(self, vals):
        fixed = FOLLOWED | {"version", "previous_id", "origin"}
        # Another company is refused as such: it would be a decision.
        touched = fixed.intersection(vals) - {"company_id"}
        if touched or "order_id" in vals and self.order_id.ids != [vals["order_id"]]:
            raise UserError(
                self.env._(
                    "A plan stays with its order, whose customer, salesperson and "
                    "currency it has. Write another plan there."
                )
            )
        return super().write(vals)

    def _units(self, amount: float) -> int:
        """Return an amount in smallest units of the plan's currency."""
        return plan.to_units(amount or 0.0, self.currency_id.rounding or 0.01)

    def _split_percents(self) -> dict:
        """Return what each line gets of the order by its percentage."""
        self.ensure_one()
        lines = self.line_ids
        rounding = self.currency_id.rounding or 0.01
        split = plan.shares(
            max(self._units(self.order_id.amount_total), 0),
            lines.mapped("percent"),
            100,
        )
        return {
            line: plan.from_units(units, rounding)
            for line, units in zip(lines, split, strict=True)
        }

    # ---- decisions -----------------------------------------------------------------

    @api.model
    def _decision_transitions(self):
        # OVERRIDE
        return [
            Transition(
                "propose",
                ("draft",),
                "proposed",
                label=self.env._("Propose"),
                groups=(MANAGER, INVOICING),
                persons=True,
                voids_to="draft",
                style="primary",
            ),
            *self._answers(),
            Transition(
                "withdraw",
                ("draft", "proposed"),
                "withdrawn",
                label=self.env._("Withdraw"),
                groups=(MANAGER, INVOICING),
                persons=True,
            ),
            Transition(DELETE, ("draft",), groups=(SALESPERSON, MANAGER, INVOICING)),
        ]

    @api.model
    def _answers(self) -> list[Transition]:
        """Return what whoever answers for the money decides."""
        deciders = (MANAGER, "account.group_account_manager")
        return [
            Transition(
                "approve",
                ("proposed",),
                "agreed",
                label=self.env._("Approve"),
                groups=deciders,
                two_person=True,
                asked=True,
                due_hours=24,
                style="primary",
            ),
            Transition(
                "decline",
                ("proposed",),
                "draft",
                label=self.env._("Decline"),
                groups=deciders,
                needs_reason=True,
                style="danger",
            ),
        ]

    @api.model
    def _decision_protected(self):
        # EXTENDS crm.decision.guard
        return super()._decision_protected() | {"in_force", "term_id", *DERIVED}

    def _decision_persons(self, transition):
        # OVERRIDE
        if transition.name in ("propose", "withdraw"):
            return self.user_id or self.create_uid or self.env.user
        return self.env["res.users"]

    def _decision_check(self, transition):
        # OVERRIDE
        if transition.name not in ("propose", "approve"):
            return
        self.env["crm.plan.checker"]._check(self)

    def _decision_done(self, transition, decision):
        # OVERRIDE
        if transition.name == "approve":
            self.sudo()._enter_force()

    def _enter_force(self) -> None:
        """Take the place of the plan in force, with what was done from its lines."""
        self.ensure_one()
        former = self.search(
            [("order_id", "=", self.order_id.id), ("in_force", "=", True)]
        )
        if former:
            former._decision_set(in_force=False, state="replaced")
            # The index allows one at a time: the old one must be out before.
            former.flush_recordset()
        for line in self.line_ids.filtered("origin_id"):
            line._take_over()
        self._decision_set(in_force=True)
        self.env["crm.plan.follow"]._follow(self)

    # ---- acts ----------------------------------------------------------------------

    def action_revise(self):
        """Write a new version of this plan and show it; the old one stays in force
        until the new one is approved."""
        former = one(self)
        former.check_access("write")
        if not former.in_force:
            raise UserError(
                self.env._("Only the plan in force is changed. Open that of the order.")
            )
        open_ = [
            ("order_id", "=", former.order_id.id),
            ("state", "in", ("draft", "proposed")),
        ]
        version = self.search(open_, limit=1)
        version = version or self.env["crm.plan.maker"]._revise(former)
        return version._open()

    def action_open_order(self):
        """Show the order."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": one(self).order_id.id,
            "views": [(False, "form")],
        }

    def action_open_entries(self):
        """Show the journal items behind this plan."""
        record = one(self)
        receipts = record.receipt_ids
        invoices = record.line_ids.invoice_ids | receipts.invoice_id
        invoices |= record.order_id.sudo().invoice_ids
        return self._open_entries(record.display_name, invoices, receipts.move_line_id)

    @api.model
    def _open_entries(self, name: str, invoices, items) -> dict:
        """Return the action that lists receivable items of invoices and what settled
        them; the list shows what the user may see of the ledger."""
        receivable = [
            ("account_id.account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal items: %s", name),
            "res_model": "account.move.line",
            "views": [(False, "list"), (False, "form")],
            "domain": [
                *receivable,
                "|",
                ("move_id", "in", invoices.ids),
                ("id", "in", items.ids),
            ],
            "context": {"create": False},
        }

    def _open(self) -> dict:
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Payment plan"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }
