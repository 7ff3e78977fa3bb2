from datetime import date, datetime
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import crm_customer_facts, crm_timeline_branch
from .timeline_common import TimelineCommon

KINDS = {
    "purchase",
    "order",
    "quotation",
    "invoice",
    "payment",
    "opportunity",
    "message",
    "activity",
    "meeting",
    "contact",
}


@tagged("post_install", "-at_install")
class TestTimeline(TimelineCommon):
    def test_every_kind_once_at_any_page_size(self):
        """Facts of all kinds at one moment: each comes exactly once."""
        self._create_everything(count=3)
        whole, pages = self._pages(limit=200)
        self.assertEqual(pages, 1)
        self.assertEqual({row["kind"] for row in whole}, KINDS)
        keys = [(row["kind"], row["id"]) for row in whole]
        self.assertEqual(len(set(keys)), len(keys))
        self.assertGreaterEqual(len(keys), 27)
        for limit in (1, 2, 5, 7):
            with self.subTest(limit=limit):
                rows, pages = self._pages(limit=limit)
                self.assertEqual([(r["kind"], r["id"]) for r in rows], keys)
                self.assertEqual(pages, -(-len(keys) // limit))

    def test_kinds_are_chosen(self):
        self._create_everything()
        whole = self._keys(limit=200)
        for kind in KINDS:
            expected = [key for key in whole if key[0] == kind]
            self.assertTrue(expected)
            self.assertEqual(self._keys(kinds=[kind], limit=1), expected)
        with self.assertRaisesRegex(UserError, "Known kinds: purchase, order"):
            self._pages(kinds=["order", "nonsense"])

    def test_marks_of_others_are_refused(self):
        for mark in ("x", "MTIz", "é", "A" * 300):
            with (
                self.subTest(mark=mark),
                self.assertRaisesRegex(UserError, "page mark"),
            ):
                self.timeline._timeline_page(self.customer, before=mark)

    def test_dated_facts_stand_at_the_start_of_their_day(self):
        """... in the company's time zone, below what is timed on that day."""
        self.company.crm_tz = "America/New_York"
        evening, morning = (
            self._create_order(self.customer, 1.0, confirm=False, date_order=moment)
            for moment in ("2026-03-02 04:59:59", "2026-03-02 05:00:01")
        )
        purchase = self._create_history(self.customer, "2026-03-02", 1.0)
        expected = [
            ("quotation", morning.id),
            ("purchase", purchase.id),
            ("quotation", evening.id),
        ]
        self.assertEqual(self._keys(), expected)
        self.assertEqual(self._keys(limit=1), expected)
        self.company.crm_tz = "Asia/Shanghai"
        self.assertEqual(self._keys(limit=1), [expected[0], expected[2], expected[1]])

    def test_what_a_row_says(self):
        purchase = self._create_history(self.customer, "2026-03-01", 10.0)
        refund = self._create_invoice(
            self.contact, 40.0, date="2026-03-02", move_type="out_refund"
        )
        rows = self.timeline._timeline_page(self.customer)["rows"]
        by_kind = {row["kind"]: row for row in rows}
        self.assertEqual(
            by_kind["purchase"],
            {
                "kind": "purchase",
                "model": "crm.purchase.history",
                "id": purchase.id,
                "date": date(2026, 3, 1),
                "title": purchase.external_ref,
                "amount": 10.0,
                "currency": self.company.currency_id.name,
                "untaxed": True,
                "state": "done",
                "state_label": "Done",
            },
        )
        self.assertEqual(by_kind["invoice"]["amount"], -refund.amount_untaxed)
        self.assertEqual(by_kind["invoice"]["contact"], self.contact.display_name)
        self.assertNotIn(None, [v for row in rows for v in row.values()])

    def test_messages_are_told_apart(self):
        Message = self.env["mail.message"]
        received = self._create_message(self.customer, "We are late", self.contact)
        sent = self._create_message(self.contact, "Thank you")
        note = self._create_message(self.customer, "Careful", note=True)
        unknown = Message.create(
            {
                "model": "res.partner",
                "res_id": self.customer.id,
                "message_type": "email",
                "email_from": "who@example.com",
                "author_id": False,
                "body": "Hello",
            }
        )
        self._create_message(self.other_customer, "Not about A")
        rows, _pages = self._pages(kinds=["message"])
        states = {row["id"]: row["state"] for row in rows}
        expected = {
            received.id: "received",
            sent.id: "sent",
            note.id: "note",
            unknown.id: "received",
        }
        self.assertEqual({key: states.get(key) for key in expected}, expected)
        row = next(row for row in rows if row["id"] == sent.id)
        self.assertEqual(row["title"], "Thank you")
        self.assertEqual(row["document_id"], self.contact.id)

    def test_contacts_belong_to_their_customer_of_today(self):
        """Archived contacts count; one that moves takes the facts along."""
        purchase = self._create_history(self.contact, "2026-03-01", 10.0)
        key = ("purchase", purchase.id)
        self.contact.active = False
        self.assertEqual(self._keys(), [key])
        self.assertEqual(self._keys(self.contact), [key])
        self.contact.parent_id = self.other_customer
        self.assertEqual(self._keys(), [])
        self.assertEqual(self._keys(self.other_customer), [key])

    def test_invoices_reach_the_buyer_and_the_payer_once(self):
        payer = self._create_customer("Payer")
        order = self._create_order(self.customer, 50.0, partner_invoice_id=payer.id)
        order.order_line.qty_delivered = 1.0
        invoice = order._create_invoices()
        invoice.invoice_date = "2026-03-01"
        invoice.action_post()
        self.assertEqual(invoice.partner_id, payer)
        for partner in (self.customer, payer):
            keys = self._keys(partner, kinds=["invoice"], limit=1)
            self.assertEqual(keys, [("invoice", invoice.id)])

    def test_all_day_meeting_has_a_date(self):
        day = self._create_meeting(
            self.customer,
            "2026-03-01 08:00:00",
            allday=True,
            start_date="2026-03-01",
            stop_date="2026-03-01",
        )
        hour = self._create_meeting(self.customer, "2026-03-02 08:00:00")
        rows = self.timeline._timeline_page(self.customer, kinds=["meeting"])["rows"]
        dates = {row["id"]: row["date"] for row in rows}
        self.assertEqual(dates[day.id], date(2026, 3, 1))
        self.assertEqual(dates[hour.id], datetime(2026, 3, 2, 8))

    def test_companies(self):
        """All companies the user works in, or the tree of one."""
        other = self.setup_other_company()["company"]
        self.env.user.company_ids += other
        mine = self._create_order(self.customer, 10.0, confirm=False)
        theirs = self._create_order(
            self.customer, 10.0, company=other, confirm=False, order_line=False
        )
        both = {("quotation", mine.id), ("quotation", theirs.id)}
        allowed = (self.company + other).ids
        self.timeline = self.timeline.with_context(allowed_company_ids=allowed)
        self.assertEqual(set(self._keys()), both)
        self.assertEqual(self._keys(company=other), [("quotation", theirs.id)])
        context = {"allowed_company_ids": self.company.ids}
        self.timeline = self.timeline.with_context(**context)
        self.assertEqual(self._keys(), [("quotation", mine.id)])

    def test_queries_do_not_grow_with_the_facts(self):
        self._create_everything(count=1)

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.timeline._timeline_page(self.customer, limit=200)
            return self.env.cr.sql_log_count - before

        count()  # warm the caches
        few = count()
        self._create_everything(count=8)
        self.assertLessEqual(count(), few)

    def test_many_contacts_are_left_as_a_subselect(self):
        self._create_everything()
        keys = self._keys(limit=2)
        with patch.object(crm_timeline_branch, "CHUNK", 2):
            self.assertEqual(self._keys(limit=2), keys)
        with patch.object(crm_customer_facts, "MOST_NAMED", 0):
            self.assertEqual(self._keys(limit=2), keys)

    def test_sources_of_other_modules_join_in(self):
        """A source appended to the hook is paged with the rest."""
        lead = self.env["crm.lead"].create(
            {"name": "Tagged", "partner_id": self.customer.id, "type": "lead"}
        )
        lead.tag_ids = [Command.create({"name": "T"})]
        sources = self.timeline._timeline_sources()
        copy = next(s for s in sources if s.kind == "opportunity")
        extra = copy._replace(kind="zz", label="Extra", noun="Extra")
        with patch.object(
            type(self.timeline), "_timeline_sources", lambda _self: [*sources, extra]
        ):
            keys = self._keys(limit=1)
        self.assertEqual(keys[:2], [("zz", lead.id), ("opportunity", lead.id)])
