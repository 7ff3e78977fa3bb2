from odoo import api, models
from odoo.fields import Domain


class CrmDataSubjectCore(models.AbstractModel):
    _inherit = "crm.data.subject.core"

    @api.model
    def _drop_files(self, subject, messages):
        # EXTENDS crm_relationship: with the statements that were sent
        people = subject.partner_ids
        about = Domain("partner_id", "in", people) | Domain(
            "recipient_id", "in", people
        )
        self.env["crm.reminder"].sudo().search(about).attachment_id.unlink()
        return super()._drop_files(subject, messages)
