from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .touch_common import TouchCommon


@tagged("post_install", "-at_install")
class TestTouchQuick(TouchCommon):
    """Outcome, note and next step in one dialog, with the rights of who logs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        quick = cls.quick_ref
        cls.call_back = quick("crm_relationship.crm_touch_outcome_call_back")
        cls.call = quick("mail.mail_activity_data_call")

    def _wizard(self, records, user=None):
        context = {"active_model": records._name, "active_ids": records.ids}
        Wizard = self.env["crm.touch.quick"].with_user(user or self.seller)
        return Form(Wizard.with_context(**context))

    def _log_with(self, records, user=None, **values):
        form = self._wizard(records, user)
        for name, value in values.items():
            setattr(form, name, value)
        before = self.env["crm.touch"].sudo().search([])
        self.result = form.save().action_log()
        return self.env["crm.touch"].sudo().search([]) - before

    def test_customer(self):
        """The least: choose the outcome. The next step is proposed, and planned."""
        touch = self._log_with(self.customer, outcome_id=self.call_back)
        self.assertRecordValues(
            touch,
            [
                {
                    "partner_id": self.customer.id,
                    "channel_id": self.phone.id,
                    "outcome_id": self.call_back.id,
                    "user_id": self.seller.id,
                    "address": "+12125550100",
                    "company_id": self.company.id,
                }
            ],
        )
        activity = self.customer.activity_ids
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual(activity.activity_type_id, self.call)
        self.assertEqual(
            activity.date_deadline, fields.Date.today() + timedelta(days=2)
        )
        self.assertEqual(self.result["params"]["kind"], "success")

    def test_contact_person(self):
        """Of a firm the person is chosen; nobody of another firm can be."""
        touch = self._log_with(self.customer, contact_id=self.contact)
        self.assertEqual(touch.partner_id, self.contact)
        touch = self._log_with(self.customer, contact_id=self.other_customer)
        self.assertEqual(touch.partner_id, self.customer)

    def test_no_next_step(self):
        """An outcome without days plans nothing; a step chosen by hand is planned."""
        self._log_with(self.customer, outcome_id=self.reached)
        self.assertFalse(self.customer.activity_ids)
        self._log_with(self.customer, outcome_id=self.reached, next_type_id=self.call)
        self.assertEqual(len(self.customer.activity_ids), 1)

    def test_channel_of_last_time(self):
        """The dialog opens with the channel the user chose last."""
        self._log_with(self.customer, channel_id=self.visit)
        self.assertEqual(self._wizard(self.customer).channel_id, self.visit)
        other = self._wizard(self.other_customer, self.colleague)
        self.assertEqual(other.channel_id, self.phone)

    def test_documents(self):
        """From a profile, a lead without partner and a quotation."""
        profile_of = self._create_order(self.customer, 10.0, confirm=False)
        profile_of.user_id = self.seller
        profile = self._profile(self.customer).with_user(self.seller)
        self.assertEqual(self._log_with(profile).partner_id, self.customer)
        lead = self.env["crm.lead"].create({"name": "L", "user_id": self.seller.id})
        touch = self._log_with(lead, outcome_id=self.call_back)
        self.assertEqual((touch.lead_id, len(touch.partner_id)), (lead, 0))
        self.assertEqual(lead.activity_ids.user_id, self.seller)
        self.assertEqual(self._log_with(profile_of).partner_id, self.customer)
        self.assertFalse(profile_of.activity_ids)

    def test_several(self):
        """One contact each; who is no customer is told, the rest is logged."""
        more = self._create_customer("C", user_id=self.seller.id)
        own = self.company.partner_id
        touches = self._log_with(self.customer + more + own)
        self.assertEqual(touches.partner_id, self.customer + more)
        self.assertEqual(self.result["params"]["kind"], "warning")
        self.assertIn(own.display_name, self.result["params"]["message"])

    def test_rights(self):
        """Nobody logs on what they may not read; of several the rest is logged."""
        lead = self.env["crm.lead"].create({"name": "L", "user_id": self.seller.id})
        other = lead.copy({"user_id": self.colleague.id})
        context = {
            "default_res_model": "crm.lead",
            "default_res_ids": [lead.id, other.id],
        }
        Wizard = self.env["crm.touch.quick"].with_user(self.seller)
        wizard = Wizard.with_context(**context).create({})
        self.assertNotIn("L, L", wizard.what)
        wizard.action_log()
        touches = (
            self.env["crm.touch"].sudo().search([("user_id", "=", self.seller.id)])
        )
        self.assertEqual(touches.lead_id, lead)
        wizard = Wizard.create({"res_model": "crm.lead", "res_ids": other.ids})
        with self.assertRaises(AccessError):
            wizard.action_log()

    def test_refusals(self):
        """Without a record, of a foreign model, in the future: told, nothing logged."""
        Wizard = self.env["crm.touch.quick"].with_user(self.seller)
        later = fields.Datetime.now() + timedelta(days=1)
        for values in (
            {},
            {"res_model": "res.users", "res_ids": self.seller.ids},
            {"res_model": "res.partner", "res_ids": "1"},
            {"res_model": "res.partner", "res_ids": [2**40]},
            {"res_model": "res.partner", "res_ids": self.customer.ids, "date": later},
            {"res_model": "res.partner", "res_ids": list(range(1, 2000))},
        ):
            with self.assertRaises(UserError):
                Wizard.create(values).action_log()
