from odoo import fields, models


class CrmContactPlanLine(models.Model):
    """How many recipients of a simulation a rule concerns, or leave in an hour."""

    _name = "crm.contact.plan.line"
    _description = "Line of a Simulation"
    _order = "plan_id desc, kind desc, hour, number desc, id"
    _log_access = False

    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Simulation",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[("rule", "By rule"), ("load", "By hour")],
        required=True,
        readonly=True,
    )
    arm = fields.Selection(
        selection=[("treated", "Written to"), ("holdout", "Kept out")],
        string="Group",
        readonly=True,
    )
    verdict = fields.Selection(
        selection=[
            ("send", "Leaves"),
            ("hold", "Waits"),
            ("drop", "Left out"),
            ("out", "Kept out"),
        ],
        readonly=True,
    )
    rule = fields.Char(readonly=True)
    text = fields.Char(string="Why", readonly=True)
    hour = fields.Datetime(readonly=True, help="Messages of the hour that begins then.")
    number = fields.Integer(string="Recipients", readonly=True)
