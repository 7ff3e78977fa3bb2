from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.privacy import DataSource, Subject

from ..core.consent import address_key


class CrmDataSubject(models.AbstractModel):
    _inherit = "crm.data.subject"

    @api.model
    def _erasure_sources(self) -> list[DataSource]:
        # EXTENDS 'crm_relationship': that somebody refused is remembered by the
        # suppression, without saying who.
        return [
            *super()._erasure_sources(),
            DataSource(
                "crm.consent",
                self.env._("Consents"),
                self._which_consents,
                ("company_id", "kind", "address", "purpose", "state", "state_date"),
                delete=True,
            ),
            DataSource(
                "crm.consent.event",
                self.env._("What was said about being written to"),
                self._which_consents,
                ("event_date", "kind", "address", "purpose", "change", "how", "source"),
                blank={"address": None, "note": None, "source": None, "ip": None},
            ),
            DataSource(
                "crm.contact.reservation",
                self.env._("Messages in the queues"),
                self._which_reservations,
                ("company_id", "kind", "purpose", "address", "subject", "date"),
                # What is in a queue is asked about again when it leaves.
                blank={"partner_id": None, "address": None, "subject": None},
            ),
            DataSource(
                "crm.contact.budget",
                self.env._("Contact budgets"),
                lambda subject: Domain("partner_id", "in", subject.partner_ids),
                ("company_id", "version"),
                delete=True,
            ),
            *self.env["crm.campaign.privacy"]._sources(),
        ]

    @api.model
    def _erase(self, subject: Subject, company) -> None:
        # EXTENDS 'crm_relationship'
        self.env["crm.campaign.privacy"].sudo()._forget(subject)
        self._claim_letters(subject)
        return super()._erase(subject, company)

    @api.model
    def _claim_letters(self, subject: Subject) -> None:
        """Note whose the postal addresses are while the contact still has them."""
        carrier = self.env["crm.consent.carrier"].sudo()
        found = carrier._addresses(subject.partner_ids)
        for (partner_id, kind), key in found.items():
            for table in (
                ("crm_consent", "crm_consent_event") if kind == "letter" else ()
            ):
                self.env.execute_query(
                    SQL(
                        """UPDATE %s SET partner_id = %s
                            WHERE kind = 'letter' AND address = %s
                              AND partner_id IS NULL RETURNING id""",
                        SQL.identifier(table),
                        partner_id,
                        key,
                    )
                )

    @api.model
    def _which_reservations(self, subject: Subject) -> Domain:
        known = sorted({*subject.emails, *subject.phones})
        about = Domain("partner_id", "in", subject.partner_ids)
        about |= Domain("lead_id", "in", subject.lead_ids)
        return about | Domain("partner_id", "=", False) & Domain("address", "in", known)

    @api.model
    def _which_consents(self, subject: Subject) -> Domain:
        emails = {address_key("email", email) for email in subject.emails}
        phones = {address_key("phone", phone) for phone in subject.phones}
        about = Domain("partner_id", "in", subject.partner_ids)
        about |= Domain("kind", "=", "email") & Domain("address", "in", sorted(emails))
        return about | (
            Domain("kind", "in", ("phone", "sms"))
            & Domain("address", "in", sorted(phones - {""}))
        )
