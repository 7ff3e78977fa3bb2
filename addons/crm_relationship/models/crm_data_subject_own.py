from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.privacy import DataSource, Subject

# Documents about one person on which roles decide.
DECIDED = ("crm.handover", "crm.outbox.release", "crm.privacy.request")


def _is_partner(subject: Subject) -> Domain:
    return Domain("partner_id", "in", subject.partner_ids)


class CrmDataSubjectOwn(models.AbstractModel):
    """Personal data in the tables of this module."""

    _name = "crm.data.subject.own"
    _description = "Personal Data in Customer Relations"

    @api.model
    def _sources(self) -> list[DataSource]:
        return [*self._contact_sources(), *self._document_sources()]

    @api.model
    def _contact_sources(self) -> list[DataSource]:
        return [
            DataSource(
                "crm.touch",
                self.env._("Contacts"),
                self._which_touches,
                ("date", "direction", "channel_id", "address", "subject", "note"),
                blank={"subject": None, "note": None, "address": None},
            ),
            DataSource(
                "crm.outbox",
                self.env._("Messages about to leave"),
                lambda subject: Domain("partner_key", "in", subject.partner_ids),
                ("due", "channel_id", "address", "state"),
                delete=True,
            ),
            DataSource(
                "crm.outbox.release",
                self.env._("Messages that may not have arrived"),
                _is_partner,
                ("send_date", "subject", "address", "said"),
                blank={"subject": None, "address": None, "said": None},
            ),
            DataSource(
                "crm.service.mail.recipient",
                self.env._("Service messages"),
                _is_partner,
                ("mail_id", "address", "state"),
                blank={"address": None, "text": None},
            ),
            DataSource(
                "crm.inbound.event",
                self.env._("Events told by other systems"),
                self._which_events,
                ("event_date", "kind", "source_id", "payload"),
                blank={"payload": "{}", "error": None, "result": None},
            ),
        ]

    @api.model
    def _document_sources(self) -> list[DataSource]:
        return [
            DataSource(
                "crm.external.ref",
                self.env._("Numbers in other systems"),
                _is_partner,
                ("source", "ref"),
                delete=True,
            ),
            DataSource(
                "crm.merged.contact",
                self.env._("Contacts merged into this one"),
                _is_partner,
                ("old_key",),
                delete=True,
            ),
            DataSource(
                "crm.followup.cadence",
                self.env._("Days between contacts"),
                _is_partner,
                ("days", "note"),
                delete=True,
            ),
            *self._handover_sources(),
            DataSource(
                "crm.decision",
                self.env._("Decisions"),
                self._which_decisions,
                ("date", "label", "reason"),
                blank={"res_name": "–", "reason": None},
            ),
            *self._kept_sources(),
        ]

    @api.model
    def _handover_sources(self) -> list[DataSource]:
        return [
            DataSource(
                "crm.handover",
                self.env._("Handovers"),
                _is_partner,
                ("create_date", "from_user_id", "to_user_id", "note", "state"),
                blank={"note": None},
            ),
            DataSource(
                "crm.handover.promise",
                self.env._("Promises handed over"),
                lambda subject: Domain(
                    "handover_id.partner_id", "in", subject.partner_ids
                ),
                ("name", "date"),
                blank={"name": "–"},
            ),
        ]

    @api.model
    def _kept_sources(self) -> list[DataSource]:
        return [
            DataSource(
                "crm.privacy.request",
                self.env._("Requests about personal data"),
                _is_partner,
                ("request_date", "kind", "note", "state"),
                blank={"note": None, "contact": None},
            ),
            DataSource(
                "crm.purchase.history",
                self.env._("Imported purchases"),
                _is_partner,
                ("date", "external_ref", "amount_untaxed", "currency_id"),
                kept=self.env._(
                    "Figures of the firm; whose they were is not known any more."
                ),
            ),
            DataSource(
                "crm.customer.profile",
                self.env._("Figures computed"),
                _is_partner,
                ("company_id", "purchase_count", "last_purchase_date"),
                kept=self.env._(
                    "Computed from documents that stay, without the person."
                ),
            ),
        ]

    @api.model
    def _which_touches(self, subject: Subject) -> Domain:
        # By what there are indexes for: the ledger is long.
        return _is_partner(subject) | Domain("lead_id", "in", subject.lead_ids)

    @api.model
    def _which_events(self, subject: Subject) -> Domain:
        mentions = [
            Domain("payload", "=ilike", text) for text in subject.patterns()
        ] + [Domain("error", "=ilike", text) for text in subject.patterns()]
        return Domain.OR([_is_partner(subject), *mentions])

    @api.model
    def _which_decisions(self, subject: Subject) -> Domain:
        return self._on_decided(subject, "res_model")

    @api.model
    def _on_decided(self, subject: Subject, model: str) -> Domain:
        """Return what hangs on documents about the person that roles decide on."""
        found = Domain.FALSE
        for name in DECIDED:
            documents = self.env[name].sudo().search(_is_partner(subject))
            found |= Domain(model, "=", name) & Domain("res_id", "in", documents.ids)
        return found

    @api.model
    def _erase_texts(self, subject: Subject) -> None:
        """Take the person out of what is no record about somebody: answers kept for
        other systems, and messages nobody needs to send any more."""
        patterns = subject.patterns()
        self.env.execute_query(
            SQL(
                "DELETE FROM crm_idempotency WHERE response::text ILIKE ANY(%s) "
                "RETURNING id",
                patterns,
            )
        )
        self.env.execute_query(
            SQL(
                """UPDATE crm_service_mail_recipient
                      SET state = 'skipped', reason = 'erased'
                    WHERE partner_id = ANY(%s) AND state IN ('planned', 'unknown')
                RETURNING id""",
                list(subject.partner_ids),
            )
        )
        # Their messages go: there is nothing left to find out about them.
        releases = self.env["crm.outbox.release"].sudo()
        open_ones = _is_partner(subject) & Domain("state", "=", "open")
        releases.search(open_ones)._decision_set(state="settled")
        # What follows goes past the ORM and forgets what is in its cache.
        self.env.flush_all()
