from typing import Any

from odoo import api, models
from odoo.tools import SQL

from .crm_consent_recorder import STRICT

# Calls taken back at once.
AT_ONCE = 500
# Rules of consent that forbid a call that is planned.
REFUSALS = ("withdrawn", "suppressed", "paused")


class CrmOutboxAdapterCall(models.AbstractModel):
    _inherit = "crm.outbox.adapter.call"

    @api.model
    def _take_back_refused(self, rows: list[dict[str, Any]]) -> None:
        """Take back calls to whoever just said that they want none.

        :param rows: complete values of ``crm.consent.event``; what holds is known
        """
        told = [r for r in rows if r["kind"] == "phone" and r["change"] in STRICT]
        if not told:
            return
        sentences = self.env["crm.consent"]._rule_sentences()
        for rule in REFUSALS:
            which = self._refused_calls_sql(told, rule)
            while self._take_back(which, rule, sentences[rule], AT_ONCE) == AT_ONCE:
                pass

    @api.model
    def _refused_calls_sql(self, told: list[dict[str, Any]], rule: str) -> SQL:
        """Return the condition on messages ``o`` for calls a rule forbids now, at the
        number they were planned for or at the contact's number of today."""
        reach = self.env["crm.outbox.rules"]._reach_sql(
            SQL("o.kind"), SQL("NULL::varchar")
        )
        of_call, of_contact = (
            self.env["crm.consent"]._refused_sql(
                SQL("o.kind"), SQL("o.purpose"), address, SQL("o.company_id")
            )
            for address in (SQL("o.address"), reach)
        )
        return SQL(
            """o.kind = 'phone'
               AND (regexp_replace(o.address, '[^0-9+]', '', 'g') = ANY(%(addresses)s)
                    OR o.partner_id = ANY(%(partners)s))
               AND (%(of_call)s = %(rule)s
                    OR EXISTS (SELECT FROM res_partner p WHERE p.id = o.partner_id
                                  AND %(of_contact)s = %(rule)s))""",
            addresses=sorted({row["address"] for row in told}),
            partners=sorted({row["partner_id"] for row in told} - {None}),
            of_call=of_call,
            of_contact=of_contact,
            rule=rule,
        )
