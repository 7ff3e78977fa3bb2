from odoo import fields, models


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    crm_channel_id = fields.Many2one(
        comodel_name="crm.channel",
        string="Contact by",
        index="btree_not_null",
        ondelete="set null",
        help="Marking such an activity as done on a customer, lead, order or "
        "invoice is a contact by this channel. Empty: it is done without the customer.",
    )
