from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core.decisions import DELETE, Transition

SALESPERSON = "sales_team.group_sale_salesman"
MANAGER = "sales_team.group_sale_manager"


class CrmHandover(models.Model):
    """A customer goes from one salesperson to another, who accepts it.

    Nothing moves before the successor accepts. Then contacts, open opportunities,
    quotations and planned activities of the customer follow in one transaction.
    """

    _name = "crm.handover"
    _description = "Customer Handover"
    _inherit = ["crm.decision.mixin"]
    _order = "id desc"
    _rec_name = "partner_id"

    _decision_content = (
        "partner_id",
        "to_user_id",
        "with_leads",
        "with_quotations",
        "with_activities",
        "note",
        "promise_ids",
    )
    _decision_locked = ("accepted", "declined", "withdrawn")

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        domain="[('parent_id', '=', False)]",
        ondelete="cascade",
    )
    from_user_id = fields.Many2one(
        comodel_name="res.users",
        string="From",
        compute="_compute_from_user_id",
        store=True,
        index=True,
        ondelete="restrict",
        help="The customer's salesperson when the handover was written.",
    )
    to_user_id = fields.Many2one(
        comodel_name="res.users",
        string="To",
        required=True,
        index=True,
        domain="[('share', '=', False), ('id', '!=', from_user_id)]",
        ondelete="restrict",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("offered", "Offered"),
            ("accepted", "Accepted"),
            ("declined", "Declined"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    with_leads = fields.Boolean(string="Open opportunities", default=True)
    with_quotations = fields.Boolean(string="Open quotations", default=True)
    with_activities = fields.Boolean(string="Planned activities", default=True)
    note = fields.Text(
        string="What the successor should know",
        help="Who decides there, what is open, what to avoid.",
    )
    promise_ids = fields.One2many(
        comodel_name="crm.handover.promise",
        inverse_name="handover_id",
        string="Promises",
        copy=True,
        help="Each becomes a planned activity of the successor with acceptance.",
    )
    moved_lead_count = fields.Integer(
        string="Opportunities moved", readonly=True, copy=False
    )
    moved_quotation_count = fields.Integer(
        string="Quotations moved", readonly=True, copy=False
    )
    moved_activity_count = fields.Integer(
        string="Activities moved", readonly=True, copy=False
    )

    @api.depends("partner_id")
    def _compute_from_user_id(self):
        for handover in self.filtered(lambda h: h.state in (False, "draft")):
            handover.from_user_id = handover.partner_id.user_id

    @api.depends("partner_id", "to_user_id")
    def _compute_display_name(self):
        for handover in self:
            handover.display_name = self.env._(
                "%(customer)s → %(successor)s",
                customer=handover.partner_id.display_name or "",
                successor=handover.to_user_id.name or "",
            )

    # ---- decisions -----------------------------------------------------------------

    @api.model
    def _decision_transitions(self):
        # OVERRIDE
        return [
            Transition(
                "offer",
                ("draft",),
                "offered",
                label=self.env._("Offer"),
                groups=(MANAGER,),
                persons=True,
                voids_to="draft",
                style="primary",
            ),
            *self._answers(),
            Transition(
                "withdraw",
                ("offered",),
                "withdrawn",
                label=self.env._("Withdraw"),
                groups=(MANAGER,),
                persons=True,
            ),
            Transition(DELETE, ("draft",), groups=(SALESPERSON, MANAGER)),
        ]

    @api.model
    def _answers(self) -> list[Transition]:
        """Return what the successor decides."""
        return [
            Transition(
                "accept",
                ("offered",),
                "accepted",
                label=self.env._("Accept"),
                persons=True,
                two_person=True,
                asked=True,
                due_hours=48,
                style="primary",
            ),
            Transition(
                "decline",
                ("offered",),
                "declined",
                label=self.env._("Decline"),
                persons=True,
                needs_reason=True,
                style="danger",
            ),
        ]

    @api.model
    def _decision_protected(self):
        # EXTENDS crm.decision.guard
        return super()._decision_protected() | {
            "from_user_id",
            "moved_lead_count",
            "moved_quotation_count",
            "moved_activity_count",
        }

    def _decision_persons(self, transition):
        # OVERRIDE
        if transition.name in ("accept", "decline"):
            return self.to_user_id
        # Nobody's customer may be offered by whoever writes the handover.
        return self.from_user_id or self.create_uid or self.env.user

    def _decision_superiors(self, transition):
        # OVERRIDE
        teams = (self.from_user_id | self.to_user_id).sale_team_id
        return teams.user_id or self.from_user_id

    def _decision_check(self, transition):
        # OVERRIDE
        if transition.name not in ("offer", "accept"):
            return
        customer = self.sudo().partner_id
        if not customer.active:
            raise UserError(self.env._("%s is archived.", customer.display_name))
        if not self.to_user_id.active:
            raise UserError(
                self.env._("%s does not work here any more.", self.to_user_id.name)
            )
        if customer.user_id != self.from_user_id:
            raise UserError(
                self.env._(
                    "%(customer)s has another salesperson by now (%(owner)s). Write a "
                    "new handover.",
                    customer=customer.display_name,
                    owner=customer.user_id.name or self.env._("nobody"),
                )
            )
        if self.to_user_id == self.from_user_id:
            raise UserError(
                self.env._(
                    "%s looks after this customer already.", customer.user_id.name
                )
            )
        others = [("partner_id", "=", customer.id), ("state", "=", "offered")]
        if self.sudo().search_count([*others, ("id", "!=", self.id)], limit=1):
            raise UserError(
                self.env._(
                    "%s is offered to somebody already. Withdraw that handover first.",
                    customer.display_name,
                )
            )

    def _decision_done(self, transition, decision):
        # OVERRIDE
        if transition.name == "accept":
            self.sudo()._hand_over()

    # ---- what moves ----------------------------------------------------------------

    def _hand_over(self) -> None:
        """Move the customer and what is open with it; runs as superuser, because the
        successor has no right to the predecessor's documents before."""
        old, new = self.from_user_id, self.to_user_id
        family = self.env["res.partner"].with_context(active_test=False)
        family = family.search([("id", "child_of", self.partner_id.ids)])
        family.filtered(lambda p: p.user_id == old).user_id = new
        theirs = Domain("partner_id", "in", family.ids)
        theirs &= Domain("user_id", "=", old.id)
        house = self.company_id.root_id.id
        theirs &= Domain("company_id", "=", False) | Domain(
            "company_id", "child_of", house
        )
        open_lead = Domain("won_status", "=", "pending")
        leads = self.env["crm.lead"].search(theirs & open_lead)
        open_order = Domain("state", "in", ("draft", "sent"))
        orders = self.env["sale.order"].search(theirs & open_order)
        activities = self._open_activities(family, leads, orders)
        counts = {}
        if self.with_leads:
            leads.user_id = new
            counts["moved_lead_count"] = len(leads)
        if self.with_quotations:
            orders.user_id = new
            counts["moved_quotation_count"] = len(orders)
        if self.with_activities:
            activities.user_id = new
            counts["moved_activity_count"] = len(activities)
        self.promise_ids._plan_for(self.partner_id, new)
        self._decision_set(**counts)

    def _open_activities(self, family, leads, orders):
        """Return the predecessor's planned activities on these documents."""
        on = Domain.OR(
            Domain("res_model", "=", records._name)
            & Domain("res_id", "in", records.ids)
            for records in (family, leads, orders)
        )
        return self.env["mail.activity"].search(
            on & Domain("user_id", "=", self.from_user_id.id)
        )
