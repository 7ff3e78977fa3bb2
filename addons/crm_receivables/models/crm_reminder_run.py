from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.crm_relationship.records import one

# So many of those who are not reminded are named with each rule.
NAMES = 5
STATES = ("draft", "planned", "sent", "failed", "skipped", "unknown")


class CrmReminderRun(models.Model):
    """Reminders proposed at one time for a company: looked at, confirmed, and sent by
    the outbox in the background."""

    _name = "crm.reminder.run"
    _description = "Reminder Run"
    _order = "id desc"

    name = fields.Char(compute="_compute_name", search="_search_name")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company.root_id,
        ondelete="cascade",
        help="With its branches: they keep the same books.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True, default=fields.Date.context_today)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
        help="In whose name the reminders are sent.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Only for",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="A run for one customer; empty: for all.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Proposed"),
            ("confirmed", "Confirmed"),
            ("cancelled", "Withdrawn"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    left_out = fields.Json(
        string="Customers left out, by rule",
        readonly=True,
        copy=False,
        help="Ids of the customers by short name of the rule.",
    )
    left_out_text = fields.Text(
        string="Who is not reminded, and why", compute="_compute_left_out_text"
    )
    reminder_ids = fields.One2many(
        comodel_name="crm.reminder", inverse_name="run_id", readonly=True
    )
    reminder_count = fields.Integer(string="Customers", compute="_compute_counts")
    planned_count = fields.Integer(string="Waiting", compute="_compute_counts")
    sent_count = fields.Integer(string="Sent", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    skipped_count = fields.Integer(string="Left out", compute="_compute_counts")
    unknown_count = fields.Integer(string="Unknown", compute="_compute_counts")
    call_count = fields.Integer(
        string="Calls to be made", compute="_compute_call_count"
    )
    amount = fields.Monetary(string="Overdue in all", compute="_compute_counts")

    @api.depends("left_out")
    @api.depends_context("lang")
    def _compute_left_out_text(self):
        said = dict(self.env["crm.reminder"]._reasons())
        for run in self:
            run.left_out_text = "\n".join(
                f"{len(ids)} – {said.get(rule, rule)} {run._names_of(ids)}"
                for rule, ids in sorted((run.left_out or {}).items())
            )

    def _names_of(self, ids) -> str:
        """Return the names of the first few customers, in brackets."""
        customers = self.env["res.partner"].browse(ids[:NAMES]).exists()
        names = customers.sudo().mapped("name") + ["…"] * (len(ids) > NAMES)
        return f"({', '.join(names)})"

    @api.depends("state")
    def _compute_call_count(self):
        checker = self.env["crm.reminder.checker"].sudo()
        for run in self:
            run.call_count = len(checker._open_calls(run.company_id, run.ids))

    @api.depends("date")
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Reminders of %s", fields.Date.to_string(run.date))

    def _search_name(self, operator, value):
        """Find runs by what their names say; there is about one a day."""
        if operator not in ("ilike", "in"):
            return NotImplemented
        runs = self.search_fetch([], ["date"])
        if operator == "ilike":
            part = str(value).lower()
            found = runs.filtered(lambda run: part in run.name.lower())
        else:
            found = runs.filtered(lambda run: run.name in value)
        return [("id", "in", found.ids)]

    @api.depends("state")
    def _compute_counts(self):
        groups = self.env["crm.reminder"]._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "state"],
            ["__count", "amount:sum"],
        )
        found = {(run.id, state): rest for run, state, *rest in groups}
        for run in self:
            rows = {state: found.get((run.id, state), [0, 0.0]) for state in STATES}
            for state in STATES[1:]:
                run[f"{state}_count"] = rows[state][0]
            run.reminder_count = sum(count for count, _amount in rows.values())
            run.amount = sum(amount for _count, amount in rows.values())

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        if not self.env.su:
            # What a run says is what was proposed, not what somebody types.
            ledger = self.env["crm.collection.ledger"].sudo()
            company = self.env.company.root_id
            blank = {
                "company_id": company.id,
                "user_id": self.env.uid,
                "state": "draft",
                "date": ledger._today(company),
                "left_out": False,
            }
            vals_list = [
                {**blank, "partner_id": vals.get("partner_id")} for vals in vals_list
            ]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals:
            raise UserError(
                self.env._("Use the buttons: a run is what was proposed and confirmed.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        """Also a withdrawn run remembers who was reminded of what before."""
        left = Domain("run_id", "in", self.ids)
        left &= Domain("state", "not in", ("draft", "skipped"))
        reminders = self.env["crm.reminder"].sudo()
        if any(run.state == "confirmed" for run in self) or reminders.search_count(
            left, limit=1
        ):
            raise UserError(
                self.env._("Only proposals can be deleted; customers got the others.")
            )

    # ---- buttons --------------------------------------------------------------------

    def action_begin(self):
        """Propose reminders for all customers of the company and show them."""
        self.check_access("create")
        self._ask_about_others()
        return self._begin(self.env["res.partner"])

    @api.model
    def _ask_about_others(self) -> None:
        """Show what a colleague has proposed today instead of dropping it: customers
        may have been left out of it."""
        company = self.env.company.root_id
        today = self.env["crm.collection.ledger"].sudo()._today(company)
        other = self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "=", False),
                ("state", "=", "draft"),
                ("date", "=", today),
                ("user_id", "!=", self.env.uid),
            ],
            limit=1,
        )
        if other:
            raise RedirectWarning(
                self.env._(
                    "%s has proposed reminders today and not confirmed them yet. Use "
                    "that run: confirm it, propose anew in it, or delete it.",
                    other.user_id.name,
                ),
                other._action_form(),
                self.env._("Open it"),
            )

    @api.model
    def _begin(self, customer) -> dict:
        """Propose reminders, of one customer or of all, and return the action that
        shows them.

        :raise UserError: the one customer is not reminded; says why
        """
        run = self.create({"partner_id": customer.id})
        self.env["crm.reminder.planner"].sudo()._propose(run.sudo())
        if customer and not run.reminder_count:
            raise UserError(
                self.env._(
                    "%(customer)s is not reminded now: %(why)s",
                    customer=customer.name,
                    why=run.left_out_text or self.env._("nothing is overdue."),
                )
            )
        return run._action_form()

    def _leave_out(self, customer) -> None:
        """Note that somebody took a customer out of the proposal."""
        left_out = dict(self.left_out or {})
        left_out["by_hand"] = [*left_out.get("by_hand", []), customer.id]
        self.left_out = left_out

    def _action_form(self) -> dict:
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reminders"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def action_propose(self):
        """Propose anew, by what is open now."""
        one(self).check_access("write")
        if self.state == "draft":
            self.env["crm.reminder.planner"].sudo()._propose(self.sudo())
        return True

    def action_confirm(self):
        """Hand the reminders to the outbox, which checks each again when it leaves."""
        one(self).check_access("write")
        if self.state != "draft":
            # Somebody else was quicker, or the button was pressed twice.
            return True
        if not self.reminder_count:
            raise UserError(
                self.env._(
                    "There is nobody to remind. See below who was left out and why."
                )
            )
        today = self.env["crm.collection.ledger"].sudo()._today(self.company_id)
        if self.date != today:
            raise UserError(
                self.env._(
                    "This was proposed on %s. Propose anew: levels and days between "
                    "reminders count from today.",
                    format_date(self.env, self.date),
                )
            )
        self.sudo().user_id = self.env.user
        self.env["crm.reminder.planner"].sudo()._confirm(self.sudo())
        return True

    def action_withdraw(self):
        """Stop what has not left yet; at once, also between two mails."""
        one(self).check_access("write")
        if self.state != "cancelled":
            self.env["crm.reminder.planner"].sudo()._withdraw(self.sudo())
        return True

    def action_open_left_out(self):
        """Show the customers who are not reminded, with what they owe."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_collection_customer_action"
        )
        ids = sorted({key for ids in (self.left_out or {}).values() for key in ids})
        return {**action, "domain": [("customer_id", "in", ids)], "context": {}}

    def action_open_reminders(self):
        """Show the reminders of this run, by what became of them."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_reminder_action"
        )
        domain = [("run_id", "=", self.id)]
        state = self.env.context.get("reminder_state")
        if state in STATES:
            domain.append(("state", "=", state))
        return {**action, "domain": domain, "context": {}}

    @api.autovacuum
    def _gc_proposals(self):
        """Forget proposals nobody confirmed within a week: they keep their items."""
        old = fields.Date.subtract(fields.Date.today(), days=7)
        runs = self.search([("state", "=", "draft"), ("date", "<", old)], limit=100)
        runs.unlink()
        return len(runs), int(len(runs) == 100)
