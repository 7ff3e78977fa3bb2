from odoo.tests import TransactionCase, tagged

LANGUAGE = "zh_CN"


@tagged("post_install", "-at_install")
class TestRfmLanguages(TransactionCase):
    """The standard scheme speaks every language, whenever that was added."""

    def setUp(self):
        super().setUp()
        company = self.env["res.company"].create({"name": "Languages"})
        self.scheme = self.env["crm.rfm.scheme"].search(
            [("company_id", "=", company.id)]
        )

    def _add_language(self):
        self.env["res.lang"]._activate_lang(LANGUAGE)
        self.env["ir.module.module"]._load_module_terms(
            ["crm_segmentation"], [LANGUAGE]
        )
        return self.scheme.with_context(lang=LANGUAGE)

    def test_language_added_later(self):
        """A language that is added translates names and advice, and English stays."""
        scheme = self._add_language()
        self.assertEqual(scheme.name, "标准")
        self.assertEqual(scheme.cell_ids[0].name, "核心客户")
        self.assertNotEqual(scheme.cell_ids[0].advice, self.scheme.cell_ids[0].advice)
        self.assertEqual(self.scheme.cell_ids[0].name, "Champions")

    def test_own_words_stay(self):
        """What people have named themselves is not translated over."""
        self.scheme.name = "Our way"
        self.scheme.cell_ids[0].name = "Stars"
        scheme = self._add_language()
        scheme.cell_ids[1].name = "老主顾"
        self._add_language()
        self.assertEqual(scheme.name, "Our way")
        self.assertEqual(scheme.cell_ids[0].name, "Stars")
        self.assertEqual(scheme.cell_ids[1].name, "老主顾")

    def test_scheme_made_after_the_language(self):
        """A company that is added later gets its scheme in all languages at once."""
        self._add_language()
        company = self.env["res.company"].create({"name": "Later"})
        scheme = self.env["crm.rfm.scheme"].search([("company_id", "=", company.id)])
        self.assertEqual(scheme.cell_ids[0].name, "Champions")
        local = scheme.with_context(lang=LANGUAGE)
        self.assertEqual(local.cell_ids[0].name, "核心客户")
