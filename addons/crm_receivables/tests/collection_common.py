from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, fields
from odoo.tests import new_test_user

from odoo.addons.crm_relationship.tests.common import RelationshipCommon
from odoo.addons.crm_relationship.tests.outbox_common import FakeSmtp, OutboxCase


class CollectionCommon(RelationshipCommon):
    """Overdue invoices, a collector, and a mail server that is none."""

    without_network = OutboxCase.without_network

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.mail_server"].search([]).active = False
        cls.env["ir.mail_server"].create(
            {"name": "Dunning", "smtp_host": "127.0.0.1", "smtp_port": 9}
        )
        cls.domain = cls.env["mail.alias.domain"].create({"name": "dunning.example"})
        cls.company.write(
            {"alias_domain_id": cls.domain.id, "email": "office@dunning.example"}
        )
        cls.customer.email = "debtor@c.example"
        cls.other_customer.email = "other@c.example"
        cls.ledger = cls.env["crm.collection.ledger"].sudo()
        cls.today = cls.ledger._today(cls.company)
        cls.collector = new_test_user(
            cls.env,
            "collector",
            "crm_receivables.group_collector",
            email="collector@dunning.example",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.other_currency = cls.setup_other_currency("EUR")
        cls.bank = cls.company_data["default_journal_bank"]
        cls.levels = cls.env["crm.dunning.level"].sudo()._create_usual(cls.company)

    def setUp(self):
        super().setUp()
        self.smtp = FakeSmtp()

    # ---- documents ------------------------------------------------------------------

    def day(self, days):
        """Return the day so many days from today."""
        return self.today + timedelta(days=days)

    def invoice(self, amount=100.0, late=10, partner=None, **values):
        """Return a posted invoice that is so many days overdue."""
        return self._document("out_invoice", amount, late, partner, **values)

    def credit_note(self, amount, partner=None):
        return self._document("out_refund", amount, 1, partner)

    def _document(self, kind, amount, late, partner, **values):
        move = self.init_invoice(
            kind,
            partner=partner or self.customer,
            invoice_date=self.day(-max(late, 0)),
            amounts=[amount],
            **values,
        )
        move.invoice_date_due = self.day(-late)
        move.action_post()
        return move

    def pay(self, invoices, amount=None, date=None, **values):
        """Book a payment of invoices."""
        if amount is not None:
            values["amount"] = amount
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(
                {
                    "payment_date": date or self.today,
                    "journal_id": self.bank.id,
                    **values,
                }
            )
        )
        payments = wizard._create_payments()
        # As the commit does: promises are judged then.
        self.env.cr.flush()
        return payments

    def items(self, invoice):
        return invoice.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )

    def reconcile(self, *moves):
        lines = self.env["account.move.line"]
        for move in moves:
            lines += self.items(move)
        lines.reconcile()
        self.env.cr.flush()

    @contextmanager
    def on_day(self, days):
        """Let it be so many days later for whatever asks what day it is."""
        metrics = type(self.env["crm.customer.metrics"])
        with patch.object(metrics, "_today", lambda _self, _company: self.day(days)):
            yield

    def pass_day(self, days):
        """Let the cron of the day after so many days do its work."""
        with self.on_day(days):
            self.env["crm.receivable.event"].sudo()._day_passed(self.company)

    # ---- promises and reminders -----------------------------------------------------

    def promise(self, days=5, partner=None, user=None, **values):
        Promise = self.env["crm.payment.promise"].with_user(user or self.collector)
        return Promise.with_company(self.company).create(
            {
                "partner_id": (partner or self.customer).id,
                "date": self.day(days),
                **values,
            }
        )

    def propose(self, user=None):
        """Return a run as the collector's button makes it."""
        runs = self.env["crm.reminder.run"].with_user(user or self.collector)
        action = runs.with_company(self.company).action_begin()
        return runs.browse(action["res_id"])

    def daily(self):
        """Let reminders go by themselves, as the cron does."""
        env = self.env(user=SUPERUSER_ID)
        env["crm.reminder.planner"]._daily(self.company.with_env(env))

    def send(self):
        """Send what waits in the lane of reminders; return the addresses written to."""
        with self.without_network():
            list(self.env["crm.outbox.sender"].sudo()._work("dunning"))
        return sorted(
            recipient
            for _sender, recipients, _mail in self.smtp.taken
            for recipient in recipients
        )

    def told(self, kind):
        """Return how often the change feed told something."""
        self.env.flush_all()
        return self.env["crm.change.feed"].search_count(
            [("kind", "=", "receivable"), ("action", "=", kind)]
        )

    def today_text(self):
        return fields.Date.to_string(self.today)
