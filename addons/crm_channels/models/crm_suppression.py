from odoo import api, models
from odoo.tools import email_normalize

from ..core.consent import PURPOSES, WITHDRAWN


class CrmSuppression(models.Model):
    _inherit = "crm.suppression"

    @api.model
    def _block(self, emails=(), phones=()) -> None:
        # EXTENDS 'crm_relationship': whoever was erased has refused everything.
        emails = {email_normalize(email or "") for email in emails} - {False}
        phones = set(phones) - {False}
        self._refuse_all(self._known("email", emails), ("email",))
        self._refuse_all(self._known("phone", phones), ("phone", "sms"))
        return super()._block(emails, phones)

    @api.model
    def _refuse_all(self, addresses: list[str], kinds: tuple[str, ...]) -> None:
        core = self.env["crm.consent.core"].sudo()
        known = core._known(set(addresses))
        self.env["crm.consent.recorder"]._record(
            [
                {
                    "company_id": company.id,
                    "kind": kind,
                    "address": address,
                    "purpose": purpose,
                    "change": WITHDRAWN,
                    "how": "suppressed",
                }
                for company in core._roots()
                for address in addresses
                for kind in kinds
                for purpose in PURPOSES
                if known.get((company.id, kind, address, purpose), ("",))[0]
                != WITHDRAWN
            ]
        )
