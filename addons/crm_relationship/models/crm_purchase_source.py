from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..records import one


class CrmPurchaseSource(models.Model):
    """An earlier or outside system whose purchases were imported, per company."""

    _name = "crm.purchase.source"
    _description = "Purchase Source"
    _order = "name, id"

    name = fields.Char(required=True)
    code = fields.Char(
        required=True, help="Name by which imports refer to this source."
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    counts_until = fields.Date(
        help="Purchases of this source count as revenue up to and including this day; "
        "set it to the last day before the ERP took over. Empty: they always count.",
    )
    active = fields.Boolean(default=True)

    _code_company_uniq = models.Constraint(
        "UNIQUE(company_id, code)",
        "This company has a purchase source with this code already.",
    )

    def write(self, vals):
        if {"code", "company_id"} & vals.keys() and any(
            source.code != vals.get("code", source.code)
            or source.company_id.id != vals.get("company_id", source.company_id.id)
            for source in self
        ):
            raise UserError(
                self.env._(
                    "Code and company of a purchase source are what its purchases and "
                    "its customers' references are found by; they cannot be changed. "
                    "Change the name, or import under another code."
                )
            )
        result = super().write(vals)
        if "counts_until" in vals:
            self.env["crm.customer.change"].sudo()._enqueue_query(
                SQL(
                    """SELECT DISTINCT company_id, partner_id
                         FROM crm_purchase_history WHERE source_id = ANY(%s)""",
                    self.ids,
                )
            )
        return result

    def action_view_purchases(self):
        """Open the purchases that came from here."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_purchase_history_action"
        )
        return action | {"domain": [("source_id", "=", self.id)], "context": {}}
