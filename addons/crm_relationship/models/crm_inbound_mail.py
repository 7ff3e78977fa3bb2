from collections.abc import Callable

from odoo import api, models
from odoo.tools import email_normalize

from ..core.events import Event, is_refused
from .crm_inbound_processor import Unsuited

RESPONSES = (
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "complained",
    "unsubscribed",
)
# Who complains or unsubscribes wants no more mail.
REFUSALS = ("complained", "unsubscribed")
LONGEST_REF = 998


class CrmInboundMail(models.AbstractModel):
    """What mail services tell of mails we sent; the mail is named by its Message-ID."""

    _name = "crm.inbound.mail"
    _description = "Mail Events"

    @api.model
    def _kinds(self) -> dict[str, Callable]:
        return {f"mail.{response}": self._on_response for response in RESPONSES}

    @api.model
    def _on_response(self, row, event: Event) -> tuple[int | None, str]:
        """Put down what became of a mail, see ``_event_kinds``."""
        response = event.kind.partition(".")[2]
        if response == "bounced" and event.data.get("temporary") is True:
            return None, self.env._("The mail service goes on trying.")
        touch = self._touch(row, self._message_ref(event))
        if not touch:
            return None, self.env._("No mail of ours.")
        touch._respond(response, event.date)
        address = email_normalize(touch.address or "") or None
        if response in REFUSALS and address:
            self._refuse(address, event)
        if response == "bounced" and address:
            self._mark_bounced(touch, address)
        return touch.partner_id.id, touch.display_name

    @api.model
    def _message_ref(self, event: Event) -> str:
        ref = event.data.get("message")
        if not isinstance(ref, str) or not 0 < len(ref) <= LONGEST_REF:
            raise Unsuited(
                self.env._("“message” must be the Message-ID of the mail, with < and >")
            )
        ref = ref.strip()
        return ref if ref.startswith("<") else f"<{ref}>"

    @api.model
    def _touch(self, row, ref: str):
        """Return the contact that a mail became, in the source's company; none if the
        mail is not one of ours.

        :raise ValueError: it is being sent: the event was faster than our record
        """
        Touch = self.env["crm.touch"]
        company = ("company_id", "=", row.company_id.id)
        messages = self.env["mail.message"].search([("message_id", "=", ref)])
        if messages:
            touch = Touch.search([("message_id", "in", messages.ids), company], limit=1)
            if touch:
                return touch
        outbox = self.env["crm.outbox"].search([("message_ref", "=", ref)], limit=1)
        if not outbox or outbox.company_id != row.company_id:
            return Touch
        touch = Touch.search(
            [
                ("source_model", "=", "crm.outbox"),
                ("source_key", "=", str(outbox.id)),
                company,
            ]
        )
        if not touch and outbox.partner_id:
            raise ValueError(self.env._("The mail is not recorded as sent yet."))
        return touch

    @api.model
    def _refuse(self, address: str, event: Event) -> None:
        """Write to an address no more, unless somebody allowed it again since."""
        blacklist = self.env["mail.blacklist"].with_context(active_test=False)
        known = blacklist.search([("email", "=", address)])
        if known.active:
            return
        marks = [(event.date, True)]
        if known:
            marks.append((known.write_date.replace(microsecond=0), False))
        if is_refused(marks):
            blacklist._add(
                address,
                message=self.env._("Told by a mail service (%s).", event.kind),
            )

    @api.model
    def _mark_bounced(self, touch, address: str) -> None:
        """Count the bounce where Odoo counts those it receives itself."""
        partner = touch.partner_id
        if partner.email_normalized == address:
            partner._message_receive_bounce(address, partner)
