from odoo import models


class ResLang(models.Model):
    _inherit = "res.lang"

    def write(self, vals):
        done = super().write(vals)
        if vals.get("active"):
            # Customers who speak it are reminded in it from now on.
            levels = self.env["crm.dunning.level"].sudo().with_context(lang="en_US")
            # Archived ones, too: they may come back.
            levels = levels.search([("active", "in", (True, False))])
            levels._translate_usual(self.mapped("code"))
        return done
