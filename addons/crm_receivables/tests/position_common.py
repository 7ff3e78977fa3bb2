from decimal import Decimal

from odoo import Command, fields

from odoo.addons.crm_relationship.tests.common import RelationshipCommon


class PositionCommon(RelationshipCommon):
    """Two companies, foreign currencies, and what customers owe asked in two ways."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("stock.group_stock_user")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other_company = cls.other_data["company"]
        cls.other_company.crm_tz = "UTC"
        cls.companies = cls.company | cls.other_company
        cls.eur = cls.setup_other_currency(
            "EUR", rates=[("2024-01-01", 2.0), ("2026-03-01", 2.5)]
        )
        cls.jpy = cls.setup_other_currency(
            "JPY", rates=[("2024-01-01", 150.0), ("2026-02-01", 130.0)], rounding=1.0
        )
        cls.position = cls.env["crm.receivable.position"]
        cls.exposure = cls.env["crm.receivable.exposure"]
        cls.buckets = {
            bucket.days_from: bucket.id
            for bucket in cls.env["crm.ageing.bucket"].search(
                [("company_id", "=", cls.company.id)]
            )
        }

    # ---- documents ------------------------------------------------------------------

    @classmethod
    def _invoice(cls, partner, amount, date, due=None, company=None, **values):
        """Post an invoice (below zero a credit note) without tax, due on a day."""
        company = company or cls.company
        data = cls.other_data if company == cls.other_company else cls.company_data
        move = (
            cls.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice" if amount > 0 else "out_refund",
                    "partner_id": partner.id,
                    "invoice_date": date,
                    "date": date,
                    "invoice_date_due": due or date,
                    "invoice_payment_term_id": False,
                    "journal_id": data["default_journal_sale"].id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Work",
                                "quantity": 1,
                                "price_unit": abs(amount),
                                "account_id": data["default_account_revenue"].id,
                                "tax_ids": False,
                            }
                        )
                    ],
                    **values,
                }
            )
        )
        move.action_post()
        return move

    @classmethod
    def _entry(cls, partner, amount, date, company=None, currency=None, bank=True):
        """Post money that came in (or, not by bank, a write-off) on the customer;
        return its receivable item."""
        company = company or cls.company
        data = cls.other_data if company == cls.other_company else cls.company_data
        currency = currency or company.currency_id
        home = currency._convert(amount, company.currency_id, company, date)
        receivable = partner.with_company(company).property_account_receivable_id
        other = data["default_journal_bank"].default_account_id
        if not bank:
            other = data["default_account_expense"]
        journal = data["default_journal_bank" if bank else "default_journal_misc"]

        def item(account, sign):
            return Command.create(
                {
                    "account_id": account.id,
                    "partner_id": partner.id,
                    "currency_id": currency.id,
                    "amount_currency": sign * amount,
                    "debit": home if sign > 0 else 0,
                    "credit": home if sign < 0 else 0,
                }
            )

        move = (
            cls.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "entry",
                    "date": date,
                    "journal_id": journal.id,
                    "line_ids": [item(receivable, -1), item(other, 1)],
                }
            )
        )
        move.action_post()
        return cls._owed(move)

    @classmethod
    def _owed(cls, move):
        """Return the receivable items of an entry."""
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _pay(self, invoice, amount, date, **values):
        """Post a payment in the invoice's currency and match it."""
        values.setdefault("currency", invoice.currency_id)
        values.setdefault("company", invoice.company_id)
        paid = self._entry(invoice.commercial_partner_id, amount, date, **values)
        (paid + self._owed(invoice)).reconcile()
        return paid

    # ---- what the ledger says -------------------------------------------------------

    def _ledger(self, company, at=None):
        """Return what core's ledger says, by partner: the balance of the receivable
        accounts at the end of a day, or what it calls residual now."""
        domain = [
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("company_id", "=", company.id),
        ]
        if at:
            domain.append(("date", "<=", at))
        amounts = ["balance:sum", "amount_currency:sum"]
        if not at:
            amounts = ["amount_residual:sum", "amount_residual_currency:sum"]
        rows = self.env["account.move.line"]._read_group(
            domain, ["partner_id", "currency_id"], amounts
        )
        return {
            (partner.id, currency.id): tuple(map(self._cents, sums))
            for partner, currency, *sums in rows
            if any(map(self._cents, sums))
        }

    def _items(self, company, at=None):
        """Return what the service says, in the same form."""
        self.env.flush_all()
        sums = {}
        for row in self._item_rows(company, at):
            key = (row["partner_id"] or False, row["currency_id"])
            home, foreign = sums.get(key, (Decimal(0), Decimal(0)))
            sums[key] = (
                home + self._cents(row["amount"]),
                foreign + self._cents(row["amount_currency"]),
            )
        return {
            key: tuple(map(self._cents, pair))
            for key, pair in sums.items()
            if any(map(self._cents, pair))
        }

    def _item_rows(self, company, at=None, method="_items_sql"):
        return self.env.execute_query_dict(getattr(self.position, method)(company, at))

    @staticmethod
    def _cents(amount) -> Decimal:
        return Decimal(str(amount)).quantize(Decimal("0.01"))

    def _age(self, partner, at=None, company=None, net=False):
        """Return what a customer owes by first day late, without empty buckets."""
        company = company or self.company
        starts = {key: start for start, key in self.buckets.items()}
        ages = self.position._ageing(company, at, partner.ids, net=net)
        return {
            starts[key]: float(amount)
            for key, amount in ages.get((company.id, partner.id), {}).items()
            if amount
        }

    def _day(self, days):
        return fields.Date.add(fields.Date.today(), days=days)
