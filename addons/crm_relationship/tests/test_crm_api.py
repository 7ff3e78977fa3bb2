import json
import xmlrpc.client
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..core import api_values
from .timeline_common import TimelineCommon


@tagged("post_install", "-at_install")
class TestCrmApi(TimelineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.api = cls.env["crm.api"]
        cls.customer.write({"ref": "K-100", "email": "a@firm.example", "phone": "+12"})
        cls.env["crm.external.ref"].sudo().create(
            {"source": "shop", "ref": "X1", "partner_id": cls.contact.id}
        )

    def assertPlain(self, value):
        """The answer is plain JSON and means the same over XML-RPC."""
        self.assertEqual(api_values.plain(value), value)
        sent = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=False)
        self.assertEqual(xmlrpc.client.loads(sent)[0][0], json.loads(json.dumps(value)))

    # ---- naming a customer ---------------------------------------------------

    def test_a_customer_is_named_in_three_ways(self):
        named = (
            self.customer.id,
            self.contact.id,
            {"ref": "K-100"},
            {"external": ["shop", "X1"]},
        )
        for partner in named:
            with self.subTest(partner=partner):
                result = self.api.customer_get(partner=partner, parts=[])
                self.assertEqual(
                    result,
                    {"id": self.customer.id, "name": "Customer A", "hidden": []},
                )

    def test_ambiguous_reference_lists_the_hits(self):
        self.other_customer.ref = "K-100"
        with self.assertRaises(UserError) as caught:
            self.api.customer_get(partner={"ref": "K-100"})
        message = str(caught.exception)
        for partner in self.customer | self.other_customer:
            self.assertIn(f"{partner.id} ({partner.display_name})", message)

    def test_unknown_customers(self):
        unknown = (2**31 - 1, {"ref": "none"}, {"external": ["shop", "none"]})
        for partner in unknown:
            with self.subTest(partner=partner), self.assertRaises(UserError) as caught:
                self.api.customer_timeline(partner=partner)
            self.assertIn("There is no customer", str(caught.exception))

    def test_foreign_company_is_unknown(self):
        """Whether it exists is not told apart from whether it may be read."""
        self.customer.company_id = self.setup_other_company()["company"]
        api = self.api.with_user(self.analyst)
        for partner in (self.customer.id, {"ref": "K-100"}):
            with self.assertRaisesRegex(UserError, "or you may not read it"):
                api.customer_get(partner=partner)
        self.assertEqual(api.customer_find(query="Customer A"), [])

    # ---- customer_get --------------------------------------------------------

    def test_customer_get(self):
        self._create_everything()
        self._profile(self.customer)
        result = self.api.customer_get(partner=self.customer.id)
        self.assertPlain(result)
        self.assertEqual(result["hidden"], [])
        self.assertEqual(result["identity"]["ref"], "K-100")
        self.assertEqual(result["contacts"][0]["id"], self.contact.id)
        [profile] = result["profile"]
        self.assertEqual(profile["quotation_count"], 1)
        self.assertEqual(profile["currency"], self.company.currency_id.name)
        self.assertEqual(result["documents"]["quotations"]["count"], 1)
        self.assertEqual(len(result["documents"]["opportunities"]["rows"]), 1)

    def test_open_money_is_live(self):
        """The ledger of this moment, net; not what was computed last."""
        invoice = self._create_invoice(self.contact, 100.0, date="2026-03-01")
        invoice.invoice_date_due = "2026-03-01"
        self._create_payment(self.customer, 30.0, "2026-03-02")
        result = self.api.customer_get(partner=self.customer.id, parts=["receivable"])
        expected = invoice.amount_total - 30.0
        self.assertEqual(
            result["receivable"],
            [
                {
                    "company_id": self.company.id,
                    "company": self.company.name,
                    "currency": self.company.currency_id.name,
                    "open": expected,
                    "overdue": expected,
                }
            ],
        )

    def test_parts_without_right_are_named(self):
        self._create_everything()
        self._profile(self.customer)
        hidden = {
            self.analyst: ["receivable"],
            self.accountant: ["profile", "contact"],
            self.salesperson: ["receivable"],
        }
        for user, parts in hidden.items():
            result = self.api.with_user(user).customer_get(partner=self.customer.id)
            self.assertPlain(result)
            self.assertEqual(result["hidden"], parts)
            self.assertFalse(set(parts) & result.keys())

    def test_foreign_customer_of_a_salesperson(self):
        self._create_everything()
        self.customer.user_id = self.colleague
        self._profile(self.customer)
        api = self.api.with_user(self.salesperson)
        result = api.customer_get(partner=self.customer.id)
        self.assertEqual(result["profile"], [])
        self.assertEqual(result["documents"]["unpaid_invoices"]["count"], 0)
        own = self.api.with_user(self.colleague).customer_get(partner=self.customer.id)
        self.assertEqual(len(own["profile"]), 1)

    # ---- customer_timeline ---------------------------------------------------

    def test_timeline_pages(self):
        self._create_everything(count=2)
        keys, before = [], {}
        while True:
            page = self.api.customer_timeline(
                partner=self.customer.id, limit=5, **before
            )
            self.assertPlain(page)
            keys += [(row["kind"], row["id"]) for row in page["rows"]]
            if "next" not in page:
                break
            before = {"before": page["next"]}
        self.assertEqual(keys, self._keys(limit=200))
        # Other modules may know more kinds, of which nothing happened here.
        kinds = {kind["kind"] for kind in page["kinds"]}
        self.assertLessEqual({kind for kind, _id in keys}, kinds)

    def test_timeline_of_a_company_one_does_not_work_in(self):
        other = self.setup_other_company()["company"]
        api = self.api.with_user(self.analyst)
        with self.assertRaisesRegex(UserError, "do not work in company"):
            api.customer_timeline(partner=self.customer.id, company=other.id)

    # ---- customer_find -------------------------------------------------------

    def test_find(self):
        searches = {
            "X1": "external",
            "K-100": "ref",
            "A@Firm.example ": "email",
            "customer a": "name",
            "tomer a": "name",
            "contact of a": "name",
        }
        for query, matched in searches.items():
            with self.subTest(query=query):
                rows = self.api.customer_find(query=query)
                self.assertPlain(rows)
                found = {row["id"]: row["matched"] for row in rows}
                self.assertEqual(found.get(self.customer.id), matched)

    def test_find_by_telephone(self):
        self.contact.phone = "+32 485 11 22 33"
        self.env.flush_all()  # core searches telephone numbers by SQL of its own
        [row] = self.api.customer_find(query="0032485112233")
        self.assertEqual((row["id"], row["matched"]), (self.customer.id, "phone"))

    def test_find_takes_wildcards_literally(self):
        for query in ("%", "%_%", "%%%", "\\"):
            self.assertEqual(self.api.customer_find(query=query), [])
        discount = self._create_customer("100% Wool")
        self.assertEqual(
            [row["id"] for row in self.api.customer_find(query="0% w")], [discount.id]
        )

    def test_find_keeps_to_the_limit(self):
        for number in range(5):
            self._create_customer(f"Lookalike {number}")
        self.assertEqual(len(self.api.customer_find(query="lookalike", limit=3)), 3)
        self.assertEqual(len(self.api.customer_find(query="lookalike")), 5)

    # ---- changes -------------------------------------------------------------

    def test_changes_for_readers_only(self):
        result = self.api.with_user(self.analyst).changes()
        self.assertPlain(result)
        self.assertEqual(set(result), {"rows", "next"})
        with self.assertRaises(AccessError):
            self.api.with_user(self.salesperson).changes()
        with self.assertRaisesRegex(UserError, "no cursor"):
            self.api.with_user(self.analyst).changes(after="nonsense")


@tagged("post_install", "-at_install")
class TestCrmApiTransports(HttpCase):
    def test_same_answer_over_both(self):
        """XML-RPC and JSON-2 give a caller of few rights the same facts."""
        user = new_test_user(
            self.env, "api_reader", "base.group_user,crm_relationship.group_reader"
        )
        customer = self.env["res.partner"].create(
            {
                "name": "Łódź & <Söhne> 株式会社",
                "is_company": True,
                "ref": "K-7",
                "category_id": [Command.create({"name": "Tag"})],
            }
        )
        customer.message_post(body="Dear\ncustomer", message_type="comment")
        key = (
            self.env["res.users.apikeys"]
            .with_user(user)
            ._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        )
        calls = {
            "customer_get": {"partner": {"ref": "K-7"}},
            "customer_timeline": {"partner": customer.id, "limit": 5},
            "customer_find": {"query": "söhne"},
            "changes": {"limit": 5},
        }
        for method, arguments in calls.items():
            with self.subTest(method=method):
                over_json = self.url_open(
                    f"/json/2/crm.api/{method}",
                    data=json.dumps(arguments),
                    headers={
                        "Authorization": f"Bearer {key}",
                        "Content-Type": "application/json",
                    },
                )
                self.assertEqual(over_json.status_code, 200, over_json.text)
                over_xml = self.xmlrpc_object.execute_kw(
                    self.env.cr.dbname, user.id, key, "crm.api", method, [], arguments
                )
                self.assertEqual(over_xml, over_json.json())
                self.assertTrue(over_xml)
