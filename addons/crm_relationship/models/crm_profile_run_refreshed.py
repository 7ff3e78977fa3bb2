from odoo import fields, models


class CrmProfileRunRefreshed(models.Model):
    """A customer refreshed for a change while a full run was under way.

    The run computes many customers ahead and writes them later. Who was refreshed in
    between is newer than what the run computed, and is left alone by it. The rows go
    when the run ends.
    """

    _name = "crm.profile.run.refreshed"
    _description = "Customer Refreshed during a Profile Run"
    _log_access = False

    run_id = fields.Many2one(
        comodel_name="crm.profile.run", required=True, ondelete="cascade"
    )
    # A plain number, so that nothing here locks a row of res_partner.
    partner_key = fields.Integer(string="Customer id", required=True)

    _run_idx = models.Index("(run_id, partner_key)")
