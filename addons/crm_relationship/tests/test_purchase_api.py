import json
import xmlrpc.client
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .purchase_common import PurchaseImportCommon

ROWS = [
    {"external_ref": "A", "date": "2024-03-01", "customer_ref": "C1", "amount": 10.5},
    {"external_ref": "B", "date": "2024-03-02", "customer_ref": "C1", "amount": 2},
]


@tagged("post_install", "-at_install")
class TestPurchaseApi(PurchaseImportCommon):
    def call(self, rows, key, user=None, **options):
        api = self.env["crm.api"].with_user(user or self.analyst)
        api = api.with_context(allowed_company_ids=self.company.ids)
        options.setdefault("create_missing", True)
        return api.purchase_import(
            rows=rows, source="imp", idempotency_key=key, **options
        )

    def test_lost_answer(self):
        first = self.call(ROWS, "k1")
        self.assertEqual((first["created"], first["customers_created"]), (2, 1))
        self.history("A").sudo().unlink()
        self.assertEqual(self.call(ROWS, "k1"), first)
        self.assertFalse(self.history("A"), "the same key had a second effect")
        self.assertEqual(
            self.counts(self.call(ROWS, "k2")), {"created": 1, "unchanged": 1}
        )

    def test_key_of_another_request(self):
        self.call(ROWS, "k1")
        with self.assertRaises(UserError):
            self.call(ROWS[:1], "k1")
        with self.assertRaises(UserError):
            self.call(ROWS, "k1", on_error="skip")

    def test_rejected_request_may_be_corrected_under_its_key(self):
        bad = [ROWS[0], {**ROWS[1], "date": "2024-02-30"}]
        self.assertEqual(self.call(bad, "k1")["error_count"], 1)
        self.assertEqual(self.call(ROWS, "k1")["created"], 2)

    def test_skipped_rows_are_part_of_the_answer(self):
        bad = [ROWS[0], {**ROWS[1], "date": "2024-02-30"}]
        first = self.call(bad, "k1", on_error="skip")
        self.assertEqual((first["created"], first["error_count"]), (1, 1))
        self.assertEqual(self.call(bad, "k1", on_error="skip"), first)
        with self.assertRaises(UserError):
            self.call(ROWS, "k1", on_error="skip")

    def test_bad_arguments(self):
        for rows, key, options in [
            (ROWS, "", {}),
            (ROWS, None, {}),
            (ROWS, "x" * 256, {}),
            ("rows", "k", {}),
            ({}, "k", {}),
            (None, "k", {}),
            ([{}] * 10_001, "k", {}),
            (ROWS, "k", {"create_missing": "false"}),
            (ROWS, "k", {"create_missing": None}),
            (ROWS, "k", {"on_error": "explode"}),
            (ROWS, "k", {"on_error": None}),
        ]:
            with self.subTest(key=str(key)[:5], **options):
                with self.assertRaises(UserError):
                    self.call(rows, key, **options)
        self.assertFalse(self.history())
        self.assertEqual(self.call([], "k")["created"], 0)

    def test_rights_come_first(self):
        self.call(ROWS, "k1")
        reader = self.user("imp_api_reader", "crm_relationship.group_reader")
        with self.assertRaises(AccessError):
            self.call(ROWS, "k1", user=reader)
        self.analyst.group_ids -= self.env.ref("crm_relationship.group_analyst")
        with self.assertRaises(AccessError):
            self.call(ROWS, "k1")


@tagged("post_install", "-at_install")
class TestPurchaseApiTransports(PurchaseImportCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.key = (
            self.env["res.users.apikeys"]
            .with_user(self.analyst)
            ._generate("rpc", "imp", fields.Datetime.now() + timedelta(days=1))
        )

    def by_json(self, **kwargs):
        answer = self.url_open(
            "/json/2/crm.api/purchase_import",
            data=json.dumps(kwargs),
            headers={
                "Authorization": f"bearer {self.key}",
                "Content-Type": "application/json",
            },
        )
        return answer.status_code, answer.json()

    def by_xml(self, **kwargs):
        try:
            return 200, self.xmlrpc_object.execute_kw(
                self.env.cr.dbname,
                self.analyst.id,
                self.key,
                "crm.api",
                "purchase_import",
                [],
                kwargs,
            )
        except xmlrpc.client.Fault as fault:
            return fault.faultCode, fault.faultString

    def test_both_transports_give_the_same(self):
        args = {"rows": ROWS, "source": "imp", "create_missing": True}
        status, created = self.by_json(**args, idempotency_key="json")
        self.assertEqual((status, created["created"]), (200, 2))
        self.assertEqual(self.by_json(**args, idempotency_key="json"), (200, created))
        by_json = self.by_json(**args, idempotency_key="json 2")
        by_xml = self.by_xml(**args, idempotency_key="xml")
        self.assertEqual(by_json, by_xml)
        self.assertEqual(by_xml[1]["unchanged"], 2)
        self.assertEqual(self.history("A").amount_untaxed, 10.5)
        bad = {**args, "rows": [*ROWS, {"external_ref": "C", "amount": 1e300}]}
        by_json = self.by_json(**bad, idempotency_key="bad")
        self.assertEqual(by_json, self.by_xml(**bad, idempotency_key="bad"))
        self.assertEqual(self.reasons(by_json[1]), [(3, "amount"), (3, "date")])

    @mute_logger("odoo.http")
    def test_refusals_are_clear_on_both(self):
        args = {"rows": ROWS, "source": "imp", "idempotency_key": ""}
        status, body = self.by_json(**args)
        self.assertEqual(status, 422)
        self.assertIn("idempotency_key", body["message"])
        _code, text = self.by_xml(**args)
        self.assertIn("idempotency_key", text)
        self.analyst.group_ids -= self.env.ref("crm_relationship.group_analyst")
        status, body = self.by_json(**{**args, "idempotency_key": "k"})
        self.assertEqual(status, 403)
        self.assertIn("Analyst", body["message"])
