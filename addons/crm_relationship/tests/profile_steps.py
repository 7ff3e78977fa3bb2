"""Random histories of customers: what may happen, step by step."""

from datetime import timedelta

from hypothesis import strategies as st

from odoo import Command, fields

from .common import RelationshipCommon

PEOPLE = st.integers(0, 5)
WHOLE = st.integers(1, 400).map(float)
AGES = st.sampled_from([-3, 0, 1, 20, 363, 364, 365, 366])
PLACES = st.sampled_from(["usd", "eur", "other", "branch"])
STEPS = st.one_of(
    st.tuples(st.just("purchase"), PEOPLE, st.integers(-50, 400), AGES, PLACES),
    st.tuples(st.just("cancel_purchase"), st.integers(0, 9)),
    st.tuples(st.just("invoice"), PEOPLE, WHOLE, AGES, PLACES, st.booleans()),
    st.tuples(st.just("order"), PEOPLE, PEOPLE, WHOLE, PLACES),
    st.tuples(st.just("joint_invoice"), PEOPLE, PEOPLE, PEOPLE, WHOLE),
    st.tuples(st.just("bill_order"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("cancel_order"), st.integers(0, 9)),
    st.tuples(st.just("credit"), st.integers(0, 9)),
    st.tuples(st.just("pay"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("unpay"), st.integers(0, 9)),
    st.tuples(st.just("to_draft"), st.integers(0, 9)),
    st.tuples(st.just("lead"), PEOPLE, WHOLE, st.booleans()),
    st.tuples(st.just("contact"), PEOPLE, AGES, PLACES, st.integers(0, 7)),
    st.tuples(st.just("bounce"), st.integers(0, 9)),
    st.tuples(st.just("cadence"), PEOPLE, st.sampled_from([0, 20, 90])),
    st.tuples(st.just("move"), PEOPLE, PEOPLE),
    st.tuples(st.just("archive"), PEOPLE),
    st.tuples(st.just("merge"), PEOPLE, PEOPLE),
    st.tuples(st.just("counts_until"), AGES),
    st.tuples(st.just("revenue_source")),
    st.tuples(st.just("days"), st.integers(1, 40)),
    st.tuples(st.just("refresh")),
)


class ProfileSteps(RelationshipCommon):
    """Two companies, a branch, two currencies, six people, two of them contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company()["company"]
        cls.other_company.crm_tz = "UTC"
        cls.eur = cls.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        cls.branch = cls.env["res.company"].create(
            {"name": "Branch", "parent_id": cls.company.id}
        )
        cls.env.user.company_ids |= cls.branch
        cls.people = [cls._create_customer(f"Person {n}") for n in range(4)]
        cls.people += [
            cls._create_customer(
                f"Contact {n}", is_company=False, parent_id=cls.people[n].id
            )
            for n in range(2)
        ]
        cls.sources = cls.env["crm.purchase.source"].sudo()
        cls.sources = {
            "usd": cls.source,
            "eur": cls.source,
            "other": cls.sources.create(
                {"name": "O", "code": "o", "company_id": cls.other_company.id}
            ),
            "branch": cls.sources.create(
                {"name": "B", "code": "b", "company_id": cls.branch.id}
            ),
        }

    def _person(self, number):
        people = [person for person in self.people if person.exists()]
        return people[number % len(people)]

    def _some(self, records, number, **values):
        """Return one of some records that has these values, if there is any."""
        for name, value in values.items():
            records = records.filtered(lambda r, n=name, v=value: r[n] == v)
        return records[number % len(records)] if records else records

    def _day(self, age):
        return fields.Date.to_date(self.env.cr.now()) - timedelta(days=age)

    def _place(self, place):
        """Return company and currency of a place."""
        company = {"other": self.other_company, "branch": self.branch}
        company = company.get(place, self.company)
        return company, self.eur if place == "eur" else company.currency_id

    def _step_purchase(self, number, amount, age, place):
        self.histories |= self._create_history(
            self._person(number), self._day(age), float(amount), self.sources[place]
        )

    def _step_cancel_purchase(self, number):
        history = self._some(self.histories, number, state="done")
        history.state = "cancelled"
        for record in history:
            self.env["crm.customer.change"]._enqueue(
                [(record.company_id.id, record.partner_id.id)]
            )

    def _step_invoice(self, number, amount, age, place, refund):
        if place == "branch":
            return  # has no chart of accounts of its own
        company, currency = self._place(place)
        self.invoices |= self._create_invoice(
            self._person(number),
            amount,
            self._day(max(age, 0)),
            move_type="out_refund" if refund else "out_invoice",
            company=company,
            currency=currency,
        )

    def _step_order(self, buyer, payer, amount, place):
        company, _currency = self._place(place)
        self.orders |= self._create_order(
            self._person(buyer),
            amount,
            company,
            confirm=bool(int(amount) % 4),
            partner_invoice_id=self._person(payer).id,
        )

    def _step_joint_invoice(self, one, two, payer, amount):
        """One invoice for the orders of two buyers, with a line of no order."""
        payer = self._person(payer)
        orders = self.env["sale.order"]
        for buyer in (one, two):
            orders |= self._create_order(
                self._person(buyer), amount, partner_invoice_id=payer.id
            )
        self.orders |= orders
        move = orders._create_invoices()
        if len(move) == 1:
            move.invoice_line_ids = [
                Command.create({"name": "Freight", "price_unit": 3.0, "tax_ids": False})
            ]
        move.action_post()
        self.invoices |= move

    def _step_bill_order(self, number, post):
        order = self._some(self.orders, number, invoice_status="to invoice")
        if order:
            move = order._create_invoices()
            if post:
                move.action_post()
            self.invoices |= move

    def _step_cancel_order(self, number):
        self._some(self.orders, number).filtered(
            lambda o: o.state != "cancel"
        )._action_cancel()

    def _step_credit(self, number):
        move = self._some(
            self.invoices, number, state="posted", move_type="out_invoice"
        )
        if move:
            self.invoices |= move._reverse_moves(cancel=True)

    def _step_pay(self, number, whole):
        move = self._some(self.invoices, number, state="posted").filtered(
            lambda m: m.payment_state == "not_paid" and m.amount_residual
        )
        if move:
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=move.ids
            )
            amount = move.amount_residual if whole else move.amount_residual / 2
            wizard.create({"amount": amount})._create_payments()

    def _step_unpay(self, number):
        """Take an invoice apart from what settled it; both stay in the books."""
        settled = self.invoices.filtered(lambda m: m.payment_state != "not_paid")
        self._some(settled, number, state="posted").line_ids.remove_move_reconcile()

    def _step_to_draft(self, number):
        self._some(self.invoices, number, state="posted").button_draft()

    def _step_lead(self, number, amount, lost):
        lead = self.env["crm.lead"].create(
            {
                "name": "Lead",
                "type": "opportunity",
                "partner_id": self._person(number).id,
                "expected_revenue": amount,
                "company_id": self.company.id,
            }
        )
        if lost:
            lead.action_set_lost()

    def _step_contact(self, number, age, place, kind):
        """Anybody is spoken to, reached or not, on any day; also on a lead first."""
        company, _currency = self._place(place)
        outcome = "no_answer" if kind & 1 else "reached"
        partner = self._person(number)
        vals = {
            "company_id": company.id,
            "partner_id": partner.id,
            "channel_id": self.env.ref("crm_relationship.crm_channel_phone").id,
            "outcome_id": self.env.ref(
                f"crm_relationship.crm_touch_outcome_{outcome}"
            ).id,
            "direction": "in" if kind & 2 else "out",
            "date": self.env.cr.now() - timedelta(days=age),
        }
        if kind & 4:
            lead = self.env["crm.lead"].create({"name": "Touched", "type": "lead"})
            vals |= {"partner_id": False, "lead_id": lead.id}
        self.touches += self.env["crm.touch"]._log([vals])
        if kind & 4:
            lead.partner_id = partner

    def _step_bounce(self, number):
        self._some(self.touches, number)._respond("bounced", self.env.cr.now())

    def _step_cadence(self, number, days):
        cadences = self.env["crm.followup.cadence"].sudo()
        partner = self._person(number).commercial_partner_id
        mine = [("company_id", "=", self.company.id), ("partner_id", "=", partner.id)]
        if cadence := cadences.search(mine):
            cadence.days = days
        else:
            cadences.create(
                {
                    "company_id": self.company.id,
                    "partner_id": partner.id,
                    "days": days,
                }
            )

    def _step_move(self, number, other):
        """Anybody but a firm with contacts goes to another firm."""
        people = [p.with_context(active_test=False) for p in self.people if p.exists()]
        people = [p for p in people if not p.child_ids]
        person, firm = people[number % len(people)], self._person(other)
        if person != firm and firm.parent_id != person:
            person.write({"parent_id": firm.id, "is_company": False})

    def _step_archive(self, number):
        self._person(number).active = False

    def _step_merge(self, number, other):
        one, two = self._person(number), self._person(other)
        related = one in two.parent_id | two.child_ids
        if one != two and not related and not (one.child_ids or two.child_ids):
            wizard = self.env["base.partner.merge.automatic.wizard"].create({})
            wizard._merge((one | two).ids, two)

    def _step_counts_until(self, age):
        self.source.sudo().counts_until = self._day(age)

    def _step_revenue_source(self):
        ordered = self.company.crm_revenue_source == "ordered"
        self.company.crm_revenue_source = "invoiced" if ordered else "ordered"
        self._compute_anew()

    def _compute_anew(self):
        """Do the full run that a changed setting has asked for."""
        self.env.flush_all()
        metrics = self.env["crm.customer.metrics"].sudo()
        metrics._write_profiles(metrics._everybody_scope(self.company))
        self.env.invalidate_all()

    def _step_days(self, days):
        self.env.cr._now = self.env.cr.now() + timedelta(days=days)

    def _step_refresh(self):
        for company in (self.company, self.other_company):
            self._work_off_queue(company)
