from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .purchase_common import PurchaseImportCommon


@tagged("post_install", "-at_install")
class TestPurchaseImportRights(PurchaseImportCommon):
    def test_rights(self):
        nobody = new_test_user(
            self.env,
            login="imp_nobody",
            groups="base.group_user,base.group_partner_manager,"
            "sales_team.group_sale_manager,crm_relationship.group_vp",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaisesRegex(AccessError, "Analyst"):
            self.run_import([self.row()], user=nobody)
        self.assertEqual(self.run_import([self.row()])["created"], 1)
        for user in (self.information, self.user("imp_system", "base.group_system")):
            self.assertEqual(self.run_import([self.row()], user)["unchanged"], 1)

    def test_nobody_writes_history_by_hand(self):
        self.run_import([self.row()])
        for user in (self.analyst, self.information):
            history = self.history("A").with_user(user)
            for record in (history, history.line_ids):
                with self.assertRaises(AccessError):
                    record.write({"amount_untaxed": 1.0})
                with self.assertRaises(AccessError):
                    record.copy()
                with self.assertRaises(AccessError):
                    record.create({})
        with self.assertRaises(AccessError):
            self.history("A").with_user(self.analyst).unlink()

    def test_deleting_queues_the_customer(self):
        self.run_import([self.row()])
        self.queued()
        self.history("A").with_user(self.information).unlink()
        self.assertFalse(self.history("A"))
        self.assertEqual(self.queued(), {self.customer().id})

    def test_arguments(self):
        service = self.service()
        for rows, source, options in [
            ("A", "imp", {}),
            ({}, "imp", {}),
            (None, "imp", {}),
            ([], "", {}),
            ([], " ", {}),
            ([], None, {}),
            ([], ["imp"], {}),
            ([], "x" * 65, {}),
            ([], "a\nb", {}),
            ([], "imp", {"on_error": "ignore"}),
            ([], "imp", {"on_error": []}),
        ]:
            with self.subTest(source=source, **options), self.assertRaises(UserError):
                service._import_rows(rows, source, **options)
        self.assertEqual(self.counts(self.run_import([])), {})

    def test_source_is_made_by_whoever_may(self):
        user = self.user("imp_settings", "base.group_system")
        self.env["ir.model.access"].search(
            [
                ("model_id.model", "=", "crm.purchase.source"),
                ("group_id", "=", self.env.ref("base.group_system").id),
            ]
        ).perm_create = False
        with self.assertRaisesRegex(UserError, "no purchase source"):
            self.run_import([self.row()], user=user)
        self.run_import([self.row()])
        self.assertEqual(self.run_import([self.row()], user=user)["unchanged"], 1)

    def test_source_keeps_its_code(self):
        self.run_import([self.row()])
        source = self.history().source_id.with_user(self.information)
        source.write({"name": "Old tills", "code": "imp"})
        with self.assertRaises(UserError):
            source.code = "tills"
        self.assertEqual(self.run_import([self.row()])["unchanged"], 1)
