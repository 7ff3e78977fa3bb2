from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_decision import DecisionCommon


@tagged("post_install", "-at_install")
class TestHandoverPromise(DecisionCommon):
    """Lines are content: whoever accepts a handover accepts these promises."""

    def setUp(self):
        super().setUp()
        self.friday = fields.Date.today() + timedelta(days=4)
        self.handover = self._offered(
            promise_ids=[
                Command.create({"name": "A price for 200", "date": self.friday})
            ]
        )
        self.promise = self.handover.promise_ids

    def test_becomes_a_planned_activity(self):
        self.handover.with_user(self.bert).action_decide("accept")
        planned = self.customer.sudo().activity_ids.filtered(
            lambda a: a.summary == "A price for 200"
        )
        self.assertEqual(
            (planned.user_id, planned.date_deadline), (self.bert, self.friday)
        )

    def test_nothing_is_planned_when_declined(self):
        self.handover.with_user(self.bert).action_decide("decline", "Too far away")
        self.assertNotIn(
            "A price for 200", self.customer.sudo().activity_ids.mapped("summary")
        )

    def test_a_changed_line_lets_the_offer_fall(self):
        changes = {
            "written": lambda: self.promise.write({"name": "A price for 2,000"}),
            "added": lambda: self.promise.create(
                {
                    "handover_id": self.handover.id,
                    "name": "A visit",
                    "date": self.friday,
                }
            ),
            "deleted": lambda: self.promise.unlink(),
            "through the document": lambda: self.handover.write(
                {"promise_ids": [Command.update(self.promise.id, {"name": "Other"})]}
            ),
        }
        for name, change in changes.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                change()
                self.assertEqual(self.handover.state, "draft")
                self.assertFalse(self._requests(self.handover))
                last = self.env["crm.decision"]._of(self.handover)[:1]
                self.assertEqual(last.kind, "voided")
                with self.assertRaisesRegex(UserError, "not possible while"):
                    self.handover.with_user(self.bert).action_decide("accept")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_writing_the_same_changes_nothing(self):
        self.promise.write({"name": "A price for 200"})
        self.handover.write(
            {"promise_ids": [Command.update(self.promise.id, {"date": self.friday})]}
        )
        self.assertEqual(self.handover.state, "offered")

    def test_who_edits_a_line_is_an_author(self):
        self.promise.with_user(self.bert).write({"name": "A price for 300"})
        self.handover.action_decide("offer")
        with self.assertRaisesRegex(UserError, "two-person"):
            self.handover.with_user(self.bert).action_decide("accept")

    def test_what_was_accepted_stays(self):
        self.handover.with_user(self.bert).action_decide("accept")
        for user in (self.anna, self.mona):
            with self.subTest(user=user.name):
                self._assert_all_closed(self.promise.with_user(user))
                self._assert_all_closed(self.promise.with_user(user).sudo())

    def _assert_all_closed(self, promise):
        given = promise.with_context(default_handover_id=self.handover.id)
        self._assert_closed(lambda: promise.write({"name": "Never mind"}))
        self._assert_closed(promise.unlink)
        self._assert_closed(lambda: given.create({"name": "More", "date": self.friday}))

    def _assert_closed(self, change):
        with (
            self.assertRaisesRegex(UserError, "cannot change any more"),
            self.env.cr.savepoint(),
        ):
            change()

    def test_a_line_moves_between_documents_as_content_of_both(self):
        other = self._write_handover(partner_id=self.other_customer.id)
        self.promise.sudo().handover_id = other
        self.assertEqual(self.handover.state, "draft")
        self.assertFalse(self.handover.promise_ids)
        self.assertEqual(other.promise_ids, self.promise)

    def test_copied_with_the_document(self):
        copy = self.handover.copy()
        self.assertEqual(copy.promise_ids.mapped("name"), ["A price for 200"])
