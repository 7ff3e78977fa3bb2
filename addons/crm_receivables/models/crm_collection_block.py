from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.crm_relationship.records import one

# What a person may correct afterwards; all else is what was agreed.
EDITABLE = {"note", "date_until", "reason"}


class CrmCollectionBlock(models.Model):
    """Nobody is reminded of these items: the customer disputes them, or somebody has
    agreed to wait. It ends on its day, or when somebody lifts it.

    A row of ours, beside the books: posted entries are never written to.
    """

    _name = "crm.collection.block"
    _description = "Hold on Reminders"
    _order = "state, date_until, id desc"
    _rec_name = "partner_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    root_company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_root_company_id",
        store=True,
        precompute=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        domain="[('parent_id', '=', False)]",
        index=True,
        ondelete="cascade",
    )
    line_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="crm_collection_block_line_rel",
        column1="block_id",
        column2="line_id",
        string="Items",
        domain="[('account_type', '=', 'asset_receivable'), "
        "('parent_state', '=', 'posted'), ('reconciled', '=', False), "
        "('partner_id', 'child_of', partner_id), ('amount_residual', '>', 0)]",
        help="Empty means everything the customer owes, also what is invoiced later.",
    )
    whole_customer = fields.Boolean(
        compute="_compute_whole_customer",
        store=True,
        precompute=True,
        help="Holds for all the customer owes",
    )
    reason = fields.Selection(
        selection=[
            ("dispute", "Disputed by the customer"),
            ("ours", "Our mistake, being corrected"),
            ("agreed", "Longer time agreed"),
            ("legal", "With a lawyer or agency"),
            ("other", "Other"),
        ],
        required=True,
        default="dispute",
    )
    note = fields.Text(string="What it is about")
    date_until = fields.Date(
        string="Until", help="Last day of the hold; empty means until it is lifted."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    state = fields.Selection(
        selection=[("active", "On hold"), ("lifted", "Ended")],
        string="Status",
        required=True,
        readonly=True,
        default="active",
        copy=False,
    )
    lift_date = fields.Date(string="Ended on", readonly=True, copy=False)

    _active_idx = models.Index("(partner_id, root_company_id) WHERE state = 'active'")

    @api.depends("company_id")
    def _compute_root_company_id(self):
        for block in self:
            block.root_company_id = block.company_id.root_id

    @api.depends("line_ids")
    def _compute_whole_customer(self):
        for block in self:
            block.whole_customer = not block.line_ids

    @api.constrains("line_ids", "partner_id")
    def _check_line_ids(self):
        for block in self.sudo():
            owners = block.line_ids.partner_id.commercial_partner_id
            if owners - block.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "These items are not all of %s: hold each customer's own.",
                        block.partner_id.display_name,
                    )
                )

    @api.constrains("date_until")
    def _check_date_until(self):
        for block in self.sudo():
            if not block.date_until or block.state != "active":
                continue
            today = self.env["crm.collection.ledger"]._today(block.company_id)
            if block.date_until < today:
                raise ValidationError(
                    self.env._(
                        "%(day)s is over: nothing would be on hold. Choose %(today)s "
                        "or a later day, or none to hold it until somebody ends the "
                        "hold.",
                        day=format_date(self.env, block.date_until),
                        today=format_date(self.env, today),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:
                vals |= {"user_id": self.env.uid, "state": "active"}
                vals["lift_date"] = False
            if vals.get("partner_id"):
                partner = self.env["res.partner"].browse(vals["partner_id"])
                vals["partner_id"] = partner.commercial_partner_id.id
        blocks = super().create(vals_list)
        # Nobody calls any more about what is on hold from now on.
        for root in blocks.root_company_id:
            self.env["crm.reminder.checker"].sudo()._take_back_settled(root)
        return blocks

    def write(self, vals):
        if not self.env.su and vals.keys() - EDITABLE:
            raise UserError(
                self.env._(
                    "What is on hold does not change: lift this hold and make another."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_none(self):
        if not self.env.su:
            raise UserError(
                self.env._("Holds are kept as history: lift it instead of deleting it.")
            )

    def action_lift(self):
        """End the hold: from now on, the customer can be reminded again."""
        one(self).check_access("write")
        self.sudo()._lift()
        return True

    def _lift(self) -> None:
        for company, blocks in (
            self.filtered(lambda b: b.state == "active").grouped("company_id").items()
        ):
            today = self.env["crm.collection.ledger"]._today(company)
            blocks.write({"state": "lifted", "lift_date": today})

    @api.model
    def _end_by_time(self, company) -> None:
        """End holds whose last day is over."""
        today = self.env["crm.collection.ledger"]._today(company)
        over = Domain("state", "=", "active") & Domain("date_until", "<", today)
        self.search(over & Domain("root_company_id", "=", company.id))._lift()
