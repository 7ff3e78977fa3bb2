from odoo import fields, models


class CrmTouchOutcome(models.Model):
    """How a contact ended, as whoever made it says."""

    _name = "crm.touch.outcome"
    _description = "Contact Outcome"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="Short name that other systems use, e.g. reached."
    )
    is_reached = fields.Boolean(
        string="Customer reached",
        default=True,
        help="If not, it was a try: it is in the ledger, but the days since the last "
        "contact go on counting.",
    )
    next_days = fields.Integer(
        string="Next step after",
        help="Days after which quick entry proposes the next step; 0 proposes none.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(comodel_name="res.company", index=True)

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "An outcome with this code exists already in this company.",
    )
    _next_days_positive = models.Constraint(
        "CHECK(next_days >= 0)", "The next step cannot be before the contact."
    )
