from datetime import datetime

from odoo.tests import new_test_user

from .common import RelationshipCommon


class TouchCommon(RelationshipCommon):
    """Customers of a salesperson, a contact person, and how to log a touch."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        quick = cls.quick_ref
        cls.phone = quick("crm_relationship.crm_channel_phone")
        cls.mail = quick("crm_relationship.crm_channel_email")
        cls.visit = quick("crm_relationship.crm_channel_visit")
        cls.reached = quick("crm_relationship.crm_touch_outcome_reached")
        cls.no_answer = quick("crm_relationship.crm_touch_outcome_no_answer")
        cls.seller = cls._create_user("touch_seller", "group_sale_salesman")
        cls.colleague = cls._create_user("touch_colleague", "group_sale_salesman")
        cls.manager = cls._create_user("touch_manager", "group_sale_manager")
        cls.customer.write({"user_id": cls.seller.id, "phone": "+1 212 555 0100"})
        cls.other_customer.user_id = cls.colleague
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ann", "parent_id": cls.customer.id, "email": "Ann@Example.com"}
        )

    @classmethod
    def _create_user(cls, login, group):
        return new_test_user(
            cls.env,
            login,
            groups=f"sales_team.{group}",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
            email=f"{login}@example.com",
        )

    def _vals(self, **values):
        return {
            "company_id": self.company.id,
            "partner_id": self.customer.id,
            "channel_id": self.phone.id,
            "date": datetime(2026, 3, 10, 9, 30),
            **values,
        }

    def _log(self, **values):
        return self.env["crm.touch"]._log([self._vals(**values)])
