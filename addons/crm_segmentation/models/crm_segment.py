from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.crm_relationship.records import one

RULE_FIELDS = {
    *("kind", "domain", "rfm_scheme_id", "rfm_cell_ids", "rfm_squares"),
}
# Written by refreshes only: who may edit a segment must not forge its outcome.
PROTECTED_FIELDS = {
    *("state", "state_message", "member_count", "added_count", "removed_count"),
    *("change_percent", "is_change_large", "last_refresh", "next_refresh"),
}


class CrmSegment(models.Model):
    """A group of customers by a rule, by RFM cells or picked by hand.

    Rules run with the rights of the segment's owner, when saved and every night;
    membership follows by difference and is dated. Nobody can make a segment run with
    somebody else's rights: owners take over themselves, and who changes the rule of
    another's segment becomes its owner.
    """

    _name = "crm.segment"
    _description = "Customer Segment"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    description = fields.Text(help="What this segment is for, and how it may be used.")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        copy=False,
        tracking=True,
        help="The rule sees what the owner may see.",
    )
    is_mine = fields.Boolean(compute="_compute_is_mine")

    # What makes a member
    kind = fields.Selection(
        selection=[
            ("rule", "Rule"),
            ("rfm", "RFM cells"),
            ("manual", "Picked by hand"),
        ],
        required=True,
        default="rule",
        tracking=True,
    )
    model_name = fields.Char(
        default="crm.customer.profile",
        readonly=True,
        store=False,
        export_string_translation=False,
    )
    domain = fields.Char(string="Rule", default="[]", tracking=True)
    rfm_scheme_id = fields.Many2one(
        comodel_name="crm.rfm.scheme",
        string="RFM scheme",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        compute="_compute_rfm_scheme_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    rfm_cell_ids = fields.Many2many(
        comodel_name="crm.rfm.cell",
        relation="crm_segment_rfm_cell_rel",
        column1="segment_id",
        column2="cell_id",
        string="Named cells",
        ondelete="restrict",
        domain="[('scheme_id', '=', rfm_scheme_id)]",
    )
    rfm_squares = fields.Char(
        string="Squares",
        tracking=True,
        help="Single squares of the heat map besides the named cells, as recency and "
        "frequency: 55 54 means recency 5 with frequency 5 or 4.",
    )

    # What came of it
    member_ids = fields.One2many(
        comodel_name="crm.segment.member", inverse_name="segment_id", readonly=True
    )
    member_count = fields.Integer(string="Members", readonly=True, copy=False)
    added_count = fields.Integer(string="Entered", readonly=True, copy=False)
    removed_count = fields.Integer(string="Left", readonly=True, copy=False)
    change_percent = fields.Float(
        string="Change (%)", readonly=True, copy=False, digits=(8, 1), aggregator="avg"
    )
    is_change_large = fields.Boolean(
        string="Changed a lot",
        readonly=True,
        copy=False,
        help="The members changed by more than a fifth; somebody should look at it "
        "before the segment is used.",
    )
    last_refresh = fields.Datetime(string="Last refresh", readonly=True, copy=False)
    next_refresh = fields.Datetime(readonly=True, copy=False, index=True)
    state = fields.Selection(
        selection=[
            ("new", "Not filled yet"),
            ("ready", "Up to date"),
            ("stopped", "Stopped"),
        ],
        required=True,
        readonly=True,
        default="new",
        copy=False,
    )
    state_message = fields.Text(string="Reason", readonly=True, copy=False)

    # ---- compute --------------------------------------------------------------------

    @api.depends_context("uid")
    @api.depends("user_id")
    def _compute_is_mine(self):
        for segment in self:
            segment.is_mine = segment.user_id == self.env.user

    @api.depends("kind", "company_id")
    def _compute_rfm_scheme_id(self):
        schemes = self.env["crm.rfm.scheme"].search(
            [("company_id", "in", self.company_id.ids), ("is_default", "=", True)]
        )
        by_company = {scheme.company_id: scheme for scheme in schemes}
        for segment in self:
            fits = segment.rfm_scheme_id.company_id == segment.company_id
            if segment.kind != "rfm" or not fits:
                segment.rfm_scheme_id = segment.kind == "rfm" and by_company.get(
                    segment.company_id
                )

    # ---- constraints ----------------------------------------------------------------

    @api.constrains("kind", "domain", "user_id", "company_id")
    def _check_rule(self):
        for segment in self.filtered(lambda s: s.kind == "rule"):
            rule = segment.with_user(segment.user_id).env["crm.segment.rule"]
            rule._check(rule._parse(segment.domain))

    @api.constrains("kind", "rfm_scheme_id", "rfm_cell_ids", "rfm_squares")
    def _check_rfm(self):
        for segment in self.filtered(lambda s: s.kind == "rfm"):
            self.env["crm.segment.rule"]._parse_squares(segment.rfm_squares)
            if not segment.rfm_scheme_id:
                raise ValidationError(
                    self.env._("A segment of RFM cells needs an RFM scheme.")
                )
            if not (segment.rfm_cell_ids or segment.rfm_squares):
                raise ValidationError(
                    self.env._("Choose at least one cell or square of the heat map.")
                )
            if segment.rfm_cell_ids.scheme_id - segment.rfm_scheme_id:
                raise ValidationError(
                    self.env._("All cells must be of the segment's own RFM scheme.")
                )

    @api.constrains("company_id")
    def _check_root_company(self):
        for company in self.company_id.filtered("parent_id"):
            raise ValidationError(
                self.env._(
                    "Customers are kept for a company and all its branches together: "
                    "choose %(root)s instead of %(branch)s.",
                    root=company.root_id.name,
                    branch=company.name,
                )
            )

    # ---- CRUD -----------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_unforged(vals)
        honest = self if self.env.su else self._without_forged_defaults()
        segments = super(CrmSegment, honest).create(vals_list).with_env(self.env)
        segments._refresh()
        return segments

    def write(self, vals):
        self._check_unforged(vals)
        if RULE_FIELDS & vals.keys() and "user_id" not in vals and not self.env.su:
            # The new rule is this user's, so it must see with this user's eyes.
            others = self.filtered(lambda s: s.user_id != self.env.user)
            if others:
                others.write({**vals, "user_id": self.env.uid})
                return (self - others).write(vals) if self - others else True
        if "company_id" in vals:
            self._check_company_stays(vals["company_id"])
        result = super().write(vals)
        if (RULE_FIELDS | {"user_id"}) & vals.keys() or vals.get("active"):
            self._refresh()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for segment, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = self.env._("%s (copy)", segment.name)
        return vals_list

    def _check_unforged(self, vals: dict) -> None:
        if self.env.su:
            return
        if PROTECTED_FIELDS & vals.keys():
            raise AccessError(
                self.env._("Members and state of a segment come from its refresh only.")
            )
        if vals.get("user_id", self.env.uid) != self.env.uid:
            raise AccessError(
                self.env._(
                    "A segment's rule runs with its owner's rights, so nobody can be "
                    "made the owner by somebody else. Ask the new owner to press "
                    "“Take over”."
                )
            )

    def _without_forged_defaults(self):
        """Return self without context keys that set protected fields or the owner."""
        forged = {f"default_{name}" for name in PROTECTED_FIELDS | {"user_id"}}
        context = {k: v for k, v in self.env.context.items() if k not in forged}
        return self.with_env(self.env(context=context))

    def _check_company_stays(self, company_id: int) -> None:
        if any(segment.company_id.id != company_id for segment in self):
            raise UserError(
                self.env._(
                    "A segment stays in its company. Copy it and choose the company "
                    "in the copy."
                )
            )

    # ---- actions --------------------------------------------------------------------

    def action_refresh(self):
        """Bring the members up to date now."""
        self.check_access("write")
        self._refresh()
        for segment in self.filtered(lambda s: s.state == "stopped"):
            raise UserError(segment.state_message)
        return True

    def action_take_over(self):
        """Become the owner; from now on the rule sees what the new owner may see."""
        return self.write({"user_id": self.env.uid})

    def action_confirm_change(self):
        """Say that a large change of the members is as it should be; the owners do."""
        self.check_access("write")
        if any(s.user_id != self.env.user for s in self) and not self.env.su:
            raise AccessError(self.env._("Only the owner of a segment confirms this."))
        self.sudo().is_change_large = False
        return True

    def action_view_customers(self):
        """Open the members in the list of customers."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_customer_profile_action"
        )
        return action | {
            "domain": [
                ("segment_ids", "in", self.ids),
                ("company_id", "=", self.company_id.id),
            ],
            "context": {"active_test": False},
            "display_name": self.name,
        }

    def action_view_members(self):
        """Open the members with the times they entered and left."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_segmentation.crm_segment_member_action"
        )
        return action | {
            "domain": [("segment_id", "=", self.id)],
            "context": {"search_default_open": 1},
        }

    def action_view_movements(self):
        """Open how the number of members developed."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_segmentation.crm_segment_movement_action"
        )
        return action | {"domain": [("segment_id", "=", self.id)]}

    def action_add_customers(self):
        """Pick customers for a segment by hand."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_segmentation.crm_segment_add_action"
        )
        return action | {"context": {"default_segment_id": self.id}}

    def action_export(self):
        """Download the members as a spreadsheet."""
        one(self)
        self.env["crm.segment.export"]._check_allowed(self)
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_segmentation/segment/{self.id}/members.xlsx",
            "target": "download",
        }

    def _log_export(self, count: int) -> None:
        """Note on the segment who took its members out of the system."""
        self.ensure_one()
        self.sudo().message_post(
            author_id=self.env.user.partner_id.id,
            body=self.env._(
                "%(user)s exported %(count)s members.",
                user=self.env.user.name,
                count=count,
            ),
        )

    # ---- membership -----------------------------------------------------------------

    def _refresh(self) -> None:
        refresh = self.env["crm.segment.refresh"]
        for segment in self:
            refresh._refresh(segment)

    def _add_partners(self, partner_ids: list[int]) -> None:
        """Put customers into hand-picked segments."""
        self._check_picked_by_hand()
        refresh = self.env["crm.segment.refresh"]
        for segment in self:
            refresh._add(segment, partner_ids)

    def _remove_partners(self, partner_ids: list[int]) -> None:
        """Take customers out of hand-picked segments."""
        self._check_picked_by_hand()
        refresh = self.env["crm.segment.refresh"]
        for segment in self:
            refresh._remove(segment, partner_ids)

    def _check_picked_by_hand(self) -> None:
        self.check_access("write")
        for segment in self.filtered(lambda s: s.kind != "manual"):
            raise UserError(
                self.env._(
                    "The members of “%s” follow from its rule. Change the rule, or "
                    "make a segment that is picked by hand.",
                    segment.name,
                )
            )

    @api.model
    def _request_refresh_of_scheme(self, schemes) -> None:
        """Have segments of these schemes follow their new scores soon."""
        segments = self.sudo().search(
            [("kind", "=", "rfm"), ("rfm_scheme_id", "in", schemes.ids)]
        )
        segments.write({"next_refresh": fields.Datetime.now()})
        if segments:
            self.env.ref("crm_segmentation.ir_cron_segment_refresh").sudo()._trigger()

    # ---- preview --------------------------------------------------------------------

    @api.model
    @api.readonly
    def preview(self, values: dict) -> dict:
        """Return who a rule would find, without saving anything.

        Runs with the current user's rights, never with an owner's.

        :param values: ``kind``, ``company_id``, ``domain``, ``rfm_scheme_id``,
            ``rfm_cell_ids``, ``rfm_squares`` as the form has them
        :return: ``count``, ``names`` (a sample), or ``message`` when it cannot be told
        """
        self.check_access("read")
        if not isinstance(values, dict):
            raise UserError(self.env._("The values of a segment are needed."))
        return self.env["crm.segment.refresh"]._preview(values)
