from odoo import api, models

from ..core.consent import PURPOSES, WITHDRAWN


class CrmUnsubscribe(models.AbstractModel):
    _inherit = "crm.unsubscribe"

    @api.model
    def _refuse(self, token: str) -> bool:
        # EXTENDS 'crm_relationship': a withdrawal, with the mail it answers as proof.
        address = self._address(token)
        if address:
            self._withdraw(*self._read_token(token), address)
        return super()._refuse(token)

    @api.model
    def _withdraw(self, message: int, partner_id: int, address: str) -> None:
        """Withdraw consent to e-mails in the company a message came from; the
        blacklist does it in the others."""
        touch = self._touches(message)[:1]
        row = self.env["crm.outbox"].sudo().browse(message).exists()
        company = touch.company_id or row.company_id
        if not company:
            return
        known = self.env["crm.consent.core"].sudo()._known({address})
        root = company.root_id.id
        partner = self.env["crm.merged.contact"]._contact(partner_id)
        self.env["crm.consent.recorder"]._record(
            [
                {
                    "company_id": root,
                    "kind": "email",
                    "address": address,
                    "purpose": purpose,
                    "change": WITHDRAWN,
                    "how": "unsubscribe",
                    "partner_id": partner.id,
                    "source": self.env._("Message %s", message),
                }
                for purpose in PURPOSES
                if known.get((root, "email", address, purpose), ("",))[0] != WITHDRAWN
            ]
        )
