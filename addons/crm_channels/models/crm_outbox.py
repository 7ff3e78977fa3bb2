from odoo import api, fields, models


class CrmOutbox(models.Model):
    _inherit = "crm.outbox"

    held_since = fields.Datetime(
        string="Waits since",
        readonly=True,
        help="When a rule of the contact policy made it wait for the first time.",
    )

    # For whoever refuses: is something on its way to this address?
    _waiting_address_idx = models.Index(
        "(address) WHERE state IN ('planned', 'claimed') AND address IS NOT NULL"
    )

    # For whoever refuses calls: which are still to be made to this number?
    _call_address_idx = models.Index(
        "(regexp_replace(address, '[^0-9+]', '', 'g')) WHERE activity_key > 0"
    )

    @api.model
    def _outbox_check(self, rows):
        # EXTENDS 'crm_relationship': a message that may leave otherwise reserves its
        # place with the customer, or waits for one, or has none. First of all it gets
        # in the way of whoever refuses at this moment.
        self.env["crm.consent.recorder"]._guard(rows)
        refusals = super()._outbox_check(rows)
        may_leave = rows.filtered(lambda row: row.id not in refusals)
        return refusals | self.env["crm.contact.checker"]._check_rows(may_leave)
