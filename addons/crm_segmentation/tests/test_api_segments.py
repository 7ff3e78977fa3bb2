import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .common import SegmentationCommon


@tagged("post_install", "-at_install")
class TestApiSegments(SegmentationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.profiles = cls.env["crm.customer.profile"]
        for number in range(7):
            cls.profiles |= cls._add_profile(
                f"C{number}", partner={"ref": f"R{number}"}
            )
        cls.segment = cls.env["crm.segment"].with_user(cls.manager)
        cls.segment = cls.segment.create(
            {"name": "All", "company_id": cls.company.id, "domain": "[]"}
        )

    def _api(self, user=None):
        return self.env["crm.api"].with_user(user or self.reader)

    def test_list(self):
        [row] = self._api().segment_list()
        self.assertEqual(json.loads(json.dumps(row)), row)
        self.assertEqual(
            {key: row[key] for key in ("id", "name", "kind", "state", "members")},
            {
                "id": self.segment.id,
                "name": "All",
                "kind": "rule",
                "state": "ready",
                "members": 7,
            },
        )
        self.assertNotIn("description", row, "what is not known is left out")
        self.assertNotIn(None, row.values())

    def test_pages_give_everybody_once(self):
        for limit in (1, 2, 3, 7, 8, 1000):
            seen, after, pages = [], None, 0
            while True:
                page = self._api().segment_members(self.segment.id, after, limit)
                self.assertEqual(json.loads(json.dumps(page)), page)
                self.assertLessEqual(len(page["rows"]), limit)
                seen += [row["id"] for row in page["rows"]]
                pages += 1
                after = page.get("next")
                if not after:
                    break
                self.assertIsInstance(after, str)
            self.assertEqual(seen, sorted(self.profiles.partner_id.ids))
            self.assertLessEqual(pages, 7 // limit + 1)

    def test_row(self):
        row = self._api().segment_members(self.segment.id, limit=1)["rows"][0]
        self.assertEqual(row.keys(), {"id", "name", "since", "ref"})
        self.assertEqual((row["name"], row["ref"]), ("C0", "R0"))
        self.assertRegex(row["since"], r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")

    def test_members_come_and_go_between_pages(self):
        first = self._api().segment_members(self.segment.id, limit=3)
        partner = self.profiles[1].partner_id
        self.profiles[1].sudo().unlink()
        self.segment.action_refresh()
        second = self._api().segment_members(self.segment.id, after=first["next"])
        ids = [row["id"] for row in first["rows"] + second["rows"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertIn(partner.id, ids, "it was there when the first page was read")
        self.assertEqual(len(ids), 7)

    def test_archived_are_left_out_or_marked(self):
        self.profiles[0].partner_id.active = False
        page = self._api().segment_members(self.segment.id)
        self.assertEqual(len(page["rows"]), 6)
        page = self._api().segment_members(self.segment.id, archived=True)
        marked = [row["name"] for row in page["rows"] if row.get("archived")]
        self.assertEqual((len(page["rows"]), marked), (7, ["C0"]))

    def test_partners_of_another_company_are_left_out(self):
        private = self.profiles[2].partner_id
        private.company_id = self.other_company
        page = self._api().segment_members(self.segment.id)
        self.assertNotIn(private.id, [row["id"] for row in page["rows"]])
        self.assertEqual(len(page["rows"]), 6)

    def test_refusals(self):
        api = self._api()
        for arguments in (
            {"segment": 0},
            {"segment": 2**31 - 1},
            {"segment": "1"},
            {"segment": True},
            {"segment": None},
            {"segment": self.segment.id, "limit": 0},
            {"segment": self.segment.id, "limit": 1001},
            {"segment": self.segment.id, "limit": "5"},
            {"segment": self.segment.id, "after": "x"},
            {"segment": self.segment.id, "after": f"s{self.segment.id + 1}.5"},
            {"segment": self.segment.id, "after": f"s{self.segment.id}.-1"},
            {"segment": self.segment.id, "after": 5},
        ):
            with self.subTest(arguments=arguments), self.assertRaises(UserError):
                api.segment_members(**arguments)

    def test_rights(self):
        for call in (
            lambda user: self._api(user).segment_list(),
            lambda user: self._api(user).segment_members(self.segment.id),
        ):
            with self.assertRaises(AccessError):
                call(self.salesman)
            with self.assertRaises(AccessError):
                call(self.env.ref("base.public_user"))
        foreign = self._new_user("seg_foreign", "group_reader", self.other_company)
        api = self.env(user=foreign, context={})["crm.api"]
        self.assertEqual(api.segment_list(), [])
        with self.assertRaises(UserError):
            api.segment_members(self.segment.id)

    def test_changes_tell_of_segments(self):
        rows = self.env["crm.change.feed"].sudo().search([("kind", "=", "segment")])
        self.assertEqual(
            set(rows.filtered(lambda r: r.res_key == self.segment.id).mapped("action")),
            {"entered"},
        )


@tagged("post_install", "-at_install")
class TestApiSegmentsTransports(SegmentationCommon, HttpCase):
    def test_same_answer_over_both(self):
        """XML-RPC and JSON-2 give a caller of few rights the same members."""
        for number in range(3):
            self._add_profile(f"Łódź & <Söhne> 株式会社 {number}")
        segment = self._create_segment(domain="[]", name="„Alle“ & <mehr>")
        key = (
            self.env["res.users.apikeys"]
            .with_user(self.reader)
            ._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        )
        calls = {
            "segment_list": {},
            "segment_members": {"segment": segment.id, "limit": 2},
        }
        for method, arguments in calls.items():
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
                *(self.env.cr.dbname, self.reader.id, key),
                *("crm.api", method, [], arguments),
            )
            self.assertEqual(over_xml, over_json.json())
            self.assertTrue(over_xml)
