from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import models


class CrmOutboxAdapterCall(models.AbstractModel):
    """Calls: each becomes an activity of whoever looks after the customer, with the
    script as its note. The call itself is logged when the activity is done."""

    _name = "crm.outbox.adapter.call"
    _inherit = ["crm.outbox.adapter"]
    _description = "Way Out: Calls"

    _over_network = False

    def _perform(self, row) -> str:
        # OVERRIDE
        content = self._content(row)
        user = self._caller(row, content)
        kind = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        activity = self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": row.partner_id.id,
                "activity_type_id": kind.id if kind else False,
                "summary": content.subject,
                "note": content.body,
                "user_id": user.id,
                "date_deadline": self._day(row),
            }
        )
        row.activity_key = activity.id
        row.address = row.partner_id.phone_sanitized or row.partner_id.phone
        return self.env._("Planned as a call of %s.", activity.user_id.name)

    def _day(self, row):
        """Return the day a call is due where the company is."""
        zone = ZoneInfo(row.company_id._get_crm_tz())
        return row.due.replace(tzinfo=UTC).astimezone(zone).date()

    def _caller(self, row, content):
        """Return who calls: the customer's salesperson, else who asked for it."""
        users = self.env["res.users"]
        salesperson = row.partner_id.commercial_partner_id.user_id
        asked = users.browse(content.user_id)
        for user in (salesperson, asked, row.user_id):
            if user.active and user._is_internal():
                return user
        return users.browse(self.env.uid)
