import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import tagged

from ..core.position import OpenItem, net_oldest_first
from .position_common import PositionCommon

FIRST = date(2026, 1, 1)
DAYS = 120
STEPS = 45


@tagged("post_install", "-at_install")
class TestPositionLedger(PositionCommon):
    """What is open equals the general and partner ledger to the cent at any day."""

    def _live_through(self, seed):
        """Do what happens in books: two companies, three currencies, in any order."""
        luck = random.Random(seed)
        matched = []
        invoices, money = ({c: [] for c in self.companies} for _kind in range(2))
        currencies = (self.company.currency_id, self.eur, self.jpy)
        for _step in range(STEPS):
            company = luck.choice(self.companies)
            partner = luck.choice(self.customer | self.other_customer)
            day = FIRST + timedelta(days=luck.randrange(DAYS))
            currency = luck.choice(currencies)
            amount = currency.round(luck.uniform(5, 5000))
            what = luck.choices(
                ("invoice", "refund", "money", "writeoff", "match", "unmatch", "draft"),
                (6, 2, 3, 1, 6, 1, 1),
            )[0]
            if what in ("invoice", "refund"):
                move = self._invoice(
                    partner,
                    amount if what == "invoice" else -amount,
                    day,
                    day + timedelta(days=luck.choice((0, 14, 30, 90))),
                    company=company,
                    currency_id=currency.id,
                )
                invoices[company].append(self._owed(move))
            elif what in ("money", "writeoff"):
                paid = what == "money"
                money[company].append(
                    self._entry(partner, amount, day, company, currency, paid)
                )
            elif what == "match" and invoices[company]:
                one = luck.choice(invoices[company])
                others = self._matching(one, invoices[company] + money[company])
                if others:
                    (one + luck.choice(others)).reconcile()
                    matched.append(one)
            elif what == "unmatch" and matched:
                matched.pop(luck.randrange(len(matched))).remove_move_reconcile()
            elif what == "draft" and matched:
                self._correct(luck.choice(matched).move_id)

    def _correct(self, move):
        """Set an entry back to draft: its matches stay."""
        if move.state == "posted":
            move.button_draft()

    def _matching(self, one, lines):
        """The open lines that can pay one, none when it is paid."""
        return [
            line
            for line in lines
            if line.partner_id == one.partner_id
            and line.balance * one.balance < 0
            and not (line.reconciled or one.reconciled)
            and line.parent_state == one.parent_state == "posted"
        ]

    def _check(self, company, at=None):
        ledger, items = self._ledger(company, at), self._items(company, at)
        if not at:
            self.assertEqual(items, ledger, company.name)
        # What pays in another currency leaves the sum in that of the company.
        by_partner = self._by_partner(ledger)
        self.assertEqual(self._by_partner(items), by_partner, (company.name, at))
        for net in (False, True):
            ages = self.position._ageing(company, at, net=net)
            sums = {
                customer_id or False: self._cents(sum(owed.values()))
                for (_root, customer_id), owed in ages.items()
            }
            self.assertEqual(
                {key: amount for key, amount in sums.items() if amount}, by_partner
            )
        return by_partner

    @staticmethod
    def _by_partner(items):
        sums = defaultdict(Decimal)
        for (partner_id, _currency_id), (amount, _foreign) in items.items():
            sums[partner_id] += amount
        return {key: amount for key, amount in sums.items() if amount}

    def _check_net(self, company, at):
        """What SQL leaves once credits pay debts is what the rule leaves."""
        rows = self._item_rows(company, at, "_sorted_sql")
        by_customer, by_bucket = defaultdict(list), defaultdict(Decimal)
        for row in rows:
            by_customer[row["customer_id"]].append(row)
            key = (row["customer_id"], row["bucket_id"])
            by_bucket[key] += self._cents(row["amount_net"])
        for (_root, customer_id), owed in self.position._ageing(
            company, at, net=True
        ).items():
            for bucket_id, amount in owed.items():
                left = by_bucket[customer_id, bucket_id]
                self.assertEqual(self._cents(amount), left)
        for own in by_customer.values():
            items = [
                OpenItem((row["date_due"], row["line_id"]), self._cents(row["amount"]))
                for row in own
            ]
            left = [self._cents(row["amount_net"]) for row in own]
            self.assertEqual(left, net_oldest_first(items))

    def _histories(self, seed):
        self._live_through(seed)
        days = (FIRST, date(2026, 2, 14), date(2026, 3, 31), date(2026, 5, 9))
        for company in self.companies:
            for at in days:
                self._check(company, at)
                self._check_net(company, at)
            owed = self._check(company)
            for partner in self.customer | self.other_customer:
                credit = partner.with_company(company).credit
                self.assertEqual(owed.get(partner.id, 0), self._cents(credit))

    def test_history_1(self):
        self._histories(1)

    def test_history_2(self):
        self._histories(22)

    def test_history_3(self):
        self._histories(333)

    def test_past_is_what_was_open_then(self):
        """Asked later, a day answers what the ledger had called open on that day."""
        seen = {}
        invoice = self._invoice(
            self.customer, 1000, date(2026, 1, 10), currency_id=self.eur.id
        )
        other = self._invoice(self.customer, 300, date(2026, 1, 20))
        seen[date(2026, 1, 31)] = self._items(self.company)
        # Paid at another rate: an exchange difference is booked.
        self._pay(invoice, 400, date(2026, 3, 5))
        seen[date(2026, 3, 31)] = self._items(self.company)
        self._pay(invoice, 600, date(2026, 4, 2))
        refund = self._invoice(self.customer, -120, date(2026, 4, 3))
        (self._owed(other) + self._owed(refund)).reconcile()
        seen[date(2026, 4, 30)] = self._items(self.company)
        # A small rest is written off.
        rest = self._entry(self.customer, 180, date(2026, 5, 4), bank=False)
        (rest + self._owed(other)).reconcile()
        for day, items in seen.items():
            self.assertEqual(self._items(self.company, day), items, day)
        self.assertEqual(self._items(self.company), {})
        self.assertEqual(self._items(self.company, date(2026, 5, 4)), {})

    def test_foreign_amount_is_not_doubled(self):
        self._invoice(self.customer, 100, date(2026, 1, 10), currency_id=self.eur.id)
        key = (self.customer.id, self.eur.id)
        self.assertEqual(
            self._items(self.company), {key: (Decimal("50.00"), Decimal("100.00"))}
        )

    def test_item_without_partner(self):
        """What nobody is named for is in the total and nets nobody's debt."""
        entry = self._entry(self.customer, 70, date(2026, 1, 5))
        self.env.cr.execute(
            "UPDATE account_move_line SET partner_id = NULL WHERE move_id = %s",
            (entry.move_id.id,),
        )
        self.env.invalidate_all()
        self._invoice(self.customer, 100, date(2026, 1, 5))
        ages = self.position._ageing(self.company, net=True)
        sums = {key[1]: sum(owed.values()) for key, owed in ages.items()}
        self.assertEqual(sums, {None: -70, self.customer.id: 100})

    def test_branches_keep_the_same_books(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        account = self.customer.property_account_receivable_id
        self.customer.with_company(branch).property_account_receivable_id = account
        invoice = self._invoice(
            self.customer,
            100,
            date(2026, 1, 5),
            company=branch,
            company_id=branch.id,
        )
        self.assertEqual(invoice.company_id, branch)
        self._invoice(self.customer, 30, date(2026, 1, 5))
        at = date(2026, 1, 31)
        self.assertEqual(self._age(self.customer, at), {1: 130})
        of_branch = self.exposure._exposure(branch)
        self.assertEqual(of_branch[self.customer.id]["open"], 130)
        items = self.env["crm.receivable.item"].with_context(receivable_at=str(at))
        domain = [("customer_id", "=", self.customer.id)]
        for companies, amount in ((branch, 100), (self.company | branch, 130)):
            found = items.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(sum(found.search(domain).mapped("amount")), amount)

    def test_number_of_queries_does_not_depend_on_customers(self):
        self._live_through(5)
        self.env.flush_all()

        def count(customers):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.exposure._exposure(self.company, customers)
            self.position._ageing(self.company, customers=customers, net=True)
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(None), 10)
        few = count(self.customer.ids)
        self.assertEqual(count((self.customer | self.other_customer).ids), few)
