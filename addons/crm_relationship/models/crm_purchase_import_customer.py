from collections import defaultdict

from odoo import api, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL, email_normalize

from ..core.purchase_rows import Batch, Customer, CustomerKey


class CrmPurchaseImportCustomer(models.AbstractModel):
    """Finds the customers that imported rows name, and makes those nobody knows."""

    _name = "crm.purchase.import.customer"
    _description = "Purchase Import: Customers"

    # ---- who is meant ------------------------------------------------------------

    @api.model
    def _find(
        self, batch: Batch, source: str
    ) -> tuple[dict[CustomerKey, int], set[CustomerKey]]:
        """Return the contact of every customer key that stands for one already, and
        the keys the source has used before.

        Purchases whose customer cannot be told are refused in ``batch``.
        """
        keys = {p.customer for p in batch.good() if p.customer}
        wanted = {c.partner_id for c in batch.customers.values() if c.partner_id}
        wanted |= {key.value for key in keys if key.kind == "id"}
        visible = self._visible(wanted)
        for purchase in list(batch.good()):
            partner_id = purchase.head.get("customer_id")
            if partner_id and visible.get(partner_id) is not True:
                code = "foreign_contact" if partner_id in visible else "unknown_contact"
                batch.refuse(purchase, "customer_id", code, value=partner_id)
        found = {
            CustomerKey("id", partner_id): partner_id
            for partner_id, usable in visible.items()
            if usable
        }
        known = self._by_reference(source, keys)
        found |= known
        for purchase in list(batch.good()):
            key = purchase.customer
            given = purchase.head.get("customer_id")
            if given and known.get(key, given) != given:
                batch.refuse(
                    purchase,
                    "customer_ref",
                    "ref_other_customer",
                    ref=key.value,
                    other=known[key],
                    value=given,
                )
            elif given:
                found[key] = given
        self._find_by_email(batch, keys - found.keys(), found)
        return found, set(known)

    @api.model
    def _visible(self, partner_ids: set[int]) -> dict[int, bool]:
        """Return which contacts the user sees, and whether the company may use them."""
        partners = self.env["res.partner"].with_context(active_test=False)
        partners = partners.search_fetch(
            [("id", "in", list(partner_ids))], ["company_id"]
        )
        above = self.env.company.sudo().parent_ids
        return {
            partner.id: not partner.company_id or partner.company_id in above
            for partner in partners
        }

    @api.model
    def _by_reference(
        self, source: str, keys: set[CustomerKey]
    ) -> dict[CustomerKey, int]:
        """Return the contacts of references the source used before."""
        by_value = defaultdict(list)
        for key in keys:
            if key.kind != "id":
                by_value[key.value].append(key)
        self.env["crm.external.ref"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT ref, partner_id FROM crm_external_ref
                    WHERE company_id = %s AND source = %s AND ref = ANY(%s)""",
                self.env.company.id,
                source,
                list(by_value),
            )
        )
        return {key: partner_id for ref, partner_id in rows for key in by_value[ref]}

    @api.model
    def _find_by_email(
        self, batch: Batch, keys: set[CustomerKey], found: dict[CustomerKey, int]
    ) -> None:
        """Find the one contact that has the address; several are no answer."""
        normalized = {
            email_normalize(key.value): key for key in keys if key.kind == "email"
        }
        normalized.pop(False, None)
        if not normalized:
            return
        contacts = defaultdict(set)
        for partner in self.env["res.partner"].search_fetch(
            [
                ("email_normalized", "in", list(normalized)),
                *self.env["crm.purchase.import.reference"]._company_domain(),
            ],
            ["email_normalized"],
        ):
            contacts[normalized[partner.email_normalized]].add(partner.id)
        for purchase in list(batch.good()):
            if len(contacts.get(purchase.customer, ())) > 1:
                batch.refuse(
                    purchase,
                    "customer_email",
                    "ambiguous_email",
                    row=purchase.emails[purchase.customer.value],
                    value=purchase.customer.value,
                    count=len(contacts[purchase.customer]),
                )
        found |= {key: ids.pop() for key, ids in contacts.items() if len(ids) == 1}

    # ---- making ------------------------------------------------------------------

    @api.model
    def _quiet_partners(self):
        """Contacts without tracking and without the import screen's own context keys.

        New contacts have neither parent nor children, so there is nothing to keep in
        step between them; asking costs more than the creation itself.
        """
        return self.env["res.partner"].with_context(
            tracking_disable=True,
            mail_create_nosubscribe=True,
            import_file=False,
            _partners_skip_fields_sync=True,
        )

    @api.model
    def _create_contacts(
        self, customers: dict[CustomerKey, Customer], names: dict[str, dict]
    ) -> tuple[dict[CustomerKey, int], dict[CustomerKey, str]]:
        """Create contacts as the user; return their ids, and why some were refused."""
        who = self.env["crm.purchase.import.who"]
        vals_list = [
            {"name": str(key.value)} | who._partner_values(customer, names)
            for key, customer in customers.items()
        ]
        try:
            with self.env.cr.savepoint():
                partners = self._quiet_partners().create(vals_list)
                partners.flush_recordset()
            return dict(zip(customers, partners.ids, strict=True)), {}
        except UserError:
            return self._create_one_by_one(dict(zip(customers, vals_list, strict=True)))

    @api.model
    def _create_one_by_one(
        self, vals_by_key: dict[CustomerKey, dict]
    ) -> tuple[dict[CustomerKey, int], dict[CustomerKey, str]]:
        """Find out which contact was refused, and by what."""
        created, refused = {}, {}
        for key, vals in vals_by_key.items():
            try:
                with self.env.cr.savepoint():
                    partner = self._quiet_partners().create([vals])
                    partner.flush_recordset()
                created[key] = partner.id
            except UserError as error:
                refused[key] = str(error)
        return created, refused

    @api.model
    def _remember_references(
        self, source: str, partners: dict[CustomerKey, int]
    ) -> None:
        """Remember how the source names these contacts."""
        named = {
            str(key.value): partner_id
            for key, partner_id in partners.items()
            if key.kind != "id"
        }
        if not named:
            return
        remembered = self.env.execute_query(
            SQL(
                """INSERT INTO crm_external_ref
                               (company_id, source, ref, partner_id,
                                create_uid, create_date, write_uid, write_date)
                   SELECT %(company)s, %(source)s, n.ref, n.partner_id,
                          %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM unnest(%(refs)s::varchar[], %(partners)s::int[])
                            AS n(ref, partner_id)
                   ON CONFLICT DO NOTHING
                   RETURNING id""",
                company=self.env.company.id,
                source=source,
                refs=list(named),
                partners=list(named.values()),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        if len(remembered) != len(named):
            raise ConcurrencyError("another import brought the same customers in")
        self.env["crm.external.ref"].invalidate_model(flush=False)
