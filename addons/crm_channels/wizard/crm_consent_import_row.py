from odoo import fields, models


class CrmConsentImportRow(models.TransientModel):
    """What is wrong with a row of a file of consents."""

    _name = "crm.consent.import.row"
    _description = "Problem in a File of Consents"
    _order = "number, id"
    _rec_name = "reason"

    import_id = fields.Many2one(
        comodel_name="crm.consent.import",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="import_id.company_id", store=True)
    number = fields.Integer(string="Row", readonly=True, aggregator=None)
    column = fields.Char(readonly=True)
    reason = fields.Char(readonly=True)
