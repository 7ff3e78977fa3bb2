import io
import json
from datetime import date, timedelta

import openpyxl

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .privacy_common import EMAIL, NAME, PrivacyCommon


@tagged("post_install", "-at_install")
class TestPrivacyRequest(PrivacyCommon):
    """Two people erase, one answers; nobody without a role sees or does anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (
            new_test_user(
                cls.env,
                f"privacy_{group}",
                groups=f"crm_relationship.group_{group}",
                company_id=cls.company.id,
                company_ids=cls.company.ids,
            )
            for group in ("information", "segmentation")
        )

    def _request(self, kind, **values):
        return (
            self.env["crm.privacy.request"]
            .with_user(self.first)
            .create(
                {
                    "kind": kind,
                    "partner_id": self.person.id,
                    "company_id": self.company.id,
                    "contact": "known address",
                    "request_date": "2026-01-31",
                    **values,
                }
            )
        )

    def _submitted(self, kind, **values):
        request = self._request(kind, **values)
        request.action_decide("submit")
        return request

    def test_due(self):
        self.assertEqual(self._request("access").due_date, date(2026, 2, 28))

    def test_two_people_erase(self):
        request = self._submitted("erase")
        with self.assertRaises(UserError):
            request.action_decide("erase")
        request.with_user(self.second).action_decide("erase")
        self.assertEqual(request.state, "done")
        self.assertNotEqual(self.person.name, NAME)
        self.assertFalse(self.person.email)

    def test_erased_request_tells_nothing(self):
        request = self._submitted("erase", note=f"{NAME} wrote from {EMAIL}")
        request.with_user(self.second).action_decide("erase")
        self.env.invalidate_all()
        self.assertFalse(request.note)
        self.assertFalse({c for c in self._found() if c.startswith("crm_")})

    def test_the_right_button(self):
        """What was asked for is what can be done."""
        for kind, wrong in (("erase", "answer"), ("access", "erase")):
            request = self._submitted(kind).with_user(self.second)
            with self.assertRaises(UserError):
                request.action_decide(wrong)
            names = {offer["name"] for offer in request.decision_options}
            self.assertNotIn(wrong, names)

    def test_identified_first(self):
        request = self._submitted("access", contact=False)
        with self.assertRaisesRegex(UserError, "identified"):
            request.action_decide("answer")

    def test_edited_falls(self):
        """Another person put in after submitting has to be submitted anew."""
        request = self._submitted("erase")
        request.partner_id = self.contact
        self.assertEqual(request.state, "draft")

    def test_not_while_leaving(self):
        """What is leaving right now would be recorded after the erasure."""
        request = self._submitted("erase")
        Outbox = self.env["crm.outbox"].sudo()
        lane = self.env["crm.send.lane"].search([], limit=1)
        row = Outbox.create(
            {
                "company_id": self.company.id,
                "lane_id": lane.id,
                "channel_id": self.mail.id,
                "kind": "email",
                "purpose": "service",
                "partner_id": self.person.id,
                "partner_key": self.person.id,
                "due": fields.Datetime.now(),
                "origin_model": "crm.touch",
                "origin_key": 1,
                "state": "sending",
            }
        )
        with self.assertRaisesRegex(UserError, "leaving"):
            request.with_user(self.second).action_decide("erase")
        row.state = "planned"
        request.with_user(self.second).action_decide("erase")
        self.assertFalse(row.exists())

    def test_files(self):
        """The person gets both forms; they are deleted after a month."""
        request = self._submitted("access")
        request.with_user(self.second).action_decide("answer")
        files = request.with_user(self.first).file_ids
        self.assertEqual(len(files), 2)
        by_end = {file.name.rpartition(".")[2]: file.raw for file in files}
        self.assertIn(EMAIL, json.dumps(json.loads(by_end["json"])))
        book = openpyxl.load_workbook(io.BytesIO(by_end["xlsx"]))
        cells = [cell.value for sheet in book for row in sheet for cell in row]
        self.assertIn(EMAIL, cells)
        with self.assertRaises(AccessError):
            files[0].with_user(self.seller).read(["raw"])
        request._gc_files()
        self.assertTrue(files.exists())
        old = fields.Datetime.now() - timedelta(days=31)
        self.env.cr.execute(
            "UPDATE ir_attachment SET create_date = %s WHERE id = ANY(%s)",
            [old, files.ids],
        )
        self.env.invalidate_all()
        request._gc_files()
        self.assertFalse(files.exists())

    def test_rights(self):
        request = self._submitted("access")
        for user in (self.seller, self.manager):
            with self.assertRaises(AccessError):
                request.with_user(user).read(["kind"])
            with self.assertRaises(AccessError):
                request.with_user(user).action_decide("answer")
