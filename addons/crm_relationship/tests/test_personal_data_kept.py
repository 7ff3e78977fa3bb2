from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPersonalDataKept(TransactionCase):
    """What few may read stands in nobody's way and does not get lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "keeps_contacts", "base.group_user,base.group_partner_manager"
        )
        cls.ann, cls.double = cls.env["res.partner"].create(
            [
                {"name": "Ann", "crm_birth_date": "1980-02-01", "crm_sex": "female"},
                {"name": "Ann B.", "crm_sex": "other"},
            ]
        )

    def test_copying_a_contact(self):
        ann = self.ann.with_user(self.user)
        with self.assertRaises(AccessError):
            ann.read(["crm_birth_date"])
        copy = ann.copy().sudo()
        self.assertFalse(copy.crm_birth_date or copy.crm_sex)

    def test_merging_contacts(self):
        merge = self.env["base.partner.merge.automatic.wizard"].with_user(self.user)
        double = self.double.with_user(self.user)
        merge.create({})._merge((self.ann | double).ids, double)
        self.assertEqual(str(self.double.crm_birth_date), "1980-02-01")
        self.assertEqual(self.double.crm_sex, "other")
