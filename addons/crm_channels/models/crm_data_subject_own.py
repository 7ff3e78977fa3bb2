from odoo import models
from odoo.fields import Domain


class CrmDataSubjectOwn(models.AbstractModel):
    _inherit = "crm.data.subject.own"

    def _which_touches(self, subject):
        # EXTENDS 'crm_relationship': what went to an address nobody had.
        known = sorted({*subject.emails, *subject.phones})
        nobody = Domain("partner_id", "=", False) & Domain("address", "in", known)
        return super()._which_touches(subject) | nobody
