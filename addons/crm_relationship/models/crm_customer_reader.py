from collections.abc import Callable
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, escape_psql
from odoo.tools.mail import email_normalize

from ..core.metrics import WINDOW_DAYS

MOST_CONTACTS = 200
MOST_DOCUMENTS = 20

IDENTITY = (
    "name",
    "is_company",
    "active",
    "ref",
    "vat",
    "company_registry",
    "email",
    "phone",
    "website",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "country_id",
    "industry_id",
    "category_id",
    "lang",
    "tz",
    "user_id",
    "create_date",
    "crm_birth_date",
    "crm_sex",
    "crm_occupation",
    "crm_income_band",
)

# Which columns of a document are what the outside sees.
ORDER = {
    "date": "date_order",
    "amount": "amount_untaxed",
    "currency": "currency_id",
    "state": "state",
}
INVOICE = {
    "date": "invoice_date",
    "due": "invoice_date_due",
    "amount": "amount_untaxed_in_currency_signed",
    "open": "amount_residual",
    "currency": "currency_id",
    "state": "payment_state",
}
OPPORTUNITY = {
    "date": "create_date",
    "due": "date_deadline",
    "amount": "expected_revenue",
    "currency": "company_currency",
    "state": "stage_id",
}


class CrmCustomerReader(models.AbstractModel):
    """Reads a customer for other systems, part by part, as the current user."""

    _name = "crm.customer.reader"
    _description = "Reader of Customers"

    @api.model
    def _customer_parts(self) -> dict[str, Callable]:
        """Return the parts there are: name → ``customer -> value``, or None if the
        user has no right to it. To be extended with ``super() | {...}``."""
        return {
            "identity": self._read_identity,
            "contacts": self._read_contacts,
            "profile": self._read_profiles,
            "receivable": self._read_receivable,
            "documents": self._read_documents,
            "contact": self._read_contact,
        }

    @api.model
    def _customer_read(self, customer, parts=None) -> dict:
        customer.check_access("read")
        readers = self._customer_parts()
        result = {"id": customer.id, "name": customer.display_name}
        values = {
            part: readers[part](customer)
            for part in (readers if parts is None else parts)
        }
        result |= {part: v for part, v in values.items() if v is not None}
        result["hidden"] = [part for part, v in values.items() if v is None]
        return result

    # ---- parts --------------------------------------------------------------------

    @api.model
    def _read_fields(self, record, names) -> dict:
        """Return the fields of a record that have a value and may be read."""
        values = {}
        for name in names:
            field = record._fields[name]
            if not record._has_field_access(field, "read"):
                continue
            value = record[name]
            if field.type == "many2one":
                value = value.sudo().display_name
            elif field.type == "many2many":
                value = value.sudo().mapped("display_name")
            elif field.type == "monetary":
                value = record[field.get_currency_field(record)].round(value)
            if value or field.type in ("boolean", "integer", "monetary", "float"):
                values[name.removesuffix("_id").removeprefix("crm_")] = value
        return values

    @api.model
    def _read_identity(self, customer) -> dict:
        identity = self._read_fields(customer, IDENTITY)
        if customer.country_id:
            identity["country_code"] = customer.country_id.code
        if self.env["crm.external.ref"].has_access("read"):
            refs = self.env["crm.external.ref"].search(
                [("partner_id", "=", customer.id)], limit=MOST_CONTACTS
            )
            identity["external"] = [[ref.source, ref.ref] for ref in refs]
        return identity

    @api.model
    def _read_contacts(self, customer) -> list[dict]:
        """Return the first contacts by name; those of a firm may be thousands."""
        contacts = self.env["res.partner"].search_fetch(
            [("commercial_partner_id", "=", customer.id), ("id", "!=", customer.id)],
            ["name", "type", "function", "email", "phone", "parent_id"],
            limit=MOST_CONTACTS,
            order="complete_name, id",
        )
        names = ("name", "type", "function", "email", "phone", "ref")
        return [
            {"id": contact.id, **self._read_fields(contact, names)}
            for contact in contacts
        ]

    @api.model
    def _read_profiles(self, customer) -> list[dict] | None:
        Profile = self.env["crm.customer.profile"].with_context(active_test=False)
        if not Profile.has_access("read"):
            return None
        names = [
            name for name in Profile._metric_columns() if name != "next_expiry_date"
        ]
        return [
            {
                "company_id": profile.company_id.id,
                "company": profile.company_id.sudo().name,
                "currency": profile.currency_id.name,
                **self._read_fields(profile, names),
            }
            for profile in Profile.search([("partner_id", "=", customer.id)])
        ]

    @api.model
    def _read_receivable(self, customer) -> list[dict] | None:
        """Return what is owed now, by company, for those who may read the ledger."""
        if not customer._page_reads_ledger():
            return None
        rows = []
        for root in self.env.companies.root_id:
            owed, overdue = customer._page_ledger_money(root)[customer.id]
            if owed or overdue:
                currency = root.sudo().currency_id
                rows.append(
                    {
                        "company_id": root.id,
                        "company": root.sudo().name,
                        "currency": currency.name,
                        "open": currency.round(owed),
                        "overdue": currency.round(overdue),
                    }
                )
        return rows

    @api.model
    def _read_contact(self, customer) -> dict | None:
        """Return when the customer was last spoken to, and how often in 12 months, by
        channel; as far as the user sees the contacts."""
        Touch = self.env["crm.touch"]
        if not Touch.has_access("read"):
            return None
        contacts = Touch._of_customers(customer) & Domain("is_contact", "=", True)
        last = dict(Touch._read_group(contacts, ["direction"], ["date:max"]))
        start = fields.Datetime.now() - timedelta(days=WINDOW_DAYS)
        counts = Touch._read_group(
            contacts & Domain("date", ">=", start),
            ["channel_id", "direction"],
            ["__count"],
        )
        return {
            "last_in": last.get("in"),
            "last_out": last.get("out"),
            "channels_12m": [
                {"channel": channel.sudo().code, "direction": way, "count": count}
                for channel, way, count in counts
            ],
        }

    @api.model
    def _read_documents(self, customer) -> dict:
        """Return documents in progress, newest first, by kind; kinds that the user has
        no right to are left out."""
        documents = {}
        for kind, model, condition, columns in self._open_documents():
            Model = self.env[model]
            if not Model.has_access("read"):
                continue
            domain = customer._page_owned(customer) & condition
            found = Model.search(domain, limit=MOST_DOCUMENTS, order="id desc")
            documents[kind] = {
                "count": Model.search_count(domain),
                "rows": [self._read_document(record, columns) for record in found],
            }
        return documents

    @api.model
    def _open_documents(self) -> list[tuple[str, str, Domain, dict[str, str]]]:
        """Return kinds of open documents: name, model, condition and which columns are
        the ``date``, ``amount`` and ``currency``."""
        open_orders = ("no", "to invoice")
        unpaid = ("not_paid", "partial")
        return [
            (
                "quotations",
                "sale.order",
                Domain("state", "in", ("draft", "sent")),
                {**ORDER, "due": "validity_date"},
            ),
            (
                "orders_to_invoice",
                "sale.order",
                Domain("state", "=", "sale")
                & Domain("invoice_status", "in", open_orders),
                ORDER,
            ),
            (
                "unpaid_invoices",
                "account.move",
                Domain("move_type", "in", ("out_invoice", "out_refund"))
                & Domain("state", "=", "posted")
                & Domain("payment_state", "in", unpaid),
                INVOICE,
            ),
            (
                "opportunities",
                "crm.lead",
                Domain("type", "=", "opportunity")
                & Domain("won_status", "=", "pending"),
                OPPORTUNITY,
            ),
        ]

    @api.model
    def _read_document(self, record, columns: dict[str, str]) -> dict:
        row = {"id": record.id, "name": record.display_name}
        currency = record[columns["currency"]]
        for key, name in columns.items():
            value = record[name]
            if key == "currency":
                value = currency.name
            elif record._fields[name].type == "many2one":
                value = value.sudo().display_name
            elif key in ("amount", "open"):
                # What is left of a credit note is ours to pay, like its amount.
                negative = key == "open" and record[columns["amount"]] < 0
                value = currency.round(-value if negative else value)
            if value or key in ("amount", "open"):
                row[key] = value
        return row

    # ---- search -------------------------------------------------------------------

    @api.model
    def _customer_search(self, query: str, limit: int) -> list[dict]:
        """Return customers that match, the surest way of matching first.

        Each way is a search of its own that can use its own index; the next one is
        only tried while there is room.
        """
        matched = {}
        for how, domain in self._customer_matchers(query):
            if len(matched) >= limit:
                break
            # A firm is found through any of its contacts: look a little further.
            contacts = self.env["res.partner"].search_fetch(
                domain,
                ["commercial_partner_id"],
                limit=4 * limit,
                order="complete_name, id",
            )
            for customer in contacts.commercial_partner_id._filtered_access("read"):
                matched.setdefault(customer, how)
        names = ("email", "phone", "ref", "city", "country_id", "is_company")
        return [
            {
                "id": customer.id,
                "name": customer.display_name,
                "matched": how,
                **self._read_fields(customer, names),
            }
            for customer, how in list(matched.items())[:limit]
        ]

    @api.model
    def _customer_matchers(self, query: str) -> list[tuple[str, Domain]]:
        matchers = []
        if self.env["crm.external.ref"].has_access("read"):
            refs = self.env["crm.external.ref"]._search([("ref", "=", query)])
            known = refs.subselect("partner_id")
            matchers.append(
                (
                    "external",
                    Domain.custom(
                        to_sql=lambda _model, alias, _query: SQL(
                            "%s IN %s", SQL.identifier(alias, "id"), known
                        )
                    ),
                )
            )
        matchers.append(("ref", Domain("ref", "=", query)))
        if email := email_normalize(query, strict=False):
            matchers.append(("email", Domain("email_normalized", "=", email)))
        digits = "".join(filter(str.isdigit, query))
        if len(digits) >= 6 and len(digits) >= len(query) / 2:
            matchers.append(("phone", Domain("phone_mobile_search", "ilike", query)))
        text = escape_psql(query)
        matchers.append(("name", Domain("complete_name", "=ilike", f"{text}%")))
        matchers.append(("name", Domain("complete_name", "ilike", text)))
        return matchers
