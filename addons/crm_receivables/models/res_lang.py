from odoo import models


class ResLang(models.Model):
    _inherit = "res.lang"

    def write(self, vals):
        done = super().write(vals)
        if vals.get("active"):
            # Customers who speak it are reminded in it from now on.
            levels = self.env["crm.dunning.level"].sudo()
            levels = levels.with_context(active_test=False, lang="en_US").search([])
            levels._translate_usual(self.mapped("code"))
        return done
