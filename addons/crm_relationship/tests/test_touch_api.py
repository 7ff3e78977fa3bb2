from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..core.touch_rows import MAX_TOUCHES
from .touch_common import TouchCommon

# Everything there is to say about a contact.
FULL = {
    "date": "2026-03-10T11:30:00+02:00",
    "direction": "in",
    "outcome": "no_answer",
    "subject": "Offer",
    "note": "First\r\nsecond",
    "duration": 12,
    "address": "+49 30 1",
    "purpose": "service",
    "source": "pbx",
    "ref": "c-1",
}


@tagged("post_install", "-at_install")
class TestTouchApi(TouchCommon):
    """Contacts of other systems: all or none, told by row, once per source."""

    def setUp(self):
        super().setUp()
        self.api = self.env["crm.api"].with_user(self.seller)
        self.key = 0

    def _row(self, **values):
        row = {
            "partner": self.customer.id,
            "channel": "phone",
            "date": "2026-03-10T09:30:00Z",
            **values,
        }
        return {name: value for name, value in row.items() if value is not None}

    def _send(self, *rows, key=None):
        self.key += 1
        return self.api.touch_log(list(rows), key or f"k{self.key}")

    def test_logged(self):
        """Everything that is given arrives, as the caller's contact."""
        self.customer.ref = "K-1"
        outside = {"source": "pbx", "ref": "7", "company_id": self.company.id}
        self.env["crm.external.ref"].create({**outside, "partner_id": self.contact.id})
        lead = self.env["crm.lead"].create({"name": "L", "user_id": self.seller.id})
        answer = self._send(
            self._row(**FULL),
            self._row(partner={"external": ["pbx", "7"]}),
            self._row(partner={"ref": "K-1"}),
            self._row(partner=None, lead=lead.id),
        )
        self.assertEqual(answer["error_count"], 0, answer["errors"])
        self.assertEqual((answer["logged"], answer["known"]), (4, 0))
        touches = self.env["crm.touch"].browse(answer["ids"])
        self.assertRecordValues(
            touches[0],
            [
                {
                    "partner_id": self.customer.id,
                    "date": datetime(2026, 3, 10, 9, 30),
                    "direction": "in",
                    "outcome_id": self.no_answer.id,
                    "is_contact": False,
                    "subject": "Offer",
                    "note": "First\nsecond",
                    "duration": 12,
                    "address": "+49 30 1",
                    "purpose": "service",
                    "user_id": self.seller.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(touches[1].partner_id, self.contact)
        self.assertEqual(touches[2].partner_id, self.customer)
        self.assertEqual(touches[3].lead_id, lead)

    def test_once(self):
        """The same key gives the same answer, the same source the same row."""
        row = self._row(source="pbx", ref="1")
        first = self._send(row, key="a")
        self.assertEqual(self._send(row, key="a"), first)
        again = self._send(row, row, self._row(), key="b")
        self.assertEqual((again["logged"], again["known"]), (1, 1))
        self.assertEqual(again["ids"][0], first["ids"][0])
        with self.assertRaises(UserError):
            self._send(self._row(subject="other"), key="a")

    def test_bad_rows(self):
        """Each bad value is told by row and field; nothing of the call is written."""
        later = (fields.Datetime.now() + timedelta(hours=1)).isoformat()
        cases = [
            ({"partner": 2**31 - 1}, "partner"),
            ({"partner": None}, "partner"),
            ({"partner": {"ref": "nobody"}}, "partner"),
            ({"partner": self.colleague.partner_id.id}, "partner"),
            ({"partner": self.company.partner_id.id}, "partner"),
            ({"partner": "x"}, "partner"),
            ({"lead": 2**31 - 1}, "lead"),
            ({"channel": "smoke"}, "channel"),
            ({"channel": None}, "channel"),
            ({"date": None}, "date"),
            ({"date": "2026-13-45"}, "date"),
            ({"date": "0001-01-01T00:00:00+14:00"}, "date"),
            ({"date": later}, "date"),
            ({"direction": "up"}, "direction"),
            ({"outcome": "great"}, "outcome"),
            ({"purpose": []}, "purpose"),
            ({"duration": -1}, "duration"),
            ({"duration": True}, "duration"),
            ({"subject": "x" * 300}, "subject"),
            ({"note": "\x00"}, "note"),
            ({"ref": "1"}, "source"),
            ({"source": "pbx"}, "ref"),
            ({"colour": 1}, "colour"),
        ]
        before = self.env["crm.touch"].search_count([])
        answer = self._send(self._row(), *[self._row(**bad) for bad, _field in cases])
        self.assertEqual(
            [(error["row"], error["field"]) for error in answer["errors"]],
            [(number, field) for number, (_bad, field) in enumerate(cases, 2)],
        )
        self.assertTrue(all(error["reason"] for error in answer["errors"]))
        self.assertEqual((answer["logged"], answer["ids"]), (0, []))
        self.assertEqual(self.env["crm.touch"].search_count([]), before)
        # A request without effect may be corrected under its key.
        self.assertEqual(self._send(self._row(), key=f"k{self.key}")["logged"], 1)

    def test_limits(self):
        for bad in ([], {}, None, "x", [self._row()] * (MAX_TOUCHES + 1)):
            with self.assertRaises(UserError):
                self.api.touch_log(bad, "k")
        self.assertEqual(self._send({}, 7, [])["error_count"], 5)

    def test_several_of_a_name(self):
        (self.customer + self.other_customer).write({"ref": "same"})
        answer = self._send(self._row(partner={"ref": "same"}))
        self.assertIn(str(self.customer.id), answer["errors"][0]["reason"])

    def test_rights(self):
        """A lead of somebody else is none; who sees no contacts logs none."""
        lead = self.env["crm.lead"].create({"name": "L", "user_id": self.colleague.id})
        answer = self._send(self._row(partner=None, lead=lead.id))
        self.assertEqual(answer["errors"][0]["field"], "lead")
        internal = self._create_user("touch_internal", "group_sale_salesman")
        internal.group_ids = self.env.ref("base.group_user")
        with self.assertRaises(AccessError):
            self.env["crm.api"].with_user(internal).touch_log([self._row()], "k")

    def test_queries(self):
        """Hundreds of rows take as many queries as a few."""

        def queries(count):
            partners = self.env["res.partner"].create(
                [{"name": f"Q{n}"} for n in range(count)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = [
                self._row(partner=p.id, source="q", ref=str(p.id)) for p in partners
            ]
            self.assertEqual(self._send(*rows)["logged"], count)
            return self.env.cr.sql_log_count - before

        queries(3)
        self.assertLessEqual(queries(300), queries(10) + 2)
