from odoo import api, models


class CrmTouchRecorder(models.AbstractModel):
    _inherit = "crm.touch.recorder"

    @api.model
    def _activity_vals(self, activities, feedback):
        # EXTENDS 'crm_relationship': a call that was asked for as a promotion is one.
        found = super()._activity_vals(activities, feedback)
        rows = self.env["crm.outbox"].search([("activity_key", "in", list(found))])
        for row in rows:
            found[row.activity_key]["purpose"] = row.purpose
        return found
