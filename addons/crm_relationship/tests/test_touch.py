from datetime import datetime, timedelta
from itertools import permutations

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .touch_common import TouchCommon


@tagged("post_install", "-at_install")
class TestTouch(TouchCommon):
    """The ledger is written once, completely, and by nobody but its service."""

    def test_log_completes(self):
        """Who, where to, what it cost and whether it counts follow from the rest."""
        self.mail.write({"touch_cost": 0.5})
        touch = self.env["crm.touch"]._log(
            [
                {
                    "partner_id": self.contact.id,
                    "channel_id": self.mail.id,
                    "company_id": self.company.id,
                }
            ]
        )
        self.assertRecordValues(
            touch,
            [
                {
                    "partner_key": self.contact.id,
                    "address": "ann@example.com",
                    "direction": "out",
                    "purpose": "relationship",
                    "response": "none",
                    "is_contact": True,
                    "cost": 0.5,
                    "currency_id": self.mail.currency_id.id,
                    "customer_id": self.customer.id,
                }
            ],
        )
        self.assertAlmostEqual(
            touch.date, self.env.cr.now(), delta=timedelta(minutes=1)
        )

    def test_order_of_result(self):
        """A touch for each value given, in their order, known ones among them."""
        known = self._log(source_model="x", source_key="2", subject="old")
        rows = [
            self._vals(subject="a"),
            self._vals(subject="b", source_model="x", source_key="1"),
            self._vals(subject="c", source_model="x", source_key="2"),
            self._vals(subject="d", source_model="x", source_key="1"),
            self._vals(subject="e"),
        ]
        touches = self.env["crm.touch"]._log(rows)
        self.assertEqual(touches.mapped("subject"), ["a", "b", "old", "b", "e"])
        self.assertEqual(touches[2], known)
        self.assertEqual(touches[1], touches[3])

    def test_once_per_source(self):
        """The same source is one row, also past the service."""
        first = self._log(source_model="x", source_key=7)
        self.assertEqual(first.source_key, "7")
        self.assertEqual(self._log(source_model="x", source_key="7"), first)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env["crm.touch"].sudo().create(
                self._vals(source_model="x", source_key="7")
            )

    def test_many(self):
        """Thousands of rows take as many statements as a few dozen."""

        def statements(count, name):
            rows = [self._vals(source_model=name, source_key=n) for n in range(count)]
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.env["crm.touch"]._log(rows)), count)
            return self.env.cr.sql_log_count - before

        statements(10, "warm")
        self.assertEqual(statements(30, "few"), statements(900, "many"))

    def test_needs_somebody_and_a_channel(self):
        for missing in ("partner_id", "channel_id"):
            with self.assertRaises(ValidationError):
                self._log(**{missing: False})

    def test_nobody_writes(self):
        """Neither salespeople nor the administrator write, change or delete."""
        touch = self._log()
        self.env.user.group_ids += self.env.ref("base.group_system")
        for user in (self.seller, self.manager, self.env.user):
            own = touch.with_user(user)
            for call in (
                lambda own=own: own.create(self._vals()),
                lambda own=own: own.write({"subject": "other"}),
                lambda own=own: own.unlink(),
            ):
                with self.assertRaises(AccessError):
                    call()

    def test_own_and_all(self):
        """Salespeople see what they did and what was done with their customers and
        nobody's; those with all documents see everything."""
        lead = self.env["crm.lead"].create({"name": "L", "user_id": self.colleague.id})
        free = self._create_customer("Free", user_id=False)
        mine = self._log(partner_id=self.contact.id, user_id=self.colleague.id)
        done = self._log(partner_id=self.other_customer.id, user_id=self.seller.id)
        nobodys = self._log(partner_id=free.id)
        other = self._log(partner_id=self.other_customer.id)
        on_lead = self._log(partner_id=False, lead_id=lead.id)
        everything = mine + done + nobodys + other + on_lead
        domain = [("id", "in", everything.ids)]
        seen = self.env["crm.touch"].with_user(self.seller).search(domain)
        self.assertEqual(seen.sudo(), (mine + done + nobodys).sorted())
        lead.user_id = self.seller
        seen = self.env["crm.touch"].with_user(self.seller).search(domain)
        self.assertIn(on_lead, seen.sudo())
        seen = self.env["crm.touch"].with_user(self.manager).search(domain)
        self.assertEqual(len(seen), 5)

    def test_response_moves_on(self):
        """Events in any order, repeated, end in one state with one date."""
        days = {
            "delivered": datetime(2026, 3, 11),
            "opened": datetime(2026, 3, 12),
            "bounced": datetime(2026, 3, 13),
        }
        ends = set()
        for order in permutations([*days.items(), ("bounced", datetime(2026, 3, 14))]):
            touch = self._log()
            for response, date in [*order, order[0]]:
                touch._respond(response, date)
            ends.add((touch.response, touch.response_date, touch.is_contact))
        self.assertEqual(ends, {("bounced", datetime(2026, 3, 13), False)})

    def test_partner_deleted(self):
        """The contact stays in the ledger, with the number of who it was with."""
        partner = self._create_customer("Gone")
        touch = self._log(partner_id=partner.id)
        partner_id = partner.id
        partner.unlink()
        self.assertFalse(touch.partner_id)
        self.assertEqual(touch.partner_key, partner_id)

    def test_partner_merged(self):
        """The contacts of both are the destination's, by number as well."""
        source = self._create_customer("Twin")
        touches = self._log(partner_id=source.id) + self._log()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source + self.customer).ids, self.customer)
        self.assertEqual(touches.partner_id, self.customer)
        self.assertEqual(set(touches.mapped("partner_key")), {self.customer.id})
