from odoo.tests import new_test_user

from .common import RelationshipCommon


class TimelineCommon(RelationshipCommon):
    """A customer with a contact, users of several rights, and a way to read all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.timeline = cls.env["crm.timeline"]
        cls.contact = cls._create_customer(
            "Contact of A", is_company=False, parent_id=cls.customer.id
        )
        cls.salesperson = cls._create_user("own", "sales_team.group_sale_salesman")
        cls.colleague = cls._create_user("colleague", "sales_team.group_sale_salesman")
        cls.accountant = cls._create_user("books", "account.group_account_invoice")
        cls.analyst = cls._create_user("analyst", "crm_relationship.group_analyst")

    @classmethod
    def _create_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login=f"timeline_{login}",
            groups=f"base.group_user,{groups}",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _pages(self, partner=None, user=None, **options):
        """Return the rows of all pages, in order, and how many pages there were."""
        timeline = self.timeline.with_user(user or self.env.user)
        partner = (partner or self.customer).with_user(user or self.env.user)
        rows, pages, before = [], 0, None
        while True:
            page = timeline._timeline_page(partner, before=before, **options)
            rows += page["rows"]
            pages += 1
            before = page.get("next")
            if not before:
                return rows, pages

    def _keys(self, partner=None, user=None, **options):
        rows, _pages = self._pages(partner, user, **options)
        return [(row["kind"], row["id"]) for row in rows]

    def _create_message(self, document, body, author=None, date=None, note=False):
        values = {
            "model": document._name,
            "res_id": document.id,
            "body": body,
            "message_type": "comment",
            "author_id": (author or self.env.user.partner_id).id,
            "subtype_id": self.env.ref(
                "mail.mt_note" if note else "mail.mt_comment"
            ).id,
            "is_internal": note,
        }
        if date:
            values["date"] = date
        return self.env["mail.message"].create(values)

    def _create_meeting(self, partner, start, user=None, **values):
        user = user or self.env.user
        return (
            self.env["calendar.event"]
            .with_user(user)
            .create(
                {
                    "name": "Visit",
                    "start": start,
                    "stop": start,
                    "user_id": user.id,
                    "partner_ids": [(6, 0, (partner | user.partner_id).ids)],
                    **values,
                }
            )
        )

    def _create_payment(self, partner, amount, date):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": partner.id,
                "amount": amount,
                "date": date,
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        return payment

    def _create_everything(self, count=1):
        """Create ``count`` facts of every kind, many of them at the same moment."""
        for _number in range(count):
            self._create_history(self.contact, "2026-03-01", 10.0)
            order = self._create_order(self.customer, 20.0)
            order.date_order = "2026-03-01 00:00:00"
            self._create_order(
                self.contact, 30.0, confirm=False, date_order="2026-03-01 00:00:00"
            )
            self._create_invoice(self.customer, 40.0, date="2026-03-01")
            self._create_payment(self.customer, 40.0, "2026-03-01")
            self.env["crm.lead"].create(
                {"name": "Deal", "type": "opportunity", "partner_id": self.contact.id}
            )
            self._create_message(
                self.customer, "Hello", self.contact, "2026-03-01 00:00:00"
            )
            self.customer.activity_schedule(
                "mail.mail_activity_data_call", date_deadline="2026-03-01"
            )
            self._create_meeting(self.contact, "2026-03-01 00:00:00")
            self._create_touch(self.contact, "2026-03-01 00:00:00")

    def _create_touch(self, partner, date):
        channel = self.env.ref("crm_relationship.crm_channel_phone")
        return self.env["crm.touch"]._log(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "channel_id": channel.id,
                    "date": date,
                }
            ]
        )
