from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_decision import DecisionCommon


@tagged("post_install", "-at_install")
class TestDelegation(DecisionCommon):
    """Somebody decides in another's place, until a day."""

    def _delegate(self, giver, taker, **values):
        today = fields.Date.today()
        return (
            self.env["crm.delegation"]
            .with_user(giver)
            .with_company(self.company)
            .create(
                {
                    "delegate_id": taker.id,
                    "date_from": today,
                    "date_to": today + timedelta(days=3),
                    **values,
                }
            )
        )

    def test_the_delegate_decides_and_both_are_named(self):
        handover = self._offered()
        self._delegate(self.bert, self.max)
        handover.with_user(self.max).action_decide("accept")
        decision = self.env["crm.decision"]._of(handover)[0]
        self.assertEqual(
            (decision.user_id, decision.on_behalf_id), (self.max, self.bert)
        )
        self.assertEqual(self.customer.user_id, self.bert)

    def test_it_ends_on_its_date(self):
        handover = self._offered()
        today = fields.Date.today()
        delegation = self._delegate(self.bert, self.max, date_to=today)
        self.assertEqual(delegation.state, "active")
        self.env.cr._now = self.env.cr.now() + timedelta(days=1)
        try:
            self.env.invalidate_all()
            self.assertEqual(delegation.state, "ended")
            with self.assertRaises(AccessError):
                handover.with_user(self.max).action_decide("accept")
        finally:
            self.env.cr._now = None

    def test_it_ends_when_its_owner_says_so(self):
        handover = self._offered()
        delegation = self._delegate(self.bert, self.max)
        with (
            self.assertRaises(AccessError),
            mute_logger("odoo.addons.base.models.ir_rule"),
        ):
            delegation.with_user(self.max).action_end()
        delegation.action_end()
        self.assertEqual(delegation.state, "ended")
        with self.assertRaises(AccessError):
            handover.with_user(self.max).action_decide("accept")

    def test_nobody_takes_what_is_not_given(self):
        with self.assertRaisesRegex(UserError, "Everybody delegates their own"):
            self._delegate(self.max, self.anna, user_id=self.bert.id)
        self._delegate(self.max, self.anna)
        delegation = self.env["crm.delegation"].search([("user_id", "=", self.max.id)])
        with self.assertRaisesRegex(UserError, "the end and the reason"):
            delegation.with_user(self.max).user_id = self.bert

    def test_in_an_author_s_place_nobody_decides(self):
        """Bert has written into it, so his delegate cannot accept for him either."""
        handover = self._write_handover()
        handover.with_user(self.bert).note = "More"
        handover.action_decide("offer")
        self._delegate(self.bert, self.max)
        with self.assertRaisesRegex(UserError, "two-person"):
            handover.with_user(self.max).action_decide("accept")

    def test_states_are_found(self):
        active = self._delegate(self.bert, self.max)
        later = fields.Date.today() + timedelta(days=2)
        planned = self._delegate(self.bert, self.mona, date_from=later)
        Delegation = self.env["crm.delegation"]
        for state, wanted in (("active", active), ("planned", planned)):
            found = Delegation.search([("state", "=", state)])
            self.assertEqual(found & (active | planned), wanted)
        self.assertFalse(Delegation.search([("state", "=", "ended")]) & active)
