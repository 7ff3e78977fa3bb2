from itertools import permutations
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..core.events import read_event
from .event_common import KEY, EventCommon, content

RESPONSES = ("delivered", "opened", "clicked", "bounced", "unsubscribed")


@tagged("post_install", "-at_install")
class TestInboundEvent(EventCommon):
    """Stored first, worked off later, each alone and once."""

    def _store(self, *args, **data):
        body = content(*args, **data)
        event = read_event(body)
        return self.Event._store(self.event_source, event, body.decode())

    def _work(self):
        """Work off what there is, as the cron does, without its commits."""
        processor = self.env["crm.inbound.processor"].sudo()
        while ids := processor._claim():
            processor._process(ids)
        self.env.invalidate_all()

    def _one(self, *args, **data):
        _end, row_id = self._store(*args, **data)
        self._work()
        return self.Event.browse(row_id)

    def _mailed(self, **values):
        """Return a contact by mail, and the Message-ID of the mail."""
        ref = f"<sent-{len(self.env['crm.touch'].search([]))}@example.com>"
        message = self.env["mail.message"].create(
            {"model": "res.partner", "res_id": self.contact.id, "message_id": ref}
        )
        touch = self._log(
            partner_id=self.contact.id,
            channel_id=self.mail.id,
            message_id=message.id,
            **values,
        )
        return touch, ref

    # ---- calls ----------------------------------------------------------------------

    def test_call(self):
        event = self._one(
            phone="(212) 555-0100",
            minutes=4,
            subject="Price",
            outcome="reached",
            user="touch_seller",
        )
        self.assertEqual(event.state, "done", event.error)
        touch = self.env["crm.touch"].search([("source_model", "=", event._name)])
        self.assertRecordValues(
            touch,
            [
                {
                    "partner_id": self.customer.id,
                    "direction": "in",
                    "channel_id": self.phone.id,
                    "date": fields.Datetime.to_datetime("2026-03-01 09:30:00"),
                    "duration": 4,
                    "subject": "Price",
                    "outcome_id": self.reached.id,
                    "user_id": self.seller.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(event.partner_id, self.customer)

    def test_who_called(self):
        """By the other system's number, our reference, e-mail or telephone."""
        self.env["crm.external.ref"].create(
            {
                "company_id": self.company.id,
                "source": "test-pbx",
                "ref": "X1",
                "partner_id": self.other_customer.id,
            }
        )
        self.customer.ref = "C-77"
        self.assertEqual(self._one("1", external="X1").partner_id, self.other_customer)
        self.assertEqual(self._one("2", ref="C-77").partner_id, self.customer)
        self.assertEqual(
            self._one("3", email="ANN@example.com").partner_id, self.contact
        )

    def test_number_of_a_firm(self):
        """A number several people of one firm have is the firm's."""
        self.contact.phone = self.customer.phone
        self.assertEqual(self._one(phone="+12125550100").partner_id, self.customer)

    def test_needs_a_person(self):
        """What only a person can put right waits for one, and is done after that."""
        event = self._one(phone="+1 212 555 0199")
        self.assertEqual((event.state, event.attempts), ("quarantined", 1))
        self.assertIn("555 0199", event.error)
        self.assertEqual(len(self.event_source.activity_ids), 1)
        self.other_customer.phone = "+1 212 555 0199"
        event.action_process_again()
        self._work()
        self.assertEqual((event.state, event.error), ("done", False))
        with self.assertRaises(UserError):
            event.action_process_again()

    def test_ambiguous_is_nobody(self):
        self.other_customer.phone = self.customer.phone
        event = self._one(phone=self.customer.phone)
        self.assertEqual(event.state, "quarantined")
        event.action_set_aside()
        self.assertEqual(event.state, "done")

    def test_content_decides_nothing(self):
        """No value of an event becomes a field, a model or a value of another type."""
        bad = [
            {},
            {"phone": ["+1"]},
            {"ref": {"id": 1}},
            {"ref": "C", "minutes": "4"},
            {"ref": "C", "minutes": -1},
            {"ref": "C", "minutes": True},
            {"ref": "C", "outcome": "no such"},
            {"partner_id": 1, "model": "res.users"},
        ]
        self.customer.ref = "C"
        for number, data in enumerate(bad):
            with self.subTest(data):
                self.assertEqual(self._one(str(number), **data).state, "quarantined")
        self.assertFalse(
            self.env["crm.touch"].search([("source_model", "=", "crm.inbound.event")])
        )

    # ---- one bad one ----------------------------------------------------------------

    def test_poison(self):
        """One that always fails is put aside after three attempts; others go on."""
        self._store("bad", kind="mail.opened", message="<a@b>")
        _end, good = self._store("good", phone=self.customer.phone)
        Mails = self.env.registry["crm.inbound.mail"]
        logger = "odoo.addons.crm_relationship.models.crm_inbound_processor"
        with (
            patch.object(Mails, "_touch", side_effect=ZeroDivisionError("poison")),
            mute_logger(logger),
        ):
            for attempt in (1, 2, 3):
                self._work()
                bad = self._stored().filtered(lambda e: e.event_id == "bad")
                self.assertEqual(bad.attempts, attempt)
                self.assertEqual(self.Event.browse(good).state, "done")
                bad.due = "2026-01-01 00:00:00"
                self.env.flush_all()
        self.assertEqual(bad.state, "quarantined")
        self.assertIn("poison", bad.error)

    def test_killer(self):
        """One whose attempts never came to an end is not tried for ever."""
        _end, row_id = self._store(phone=self.customer.phone)
        event = self.Event.browse(row_id)
        event.attempts = 3
        self._work()
        self.assertEqual(event.state, "quarantined")

    def test_effect_is_undone(self):
        """A handler that fails half-way leaves nothing behind."""
        before = self.customer.name
        Calls = self.env.registry["crm.inbound.call"]

        def half(processor, row, event):
            self.customer.name = "Half"
            raise ZeroDivisionError

        with patch.object(Calls, "_on_call", half):
            event = self._one(phone=self.customer.phone)
        self.assertEqual(event.state, "failed")
        self.assertEqual(self.customer.name, before)

    # ---- mails ----------------------------------------------------------------------

    def test_every_order_of_mail_events(self):
        """All orders of five events, each told twice, end alike."""
        self.event_source.rate = 10_000
        ends = set()
        for number, order in enumerate(permutations(RESPONSES)):
            touch, ref = self._mailed()
            for again in ("a", "b"):
                for response in order:
                    day = 1 + RESPONSES.index(response)
                    self._store(
                        f"{number}{response}{again}",
                        f"mail.{response}",
                        f"2026-03-{day:02}T10:00:00Z",
                        message=ref,
                    )
            self._work()
            ends.add((touch.response, touch.response_date, touch.is_contact))
        self.assertEqual(len(ends), 1)
        self.assertEqual(ends.pop()[0], "unsubscribed")
        self.assertFalse(self._stored().filtered(lambda e: e.state != "done"))
        blacklist = self.env["mail.blacklist"].search([])
        self.assertEqual(
            blacklist.filtered(lambda b: b.email == "ann@example.com").active, True
        )

    def test_newer_consent_stays(self):
        """An unsubscription that arrives late does not undo a newer consent; a newer
        one, or one at the same moment, does."""
        blacklist = self.env["mail.blacklist"]
        blacklist._remove("ann@example.com")
        row = blacklist.with_context(active_test=False).search(
            [("email", "=", "ann@example.com")]
        )
        self.env.flush_all()
        for moment, refused in (("09:59:59", False), ("10:00:00", True)):
            self.env.cr.execute(
                "UPDATE mail_blacklist SET write_date = '2026-03-01 10:00:00', "
                "active = false WHERE id = %s",
                [row.id],
            )
            row.invalidate_recordset()
            _touch, ref = self._mailed()
            event = self._one(
                moment, "mail.unsubscribed", f"2026-03-01T{moment}Z", message=ref
            )
            self.assertEqual(event.state, "done", event.error)
            self.assertEqual(row.active, refused, moment)

    def test_bounce(self):
        """The address is marked where Odoo marks it; a passing failure is not."""
        touch, ref = self._mailed()
        self._one("1", "mail.bounced", message=ref, temporary=True)
        self.assertEqual(touch.response, "none")
        self._one("2", "mail.bounced", message=ref)
        self.assertEqual(touch.response, "bounced")
        self.assertEqual(self.contact.message_bounce, 1)

    def test_mail_of_others(self):
        """Mails of another company, or none of ours, are no business of this source."""
        other = self._create_company(name="Elsewhere")
        touch, ref = self._mailed(company_id=other.id)
        event = self._one("1", "mail.opened", message=ref)
        self.assertEqual((event.state, touch.response), ("done", "none"))
        self.assertEqual(self._one("2", "mail.opened", message="<x@y>").state, "done")
        self.assertEqual(self._one("3", "mail.opened").state, "quarantined")

    # ---- rights ---------------------------------------------------------------------

    def test_keys_stay_secret(self):
        """A key is shown when drawn, and to nobody after that."""
        self.event_source.action_drop_old_key()
        action = self.event_source.action_draw_key()
        fresh = action["context"]["default_key"]
        self.assertGreaterEqual(len(fresh), 43)
        self.assertEqual(self.event_source.sudo()._keys(), [fresh, KEY])
        with self.assertRaises(UserError):
            self.event_source.action_draw_key()
        admin = self.env.ref("base.user_admin")
        admin.company_ids = [Command.link(self.company.id)]
        for user in (self.env.user, admin):
            mine = self.event_source.with_user(user).with_company(self.company)
            for name in ("key", "old_key"):
                self.assertNotIn(name, mine.fields_get())
                with self.assertRaises(AccessError):
                    mine.read([name])
                with self.assertRaises(AccessError):
                    mine.search([(name, "!=", False)])
                with self.assertRaises(AccessError):
                    mine.export_data([name])
                with self.assertRaises(AccessError):
                    mine.write({name: "x" * 43})
            self.assertFalse(set(mine.read()[0]) & {"key", "old_key"})
        self.assertFalse(self.event_source.copy({"code": "c"}).sudo()._keys())

    def test_salespeople_see_no_events(self):
        self._store(phone="1")
        with self.assertRaises(AccessError):
            self.Event.with_user(self.seller).search([])
        with self.assertRaises(AccessError):
            self._stored().with_user(self.seller).action_process_again()
