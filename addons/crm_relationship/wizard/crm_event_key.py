from odoo import fields, models


class CrmEventKey(models.TransientModel):
    """Shows a key once. It has no column: even a row that is saved holds nothing."""

    _name = "crm.event.key"
    _description = "Key of an Event Source"

    source_id = fields.Many2one(
        comodel_name="crm.event.source", readonly=True, store=False
    )
    key = fields.Char(readonly=True, store=False)
