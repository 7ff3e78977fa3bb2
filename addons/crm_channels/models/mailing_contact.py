from odoo import models


class MailingContact(models.Model):
    _name = "mailing.contact"
    # Erased persons who come back with a list are recognised.
    _inherit = ["mailing.contact", "crm.suppression.mixin"]

    def _consent_take_over(self) -> None:
        """Write down what the lists say now, before they say something else."""
        takeover = self.env["crm.consent.takeover"].sudo()
        if takeover._unfinished():
            takeover._take_addresses(self.sudo().mapped("email_normalized"))
