from odoo import models


class MailingContact(models.Model):
    _name = "mailing.contact"
    # Erased persons who come back with a list are recognised.
    _inherit = ["mailing.contact", "crm.suppression.mixin"]

    # Whether an address is on a list is asked for each message.
    _crm_email_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )
