from collections import defaultdict

from odoo import api, models
from odoo.exceptions import AccessError

from ..core.purchase_rows import Batch, Customer, CustomerKey

# Column of a row → field of a contact, where the value is stored as it is.
PLAIN_FIELDS = {
    "customer_name": "name",
    "customer_is_company": "is_company",
    "customer_email": "email",
    "customer_phone": "phone",
    "customer_street": "street",
    "customer_city": "city",
    "customer_zip": "zip",
    "customer_birth_date": "crm_birth_date",
    "customer_sex": "crm_sex",
    "customer_occupation": "crm_occupation",
    "customer_income_band": "crm_income_band",
}
ADDRESS = {"street", "city", "zip", "country_id", "state_id"}
PERSONAL = {
    "customer_birth_date",
    "customer_sex",
    "customer_occupation",
    "customer_income_band",
}


class CrmPurchaseImportWho(models.AbstractModel):
    """What imported rows say about who a customer is.

    It fills what is empty on the contact and overwrites nothing: a file from an old
    system must not undo what a person has corrected since.
    """

    _name = "crm.purchase.import.who"
    _description = "Purchase Import: Who the Customers Are"

    @api.model
    def _check_who(self, batch: Batch) -> dict[str, dict]:
        """Return countries, regions and industries by what rows call them.

        Purchases with a row that names an unknown one are refused in ``batch``.

        :raises AccessError: when there are personal data the user may not see
        """
        given = defaultdict(set)
        for _purchase, _row, who in batch.who:
            for name, value in who.items():
                given[name].add(value)
        if PERSONAL & given.keys():
            self._check_personal_data(PERSONAL & given.keys())
        reference = self.env["crm.purchase.import.reference"]
        names = {
            "country": reference._countries(given["customer_country"])
            if given["customer_country"]
            else {},
            "region": {},
            "industry": reference._industries() if given["customer_industry"] else {},
        }
        if given["customer_region"]:
            names["region"] = reference._regions(names["country"].values())
        may_add = self.env["res.partner.industry"].has_access("create")
        for purchase, row, who in batch.who:
            if not purchase.bad:
                self._check_row(batch, purchase, row, who, names, may_add)
        return names

    @api.model
    def _check_row(self, batch, purchase, row, who, names, may_add) -> None:
        country = who.get("customer_country")
        region = who.get("customer_region")
        industry = who.get("customer_industry")
        country_id = names["country"].get(country.upper()) if country else None
        if country and not country_id:
            batch.refuse(
                purchase, "customer_country", "unknown_country", row=row, value=country
            )
        elif region and not country:
            batch.refuse(
                purchase, "customer_region", "region_no_country", row=row, value=region
            )
        elif region and (country_id, region.lower()) not in names["region"]:
            batch.refuse(
                purchase,
                "customer_region",
                "unknown_region",
                row=row,
                value=region,
                country=country.upper(),
            )
        if industry and industry.lower() not in names["industry"] and not may_add:
            batch.refuse(
                purchase,
                "customer_industry",
                "unknown_industry",
                row=row,
                value=industry,
            )

    @api.model
    def _check_personal_data(self, columns: set[str]) -> None:
        if self.env.su or self.env.user.has_group(
            "crm_relationship.group_personal_data"
        ):
            return
        raise AccessError(
            self.env._(
                "The rows hold personal data (%s), which you may not handle. Leave "
                "these columns out, or ask an administrator for the right “Personal "
                "data”.",
                ", ".join(sorted(columns)),
            )
        )

    @api.model
    def _add_industries(self, batch: Batch, names: dict[str, dict]) -> None:
        """Add the industries that rows name and nobody has entered yet."""
        wanted = {}
        for purchase, _row, who in batch.who:
            industry = who.get("customer_industry")
            if industry and not purchase.bad:
                wanted.setdefault(industry.lower(), industry)
        missing = [
            wanted[name] for name in sorted(wanted.keys() - names["industry"].keys())
        ]
        industries = self.env["res.partner.industry"].create(
            [{"name": name} for name in missing]
        )
        for name, industry in zip(missing, industries, strict=True):
            names["industry"][name.lower()] = industry.id

    @api.model
    def _partner_values(self, customer: Customer, names: dict[str, dict]) -> dict:
        """Return what the rows say about a customer as values of a contact."""
        said = customer.values
        values = {
            field: said[column]
            for column, field in PLAIN_FIELDS.items()
            if column in said
        }
        if country := said.get("customer_country"):
            values["country_id"] = names["country"][country.upper()]
            region = (values["country_id"], said.get("customer_region", "").lower())
            if region in names["region"]:
                values["state_id"] = names["region"][region]
        if industry := said.get("customer_industry"):
            values["industry_id"] = names["industry"][industry.lower()]
        return values

    @api.model
    def _fill_empty(
        self,
        customers: dict[CustomerKey, Customer],
        partners: dict[CustomerKey, int],
        names: dict[str, dict],
    ) -> int:
        """Fill empty fields of contacts there were before; return how many changed.

        A name that is only the reference counts as empty. Who may not write a contact
        leaves it as it is: the purchases are what was asked for.
        """
        said = {}
        default_names = {}
        for key, customer in customers.items():
            values = self._partner_values(customer, names)
            values.pop("is_company", None)
            if values:
                said[partners[key]] = values
                default_names[partners[key]] = key.value if key.kind == "ref" else None
        records = self._fillable(list(said))
        records.fetch({name for values in said.values() for name in values})
        changes = {
            partner: values
            for partner in records
            if (
                values := self._missing_values(
                    partner, said[partner.id], default_names[partner.id]
                )
            )
        }
        self._write_changes(changes)
        return len(changes)

    @api.model
    def _fillable(self, partner_ids: list[int]):
        """Return the contacts an import may complete: those the user may write.

        Who can log in keeps the own data, and may be a colleague whose e-mail address
        opens the account.
        """
        partners = self.env["crm.purchase.import.customer"]._quiet_partners()
        partners = partners.browse(partner_ids)._filtered_access("write")
        users = self.env["res.users"].sudo().with_context(active_test=False)
        users = users.search_fetch([("partner_id", "in", partners.ids)], ["partner_id"])
        return partners - partners.browse(users.partner_id.ids)

    @api.model
    def _write_changes(self, changes: dict) -> None:
        """Write values by contact, those of contacts that stand alone all at once."""
        bound = self._bound([partner.id for partner in changes])
        for partner in changes:
            if partner.id in bound:
                partner.write(changes[partner])
        self._write_together(
            {
                partner: values
                for partner, values in changes.items()
                if partner.id not in bound
            }
        )

    @api.model
    def _bound(self, partner_ids: list[int]) -> set[int]:
        """Return the contacts that have a parent or children."""
        contacts = self.env["res.partner"].sudo().with_context(active_test=False)
        related = contacts.search_fetch(
            ["|", ("parent_id", "in", partner_ids), ("id", "in", partner_ids)],
            ["parent_id"],
        )
        return {*related.parent_id.ids, *related.filtered("parent_id").ids}

    @api.model
    def _write_together(self, changes: dict) -> None:
        """Write different values to many contacts at once.

        ``write`` looks for everything that depends on a contact once per contact. With
        neither parent nor children there is nothing it would have to keep in step.
        """
        partners = self.env["crm.purchase.import.customer"]._quiet_partners()
        partners = partners.browse([partner.id for partner in changes])
        names = sorted({name for values in changes.values() for name in values})
        references = [name for name in names if partners._fields[name].relational]
        partners.modified(references, before=True)
        log = {"write_uid": self.env.uid, "write_date": self.env.cr.now()}
        for partner, values in zip(partners, changes.values(), strict=True):
            for name, value in (values | log).items():
                partner._fields[name].write(partner, value)
        partners.modified([*names, *log])
        partners.flush_recordset()
        partners._validate_fields(names)

    @api.model
    def _missing_values(self, partner, said: dict, default_name: str | None) -> dict:
        kept = {
            name
            for name, value in said.items()
            if partner[name]
            and self._as_value(partner[name]) != value
            and not (name == "name" and partner.name == default_name)
        }
        if kept & ADDRESS:
            # Half of one address and half of another are none.
            kept |= ADDRESS
        return {
            name: value
            for name, value in said.items()
            if name not in kept and self._as_value(partner[name]) != value
        }

    @api.model
    def _as_value(self, value):
        return value.id if isinstance(value, models.BaseModel) else value
