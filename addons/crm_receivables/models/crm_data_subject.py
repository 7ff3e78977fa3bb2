from odoo import api, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.privacy import DataSource


class CrmDataSubject(models.AbstractModel):
    _inherit = "crm.data.subject"

    @api.model
    def _erasure_sources(self):
        # EXTENDS crm_relationship
        return [
            *super()._erasure_sources(),
            *self._plan_sources(),
            *self._collection_sources(),
            *self._reminder_sources(),
        ]

    @api.model
    def _collection_sources(self) -> list[DataSource]:
        def of_customer(subject):
            return Domain("partner_id", "in", subject.partner_ids)

        return [
            DataSource(
                "crm.payment.promise",
                self.env._("Promises to pay"),
                of_customer,
                ("date_made", "date", "amount", "currency_id", "state", "note"),
                blank={"note": None},
            ),
            DataSource(
                "crm.collection.block",
                self.env._("Holds on reminders"),
                of_customer,
                ("create_date", "reason", "note", "date_until"),
                blank={"note": None},
            ),
        ]

    @api.model
    def _reminder_sources(self) -> list[DataSource]:
        def of_customer(subject):
            return Domain("partner_id", "in", subject.partner_ids)

        def of_reminder(subject):
            recipient = Domain("recipient_id", "in", subject.partner_ids)
            return of_customer(subject) | recipient

        return [
            DataSource(
                "crm.reminder",
                self.env._("Reminders of payment"),
                of_reminder,
                ("date", "level_id", "amount", "currency_id", "address", "state"),
                blank={"address": None, "text": None},
            ),
            DataSource(
                "crm.reminder.run",
                self.env._("Proposals of reminders for this customer alone"),
                of_customer,
                ("date", "state", "user_id"),
                kept=self.env._("Says who decided to remind, and when."),
            ),
            DataSource(
                "crm.receivable.event",
                self.env._("Events from order to cash"),
                of_customer,
                ("date", "kind", "amount", "currency_id"),
                kept=self.env._(
                    "Dates and amounts of documents that the law wants to be kept."
                ),
            ),
        ]

    @api.model
    def _plan_sources(self) -> list[DataSource]:
        def of_customer(subject):
            return Domain("partner_id", "in", subject.partner_ids)

        def on_plans(subject):
            plans = self.env["crm.payment.plan"].sudo().search(of_customer(subject))
            on_plan = Domain("res_model", "=", "crm.payment.plan")
            return on_plan & Domain("res_id", "in", plans.ids)

        return [
            DataSource(
                "crm.decision",
                self.env._("Decisions on payment plans"),
                on_plans,
                ("date", "label", "reason"),
                blank={"reason": None},
            ),
            DataSource(
                "crm.payment.plan",
                self.env._("Payment plans"),
                of_customer,
                ("order_id", "amount_total", "paid_amount", "currency_id", "note"),
                blank={"note": None},
            ),
            DataSource(
                "crm.payment.plan.line",
                self.env._("Planned payments"),
                of_customer,
                ("name", "date_due", "amount", "paid_amount", "currency_id"),
                # What was agreed for an order is part of it, and that one stays; words
                # about the person are not.
                blank={"name": "–"},
            ),
        ]
