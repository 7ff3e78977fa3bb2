import base64
import binascii
import hashlib
import hmac
import secrets

from odoo import api, models
from odoo.tools import consteq, email_normalize

PARAMETER = "crm_relationship.link_secret"
# Mails a customer may refuse. What contract or law asks for has no such link.
REFUSABLE = ("promotion", "service", "relationship")


class CrmUnsubscribe(models.AbstractModel):
    """Links by which customers stop mails: signed, without an address in them, valid
    for as long as the ledger remembers the mail."""

    _name = "crm.unsubscribe"
    _description = "Unsubscribe Links"

    @api.model
    def _ensure_secret(self) -> None:
        """Draw the secret the links are signed with; a copy of this database draws
        another one."""
        parameters = self.env["ir.config_parameter"].sudo()
        if not parameters.get_param(PARAMETER):
            parameters.set_param(PARAMETER, secrets.token_hex(32))

    @api.model
    def _link(self, row) -> str | None:
        """Return the link for a message, if its reader may refuse such mails."""
        if row.purpose not in REFUSABLE or row.kind != "email":
            return None
        return f"{row.get_base_url()}/crm/unsubscribe/{self._token(row)}"

    @api.model
    def _token(self, row) -> str:
        named = f"{row.id}.{row.partner_key}"
        return f"{named}.{self._signature(named)}"

    @api.model
    def _signature(self, named: str) -> str:
        key = self.env["ir.config_parameter"].sudo().get_param(PARAMETER)
        if not key:
            # Without a secret anybody could sign.
            raise ValueError("no secret to sign links with")
        digest = hmac.digest(key.encode(), named.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:18]).decode()

    @api.model
    def _read_token(self, token: str) -> tuple[int, int] | None:
        """Return ids of message and contact, None for a link that is not ours."""
        named, _dot, signature = token.rpartition(".")
        numbers = named.split(".")
        if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
            return None
        try:
            if not consteq(signature, self._signature(named)):
                return None
        except (ValueError, TypeError, binascii.Error):
            return None
        message, partner = map(int, numbers)
        return message, partner

    @api.model
    def _address(self, token: str) -> str | None:
        """Return the address a link is about; None for a bad link."""
        read = self._read_token(token)
        if read is None:
            return None
        row = self.env["crm.outbox"].sudo().browse(read[0]).exists()
        partner = self.env["crm.merged.contact"]._contact(read[1])
        found = row.address or self._touches(read[0])[:1].address or partner.email
        return email_normalize(found) or None

    @api.model
    def _touches(self, message: int):
        """Return the contact that a message became."""
        return (
            self.env["crm.touch"]
            .sudo()
            .search(
                [("source_model", "=", "crm.outbox"), ("source_key", "=", str(message))]
            )
        )

    @api.model
    def _refuse(self, token: str) -> bool:
        """Write to the address of a link no more; tell whether the link was good."""
        address = self._address(token)
        if not address:
            return False
        blacklist = self.env["mail.blacklist"].sudo()
        if not blacklist.search_count([("email", "=", address)]):
            blacklist._add(
                address, message=self.env._("Refused by the link in one of our mails.")
            )
        self._touches(self._read_token(token)[0])._respond("unsubscribed")
        return True
