from odoo import api, models

from odoo.addons.crm_relationship.models.crm_customer_page_mixin import LEDGER_GROUPS


class CrmReceivableReader(models.AbstractModel):
    """Reads a customer's position for other systems; the caller has the right to it."""

    _name = "crm.receivable.reader"
    _description = "Reader of Receivable Positions"

    @api.model
    def _readable(self, customers):
        """Return those of some customers whose position the user may know: as in the
        lists, everybody's for who reads the ledger or all documents, else for
        salespeople those of their and of nobody's customers.

        A role in marketing sees every profile, and no more of what is owed.
        """
        user = self.env.user
        all_leads = "sales_team.group_sale_salesman_all_leads"
        if self.env.su or user.has_groups(f"{LEDGER_GROUPS},{all_leads}"):
            return customers
        if not user.has_group("sales_team.group_sale_salesman"):
            return customers.browse()
        return customers.filtered(lambda c: c.sudo().user_id in (user, user.browse()))

    @api.model
    def _companies(self, customer) -> list[dict]:
        """Return a position for each root company of the user that has one.

        Open amounts, ageing and exposure are read now; speed of payment and delivery
        as they stand on the profile, which follows within seconds.
        """
        rows = []
        for root in self.env.companies.root_id:
            parts = self.env["crm.receivable.exposure"]._exposure(root, customer.ids)
            profile = self.env["crm.customer.profile"].sudo()
            profile = profile.with_context(active_test=False).search(
                [("company_id", "=", root.id), ("partner_id", "=", customer.id)]
            )
            if parts or profile:
                found = parts.get(customer.id, {})
                rows.append(self._company(root.sudo(), customer, found, profile))
        return rows

    @api.model
    def _company(self, root, customer, parts: dict, profile) -> dict:
        def money(name):
            return root.currency_id.round(float(parts.get(name) or 0))

        row = {
            "company_id": root.id,
            "company": root.name,
            "currency": root.currency_id.name,
            "open": money("open"),
            "credits": money("credits"),
            "overdue": money("overdue"),
            "exposure": {
                "open": money("open"),
                "ordered_delivered": root.currency_id.round(
                    money("confirmed") - money("undelivered")
                ),
                "ordered_undelivered": money("undelivered"),
                "total": money("total"),
            },
            "ageing": self._ageing(root, customer),
            "currencies": self._currencies(root, customer),
            "days": self._days(root, customer, profile),
        }
        if profile.receivable_oldest_due:
            row["oldest_due"] = profile.receivable_oldest_due
        if profile:
            row["delivery"] = {
                "lines": profile.delivery_count_12m,
                "late": profile.delivery_late_count,
            }
        if profile.delivery_count_12m:
            row["delivery"]["on_time_in_full"] = profile.delivery_otif
        return row

    @api.model
    def _ageing(self, root, customer) -> list[dict]:
        ages = self.env["crm.receivable.position"]._ageing(root, customers=customer.ids)
        owed = ages.get((root.id, customer.id), {})
        buckets = self.env["crm.ageing.bucket"].sudo()
        rows = []
        for span in buckets._spans(root):
            row = {
                "label": buckets.browse(span.key)._caption(),
                "amount": root.currency_id.round(float(owed.get(span.key, 0))),
            }
            if span.first is not None:
                row["from"] = span.first
            if span.last is not None:
                row["to"] = span.last
            rows.append(row)
        return rows

    @api.model
    def _currencies(self, root, customer) -> list[dict]:
        rows = self.env["crm.receivable.position"]._by_currency(
            root, customers=customer.ids
        )
        currencies = self.env["res.currency"].browse([row[2] for row in rows])
        return [
            {
                "currency": currency.name,
                "open": currency.round(float(row[3])),
                "overdue": currency.round(float(row[4])),
            }
            for currency, row in zip(currencies, rows, strict=True)
        ]

    @api.model
    def _days(self, root, customer, profile) -> dict:
        """Return what is known of the speed of payment, in days."""
        days = {}
        if profile.invoiced_12m > 0:
            days["sales_outstanding"] = round(profile.dso, 1)
            days["best_possible"] = round(profile.dso_best, 1)
            days["delinquent"] = round(profile.days_delinquent, 1)
        if profile.payment_count_12m:
            days["late"] = round(profile.payment_days_late, 1)
        counted = self.env["crm.receivable.month"]._count_back(root, customer.ids)
        if customer.id in counted:
            days["count_back"] = counted[customer.id]
        return days
