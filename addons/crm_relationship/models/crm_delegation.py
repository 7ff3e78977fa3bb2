from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core.decisions import Capacity
from ..records import one

MOST_DAYS = 366
CHANGEABLE = {"date_to", "ended", "reason"}


class CrmDelegation(models.Model):
    """Somebody decides in the place of somebody absent, for a time.

    What is lent are the roles the absent person holds on that day, not access rights:
    who decides still needs to see the document. Lent roles cannot be lent on.
    """

    _name = "crm.delegation"
    _description = "Delegation of Decisions"
    _order = "date_from desc, id desc"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Absent",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        index=True,
        ondelete="cascade",
        help="Whose decisions these are; everybody delegates only for themselves.",
    )
    delegate_id = fields.Many2one(
        comodel_name="res.users",
        string="Decides meanwhile",
        required=True,
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        index=True,
        ondelete="cascade",
    )
    date_from = fields.Date(
        string="From", required=True, default=fields.Date.context_today
    )
    date_to = fields.Date(
        string="Until",
        required=True,
        help="The last day, in the company's customer time zone.",
    )
    ended = fields.Boolean(string="Ended early", readonly=True, copy=False)
    reason = fields.Char()
    state = fields.Selection(
        selection=[("planned", "Planned"), ("active", "Active"), ("ended", "Ended")],
        string="Status",
        compute="_compute_state",
        search="_search_state",
    )

    _dates_check = models.Constraint(
        "CHECK(date_from <= date_to)", "A delegation ends on or after its first day."
    )
    _other_check = models.Constraint(
        "CHECK(user_id != delegate_id)", "Nobody delegates to themselves."
    )
    _active_idx = models.Index("(delegate_id, company_id, date_to)")

    @api.depends("user_id", "delegate_id")
    def _compute_display_name(self):
        for delegation in self:
            people = (delegation.user_id.name, delegation.delegate_id.name)
            delegation.display_name = " → ".join(filter(None, people))

    @api.depends("date_from", "date_to", "ended")
    def _compute_state(self):
        for delegation in self:
            today = delegation._today(delegation.company_id or self.env.company)
            over = delegation.date_to and delegation.date_to < today
            if delegation.ended or over:
                delegation.state = "ended"
            elif delegation.date_from and delegation.date_from <= today:
                delegation.state = "active"
            else:
                delegation.state = "planned"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        found = Domain.FALSE
        for company in self.env["res.company"].sudo().search([]):  # pylint: disable=no-search-all
            today = self._today(company)
            ended = Domain("ended", "=", True) | Domain("date_to", "<", today)
            begun = Domain("date_from", "<=", today)
            domains = {
                "planned": ~ended & ~begun,
                "active": ~ended & begun,
                "ended": ended,
            }
            here = Domain.OR([domains[state] for state in value if state in domains])
            found |= Domain("company_id", "=", company.id) & here
        return found

    @api.constrains("date_from", "date_to")
    def _check_length(self):
        for delegation in self:
            if delegation.date_to - delegation.date_from > timedelta(days=MOST_DAYS):
                raise ValidationError(
                    self.env._("A delegation lasts a year at most; renew it then.")
                )

    @api.constrains("user_id", "delegate_id")
    def _check_people(self):
        for delegation in self:
            if delegation.delegate_id.share:
                raise ValidationError(
                    self.env._("Only colleagues can decide in somebody's place.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("user_id", self.env.uid) != self.env.uid:
                raise UserError(
                    self.env._(
                        "Everybody delegates their own decisions. For somebody who "
                        "cannot, another holder of the role decides."
                    )
                )
        # Given, so that a default_… of the caller's context does nothing.
        return super().create([{**v, "user_id": self.env.uid} for v in vals_list])

    def write(self, vals):
        if not vals.keys() <= CHANGEABLE or vals.get("ended") is False:
            raise UserError(
                self.env._(
                    "Of a delegation, the end and the reason can be changed. End it "
                    "and make another one for the rest."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        for delegation in self:
            if delegation.state != "planned":
                raise UserError(
                    self.env._(
                        "This delegation has begun and explains decisions. End it "
                        "instead."
                    )
                )

    def action_end(self):
        """Let the delegation end now: from today on, its owner decides again."""
        one(self)
        self.check_access("write")
        if self.state != "active":
            raise UserError(self.env._("Only an active delegation can be ended."))
        self.ended = True
        return True

    @api.model
    def _today(self, company):
        return self.env["crm.customer.metrics"].sudo()._today(company)

    @api.model
    def _capacities(self, user, company) -> list[Capacity]:
        """Return in which capacities a user decides: their own, then those lent."""
        today = self._today(company)
        lenders = self.sudo().search(
            [
                ("delegate_id", "=", user.id),
                ("ended", "=", False),
                ("company_id", "in", (company | company.root_id).ids),
                ("date_from", "<=", today),
                ("date_to", ">=", today),
                ("user_id.active", "=", True),
            ]
        )
        return [self._capacity(person) for person in user | lenders.user_id]

    @api.model
    def _capacity(self, user) -> Capacity:
        groups = user.sudo().all_group_ids._get_external_ids()
        return Capacity(user.id, frozenset(x for ids in groups.values() for x in ids))
