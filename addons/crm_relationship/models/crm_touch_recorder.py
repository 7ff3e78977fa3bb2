from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, html2plaintext

# Meetings ended longer ago are not looked for: they are recorded or never were ours.
MEETING_DAYS = 14
MEETING_BATCH = 200
LONGEST_NOTE = 5000


class TouchParty(NamedTuple):
    """Whom a document is about.

    :param partner: the ``res.partner`` or none
    :param lead: the ``crm.lead`` or none
    :param company: the ``res.company`` or none
    :param purpose: see ``crm.touch``
    """

    partner: Any
    lead: Any
    company: Any
    purpose: str = "relationship"


class CrmTouchRecorder(models.AbstractModel):
    """Records contacts from what people do in Odoo anyway: activities, meetings, mail.

    Runs with all rights, on behalf of whoever did it.
    """

    _name = "crm.touch.recorder"
    _description = "Recorder of Contacts"

    # ---- documents ----------------------------------------------------------------

    @api.model
    def _touch_documents(self) -> tuple[str, ...]:
        """Return models whose activities and mails are contacts with customers; each
        has a ``_touch_party_*`` method. To be extended with ``super() + (...)``."""
        return ("res.partner", "crm.lead", "sale.order", "account.move")

    @api.model
    def _touch_party(self, document) -> TouchParty | None:
        """Return whom a document is about, or None: nobody, or no customer of ours."""
        if document._name not in self._touch_documents():
            return None
        name = document._name.replace(".", "_")
        party = getattr(self, f"_touch_party_{name}")(document)
        if not party or not (party.partner or party.lead):
            return None
        if party.partner and self._is_own(party.partner):
            return None
        return party

    @api.model
    def _touch_party_res_partner(self, partner) -> TouchParty | None:
        customer = partner.commercial_partner_id
        # A call to who only sells to us is no business of ours.
        if customer.supplier_rank and not self._is_customer(customer):
            return None
        return TouchParty(partner, self.env["crm.lead"], partner.company_id)

    @api.model
    def _touch_party_crm_lead(self, lead) -> TouchParty:
        return TouchParty(lead.partner_id, lead, lead._customer_company())

    @api.model
    def _touch_party_sale_order(self, order) -> TouchParty:
        return TouchParty(order.partner_id, order.opportunity_id, order.company_id)

    @api.model
    def _touch_party_account_move(self, move) -> TouchParty | None:
        if move.move_type not in ("out_invoice", "out_refund", "out_receipt"):
            return None
        return TouchParty(
            move.partner_id, self.env["crm.lead"], move.company_id, "service"
        )

    @api.model
    def _is_own(self, partner) -> bool:
        """Tell whether a partner is one of ours: a colleague or a company of the
        group."""
        if any(
            not user.share for user in partner.with_context(active_test=False).user_ids
        ):
            return True
        own = self.env["res.company"].with_context(active_test=False)
        customer = partner.commercial_partner_id
        return bool(own.search_count([("partner_id", "=", customer.id)], limit=1))

    @api.model
    def _is_customer(self, customer) -> bool:
        profiles = self.env["crm.customer.profile"].with_context(active_test=False)
        return bool(profiles.search_count([("partner_id", "=", customer.id)], limit=1))

    @api.model
    def _vals(self, party: TouchParty, channel, user, **values) -> dict:
        company = party.company or user.company_id or self.env.company
        return {
            "partner_id": party.partner.id,
            "lead_id": party.lead.id,
            "company_id": company.id,
            "channel_id": channel.id,
            "purpose": party.purpose,
            "user_id": user.id,
            **values,
        }

    @api.model
    def _channel_of_kind(self, kind: str, company):
        """Return the channel of a kind, the company's own first; archived ones too."""
        channels = self.env["crm.channel"].with_context(active_test=False)
        return channels.search(
            [("kind", "=", kind), ("company_id", "in", [company.id, False])],
            order="active desc, company_id, sequence, id",
            limit=1,
        )

    # ---- activities ---------------------------------------------------------------

    @api.model
    def _activity_vals(self, activities, feedback) -> dict[int, dict]:
        """Return the contacts that doing these activities is, by activity id.

        Only types with a channel are contacts: a to-do is done without the customer.
        """
        found = {}
        for activity in activities:
            channel = activity.activity_type_id.crm_channel_id
            if not channel or activity.res_model not in self._touch_documents():
                continue
            document = self.env[activity.res_model].browse(activity.res_id).exists()
            party = document and self._touch_party(document)
            if party:
                found[activity.id] = self._activity_touch(
                    activity, party, channel, feedback
                )
        return found

    @api.model
    def _activity_touch(self, activity, party, channel, feedback) -> dict:
        event = activity.calendar_event_id
        now = fields.Datetime.now()
        source = ("mail.activity", str(activity.id))
        if event:
            # Its own end would record it once more.
            source = ("calendar.event", _event_key(event, party.partner))
        return self._vals(
            party,
            channel,
            self._doer(activity.user_id),
            date=min(event.start, now) if event else now,
            duration=round(event.duration * 60) if event else 0,
            subject=activity.summary or activity.activity_type_id.name,
            note=_plain(feedback) or _plain(activity.note),
            source_model=source[0],
            source_key=source[1],
        )

    @api.model
    def _doer(self, planned):
        """Return who does it now: the current user, or who it was planned for."""
        return planned if self.env.user._is_superuser() and planned else self.env.user

    # ---- meetings -----------------------------------------------------------------

    @api.model
    def _cron_record_meetings(self) -> None:
        """Record meetings with customers that are over."""
        cron = self.env["ir.cron"]
        while found := self._ended_meetings(MEETING_BATCH):
            written = self._record_meetings(found)
            full = len(found) == MEETING_BATCH
            time_left = cron._commit_progress(len(written), remaining=int(full))
            # Nothing written means that no company here has a channel for visits.
            if not (time_left and full and written):
                break

    @api.model
    def _ended_meetings(self, limit: int) -> list[tuple[int, int]]:
        """Return (event, attending customer) of meetings that are over and not in the
        ledger.

        Attending is who has not declined and is a customer or the customer of the
        opportunity; of a firm's contacts the first one stands for all.
        """
        self.env.flush_all()
        now = self.env.cr.now()
        return self.env.execute_query(
            SQL(
                """SELECT e.id, MIN(p.id)
                     FROM calendar_event e
                     JOIN calendar_attendee a ON a.event_id = e.id
                                             AND a.state != 'declined'
                     JOIN res_partner p ON p.id = a.partner_id
                LEFT JOIN crm_lead l ON l.id = e.opportunity_id
                LEFT JOIN res_partner lp ON lp.id = l.partner_id
                    WHERE e.active
                      AND e.stop BETWEEN %(now)s::timestamp
                                       - make_interval(days => %(days)s) AND %(now)s
                      AND NOT EXISTS (SELECT FROM res_users u
                                       WHERE u.partner_id = p.id
                                         AND u.share IS NOT TRUE)
                      AND (lp.commercial_partner_id = p.commercial_partner_id
                           OR EXISTS (SELECT FROM crm_customer_profile f
                                       WHERE f.partner_id = p.commercial_partner_id))
                      AND NOT EXISTS (
                           SELECT FROM crm_touch t
                            WHERE t.source_model = 'calendar.event'
                              AND t.source_key
                                  = e.id || '/' || p.commercial_partner_id)
                 GROUP BY e.id, p.commercial_partner_id
                 ORDER BY e.id LIMIT %(limit)s""",
                now=now,
                days=MEETING_DAYS,
                limit=limit,
            )
        )

    @api.model
    def _record_meetings(self, found: list[tuple[int, int]]):
        """Write the contacts of (event, partner) pairs."""
        rows = []
        for event_id, partner_id in found:
            event = self.env["calendar.event"].browse(event_id)
            partner = self.env["res.partner"].browse(partner_id)
            lead = event.opportunity_id
            party = TouchParty(
                partner, lead, lead._customer_company() if lead else None
            )
            company = party.company or event.user_id.company_id or self.env.company
            channel = self._channel_of_kind("visit", company)
            if channel:
                rows.append(self._meeting_touch(event, party, channel))
        return self.env["crm.touch"]._log(rows)

    @api.model
    def _meeting_touch(self, event, party: TouchParty, channel) -> dict:
        private = event.effective_privacy == "private"
        return self._vals(
            party,
            channel,
            event.user_id,
            date=event.start,
            duration=0 if event.allday else round(event.duration * 60),
            # What a private meeting was about stays in the calendar.
            subject=self.env._("Meeting") if private else event.name,
            note=False if private else _plain(event.notes),
            source_model="calendar.event",
            source_key=_event_key(event, party.partner),
        )

    # ---- mail ---------------------------------------------------------------------

    @api.model
    def _record_mail(self, message):
        """Record a mail that came in on a document of ours, as its ``mail.message``.

        It is a contact with its author if that is somebody of the document's customer,
        else with the document's partner. Colleagues answering by mail are none.
        """
        Touch = self.env["crm.touch"]
        if message.model not in self._touch_documents() or not message.res_id:
            return Touch
        party = self._touch_party(self.env[message.model].browse(message.res_id))
        author = message.author_id
        if not party or (author and self._is_own(author)):
            return Touch
        customer = party.partner.commercial_partner_id
        if author and customer and author.commercial_partner_id == customer:
            party = party._replace(partner=author)
        owner = party.lead.user_id or customer.user_id
        company = party.company or owner.company_id or self.env.company
        channel = self._channel_of_kind("email", company)
        if not channel:
            return Touch
        return Touch._log(
            [
                self._vals(
                    party._replace(company=company),
                    channel,
                    owner,
                    direction="in",
                    date=message.date,
                    address=message.email_from,
                    subject=message.subject,
                    note=_plain(message.body),
                    message_id=message.id,
                    # One mail to two of our addresses is one contact.
                    source_model="mail.message",
                    source_key=message.message_id or str(message.id),
                )
            ]
        )


def _event_key(event, partner) -> str:
    return f"{event.id}/{partner.commercial_partner_id.id or ''}"


def _plain(html) -> str | bool:
    """Return the beginning of a text without its markup."""
    text = html2plaintext(html, include_references=False).strip() if html else ""
    return text[:LONGEST_NOTE] or False
