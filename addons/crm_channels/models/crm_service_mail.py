from odoo import models


class CrmServiceMail(models.Model):
    _inherit = "crm.service.mail"

    def _placeholders(self):
        # EXTENDS 'crm_relationship'
        return {
            **super()._placeholders(),
            "preferences": self.env._("link by which customers say what they want"),
        }

    def _value_for(self, name, partner):
        # EXTENDS 'crm_relationship'
        if name == "preferences":
            return self.env["crm.preferences"]._link(partner, self.company_id)
        return super()._value_for(name, partner)
