from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.crm_relationship.core.outbox import Content

from ..models.crm_contact_zone import CrmContactZone
from .promotion_common import PromotionCase


@tagged("post_install", "-at_install")
class TestCoreAddresses(PromotionCase):
    """Several addresses in one field, and addresses that are nobody's."""

    def subscribers(self, **values):
        listed = self.env["mailing.list"].create({"name": "List"})
        contact = self.env["mailing.contact"].create(
            {"email": "reader@c.example", "list_ids": listed.ids, **values}
        )
        return contact, {
            "mailing_model_id": self.env["ir.model"]._get("mailing.list").id,
            "contact_list_ids": listed.ids,
            "mailing_domain": f"[('list_ids', 'in', {listed.ids})]",
        }

    def leads(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Lead",
                "email_from": "lead@c.example",
                "phone": "+1 202 555 8888",
                "country_id": self.env.ref("base.us").id,
            }
        )
        return lead, {
            "mailing_model_id": self.env["ir.model"]._get("crm.lead").id,
            "mailing_domain": f"[('id', '=', {lead.id})]",
        }

    def at(self, address):
        return self.env["crm.touch"].search([("address", "=", address)])

    # ---- several --------------------------------------------------------------------

    def test_the_strictest_of_several_counts(self):
        both = self.people[0]
        both.email = "first@c.example, second@c.example"
        self.assertEqual(self.send(self.mailing(both))[both.id], ("sent", False))
        # One contact with the customer; the other address took a place as well.
        self.assertEqual(len(self.touches(both)), 1)
        self.assertFalse(self.at("second@c.example").partner_id)
        self.assertEqual(len(self.at("second@c.example")), 1)
        self.refuse("second@c.example")
        found = self.send(self.mailing(both))
        self.assertEqual(found[both.id], ("cancel", "crm_refused"))

    def test_second_address_refuses_while_it_waits(self):
        both = self.people[0]
        both.email = "first@c.example, second@c.example"
        mailing = self.mailing(both)
        mails = self.queued(mailing)
        self.wait()
        self.refuse("second@c.example")
        with self.mock_mail_gateway():
            mails.send()
        self.assertFalse(self._mails)
        self.assertEqual(self.statuses(mailing)[both.id][0], "cancel")

    def test_own_mails_go_to_the_first_of_several(self):
        both = self.people[0]
        both.email = "first@c.example, second@c.example"
        row = self.later(both)
        adapter = self.env["crm.outbox.adapter.mail"]
        content = Content(subject="Offer", body="<p>Buy</p>")
        with (
            patch.object(
                type(self.env["ir.mail_server"]),
                "_prepare_email_message__",
                lambda server, mail, connection: ("", [mail["To"]], mail),
            ),
            patch.object(type(adapter), "_content", lambda adapter, row: content),
        ):
            parcel = adapter._prepare(row, adapter._route(self.company, 0), None)
        self.assertEqual(row.address, "first@c.example")
        self.assertIn("<first@c.example>", parcel.recipients[0])

    # ---- nobody's -------------------------------------------------------------------

    def check_cap(self, made, address, scope):
        """The first one leaves and is a contact, the second one is one too many."""
        self.policy.rule_ids.unlink()
        self.rule(max_count=1, length=1, unit="week", scope=scope)
        record, values = made
        first = self.send(self.mailing(**values))
        self.assertEqual(first[record.id][0] in ("sent", "pending"), True)
        self.assertEqual(self.at(address).mapped("purpose"), ["promotion"])
        again = self.send(self.mailing(**values))
        self.assertEqual(again[record.id], ("cancel", "crm_refused"))
        self.assertEqual(len(self.at(address)), 1)

    def test_subscriber_has_a_cap(self):
        self.check_cap(self.subscribers(), "reader@c.example", "person")

    def test_subscriber_is_a_customer_of_one(self):
        self.check_cap(self.subscribers(), "reader@c.example", "firm")

    def test_lead_has_a_cap(self):
        lead, values = self.leads()
        self.check_cap((lead, values), "lead@c.example", "person")
        self.assertEqual(self.at("lead@c.example").lead_id, lead)
        self.check_cap(
            (lead, {**values, "kind": "sms"}), lead.phone_sanitized, "person"
        )

    def test_what_waits_for_an_address_takes_a_place(self):
        self.rule(max_count=1, length=1, unit="week")
        record, values = self.subscribers()
        self.queued(self.mailing(**values))
        again = self.send(self.mailing(**values))
        self.assertEqual(again[record.id], ("cancel", "crm_refused"))

    def test_planner_counts_what_went_to_the_address(self):
        """Somebody was a subscriber and becomes a contact."""
        record, values = self.subscribers()
        self.send(self.mailing(**values))
        person = self.person(email="Reader@c.example")
        for scope in ("person", "firm"):
            self.policy.rule_ids.unlink()
            self.rule(max_count=1, length=1, unit="week", scope=scope)
            self.assertEqual(self.verdicts([person]), ["drop"], scope)
        self.assertEqual(self.verdicts([self.people[0]]), ["send"])

    def test_country_of_who_is_no_contact(self):
        asked = []

        def zones(self, zone, country, company):
            asked.append(country)
            return original(self, zone, country, company)

        original = CrmContactZone._zones
        hour = self.now.hour
        self.rule("quiet", quiet_from=hour, quiet_to=(hour + 2) % 24 or 24)
        japan = self.env.ref("base.jp").id
        _record, values = self.subscribers(country_id=japan)
        mailing = self.mailing(**values)
        with patch.object(CrmContactZone, "_zones", zones):
            mails = self.queued(mailing)
            # Here it is night, there it is not; and it knows so when it leaves.
            self.assertEqual(len(mails), 1)
            self.wait()
            with self.mock_mail_gateway():
                mails.send()
        self.assertEqual(asked, ["JP", "JP"])
        self.assertEqual(len(self._mails), 1)

    def test_erased_is_asked_about_by_address(self):
        """Whoever is erased while a mail to them waits does not get it."""
        person = self.people[0]
        mailing = self.mailing(person)
        mails = self.queued(mailing)
        self.wait()
        email = person.email
        request = self.env["crm.contact.reservation"].search([])
        self.assertEqual(request.partner_id, person)
        person.unlink()
        self.env.invalidate_all()
        self.assertFalse(request.partner_id)
        self.refuse(email)
        with self.mock_mail_gateway():
            mails.exists().send()
        self.assertFalse(self._mails)

    # ---- companies ------------------------------------------------------------------

    def test_mailing_asks_the_company_it_is_sent_for(self):
        """The responsible's own company is another one."""
        other = self.env["res.company"].create(
            {"name": "Other", "crm_consent_default": "allowed"}
        )
        self.sender.company_ids = [(4, other.id)]
        self.rule(max_count=0)
        mailing = self.mailing()
        self.assertEqual(mailing.crm_company_id, self.company)
        self.assertEqual(set(self.send(mailing).values()), {("cancel", "crm_refused")})
        mailing = self.mailing(crm_company_id=other.id)
        self.assertEqual(set(self.send(mailing).values()), {("sent", False)})
        mailing = self.mailing(crm_company_id=other.id, kind="sms")
        self.assertEqual({s for s, _w in self.send(mailing).values()}, {"pending"})
        # Older mailings know none: that of who is responsible.
        mailing = self.mailing(crm_company_id=False)
        self.assertEqual(set(self.send(mailing).values()), {("cancel", "crm_refused")})
