from odoo import api, fields, models

from odoo.addons.crm_relationship.records import one

KINDS = ("email", "sms", "phone")


class CrmCustomerPageMixin(models.AbstractModel):
    _inherit = "crm.customer.page.mixin"

    page_contact_email = fields.Char(
        string="Promotion by e-mail", compute="_compute_page_contact"
    )
    page_contact_sms = fields.Char(
        string="By text message", compute="_compute_page_contact"
    )
    page_contact_phone = fields.Char(
        string="By telephone", compute="_compute_page_contact"
    )

    @api.depends_context("uid", "company", "lang", "tz")
    def _compute_page_contact(self):
        checker = self.env["crm.contact.checker"]
        for record in self:
            # Of a new contact nothing is known.
            customer = record._page_customer()._origin
            company = (record._page_company() or self.env.company).root_id
            for kind in KINDS:
                if not customer:
                    record[f"page_contact_{kind}"] = False
                    continue
                answer = checker._answer(customer, company, kind, "promotion")
                record[f"page_contact_{kind}"] = checker._sentence(
                    answer, customer, company
                )

    def action_open_consents(self):
        """Open what the customer and its contacts agreed to or refused."""
        one(self)
        customer = self._page_customer()
        domain = self.env["crm.consent.service"]._about(customer)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Consents of %s", customer.display_name),
            "res_model": "crm.consent",
            "views": [(False, "list"), (False, "form")],
            "domain": list(domain),
            "context": {"create": False},
        }
