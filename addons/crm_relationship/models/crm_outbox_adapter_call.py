from datetime import UTC
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.tools import SQL

from ..transactions import database_now


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

    @api.model
    def _take_back(self, which: SQL, rule: str, sentence: str, limit: int) -> int:
        """Take back calls nobody has made yet: their activities go, and they are left
        out by a rule. Return how many; there may be more if it is the limit.

        :param which: condition on messages ``o``
        """
        self.env.flush_all()
        found = self.env.execute_query(
            SQL(
                """SELECT o.id, a.id FROM crm_outbox o
                     JOIN mail_activity a ON a.id = o.activity_key
                    WHERE o.activity_key > 0 AND o.state = 'sent' AND a.active
                      AND (%s)
                 ORDER BY o.id LIMIT %s""",
                which,
                limit,
            )
        )
        if not found:
            return 0
        row_ids, activity_ids = zip(*found, strict=True)
        self.env["mail.activity"].sudo().browse(activity_ids).unlink()
        rows = self.env["crm.outbox"].sudo().browse(row_ids)
        rows.write(
            {
                "state": "skipped",
                "reason": rule,
                "text": sentence,
                "activity_key": False,
                "done_date": database_now(self.env),
            }
        )
        self.env["crm.outbox.recorder"].sudo()._tell(rows)
        return len(found)
