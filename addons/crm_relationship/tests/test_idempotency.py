from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestIdempotency(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.caller = new_test_user(cls.env, login="idem_caller")
        cls.other = new_test_user(cls.env, login="idem_other")
        cls.calls = []

    def setUp(self):
        super().setUp()
        self.calls.clear()

    def answer(self, key="k1", request=("a", 1), user=None, method="m", **options):
        def effect():
            self.calls.append(request)
            return {"n": len(self.calls), "text": "ü", "amount": 1.5, "rows": []}

        model = self.env["crm.idempotency"].with_user(user or self.caller)
        return model._answer_once(method, key, list(request), effect, **options)

    def test_same_request_has_one_effect_and_one_answer(self):
        first = self.answer()
        self.assertEqual(first, {"n": 1, "text": "ü", "amount": 1.5, "rows": []})
        self.assertEqual(self.answer(), first)
        self.assertEqual(len(self.calls), 1)

    def test_another_request_under_the_key_is_refused(self):
        self.answer()
        with self.assertRaisesRegex(UserError, "k1"):
            self.answer(request=("a", 2))
        self.assertEqual(len(self.calls), 1)

    def test_company_is_part_of_the_request(self):
        self.answer()
        company = self.env["res.company"].create({"name": "Idempotent"})
        self.caller.company_ids += company
        model = self.env["crm.idempotency"].with_user(self.caller)
        with self.assertRaises(UserError):
            model.with_company(company)._answer_once("m", "k1", ["a", 1], dict)

    def test_keys_are_the_callers_and_the_methods_own(self):
        self.answer()
        self.answer(user=self.other)
        self.answer(method="m2")
        self.assertEqual(len(self.calls), 3)

    def test_refusals_are_not_kept(self):
        self.answer(keep=lambda answer: False)
        self.assertEqual(self.answer(request=("a", 2))["n"], 2)

    def test_failure_keeps_nothing(self):
        text = "no"

        def fail():
            raise UserError(text)

        model = self.env["crm.idempotency"].with_user(self.caller)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            model._answer_once("m", "k1", [], fail)
        self.assertEqual(self.answer()["n"], 1)

    def test_bad_keys(self):
        for key in ("", "  ", "x" * 256, "a\nb", "\x00", "\ud800", None, 1, ["k"], {}):
            with self.subTest(key=str(key)[:9].encode("ascii", "replace")):
                with self.assertRaises(UserError):
                    self.answer(key=key)
        self.assertEqual(self.answer(key="x" * 255)["n"], 1)

    def test_bad_requests(self):
        endless = []
        endless.append(endless)
        for request in ([{1: 2, "a": 3}], [b"x"], endless, [{"a": {object()}}]):
            with self.assertRaises(UserError):
                self.answer(request=request)
        self.assertFalse(self.calls)

    def test_nobody_reads_the_answers_of_others(self):
        self.answer()
        model = self.env["crm.idempotency"]
        rows = model.search([("user_id", "=", self.caller.id)])
        self.assertEqual(len(rows), 1)
        with self.assertRaises(AccessError):
            rows.with_user(self.other).read(["response"])
        admin = new_test_user(self.env, login="idem_admin", groups="base.group_system")
        self.assertFalse(model.with_user(admin).search([]))
        with self.assertRaises(AccessError):
            rows.with_user(admin).read(["response"])
        for verb in ("write", "create", "unlink"):
            self.assertFalse(model.with_user(admin).has_access(verb))

    def test_old_answers_are_forgotten(self):
        self.answer("old")
        self.answer("young")
        model = self.env["crm.idempotency"]
        old = model.search([("key", "=", "old")])
        old.create_date = fields.Datetime.now() - timedelta(days=31)
        model.search([("key", "=", "young")]).create_date = (
            fields.Datetime.now() - timedelta(days=29)
        )
        model._gc_answers()
        self.assertFalse(model.search([("key", "=", "old")]))
        self.assertTrue(model.search([("key", "=", "young")]))
