from odoo.tests import HttpCase, tagged

from .purchase_common import PurchaseImportCommon


@tagged("post_install", "-at_install")
class TestPurchaseImportTour(PurchaseImportCommon, HttpCase):
    def test_a_newcomer_imports_a_file(self):
        self.start_tour(
            "/odoo/imported-purchases", "crm_purchase_import_tour", login="imp_analyst"
        )
        histories = self.history(source="file")
        self.assertEqual(set(histories.mapped("external_ref")), {"T1", "T2"})
        self.assertEqual(sum(histories.mapped("amount_company")), 30.5)
        self.assertEqual(self.customer("T-C2", "file"), histories.partner_id[0])
