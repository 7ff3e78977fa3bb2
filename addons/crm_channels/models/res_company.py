from odoo import fields, models

UNASKED = [
    ("opt_in", "Nobody: only who agreed is written to"),
    ("soft", "Customers who bought, and subscribers of mailing lists"),
    ("allowed", "Everybody, until they refuse"),
]


class ResCompany(models.Model):
    _inherit = "res.company"

    # Plain nullable columns: installing must not rewrite a core table.
    crm_consent_default = fields.Selection(
        selection=UNASKED,
        string="Offers by e-mail and text message to",
        help="Who gets promotion by e-mail or text message without having said "
        "anything. Empty means customers and subscribers, as European law allows "
        "for a firm's own similar products (Directive 2002/58/EC, Art. 13(2)).",
    )
    crm_consent_default_other = fields.Selection(
        selection=UNASKED,
        string="Offers by call and letter to",
        help="Who is called or gets letters for promotion without having said "
        "anything. Empty means everybody until they refuse; some countries ask for "
        "consent to calls.",
    )
    crm_result_window_days = fields.Integer(
        string="Result window of campaigns (days)",
        help="Purchases up to so many days after a campaign's last message count as "
        "its result, unless the campaign says otherwise. 0 means 30.",
    )

    _crm_result_window_check = models.Constraint(
        "CHECK(crm_result_window_days BETWEEN 0 AND 365)",
        "The result window of campaigns is 1 to 365 days long; 0 means 30.",
    )
