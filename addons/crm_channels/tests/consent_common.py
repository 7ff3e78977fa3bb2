from datetime import timedelta
from itertools import count

from odoo.tests import TransactionCase
from odoo.tools import SQL

NUMBERS = count(1)


class ConsentCase(TransactionCase):
    """A company whose silence means no, and somebody to ask."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {"name": "Consent company", "crm_consent_default": "opt_in"}
        )
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.recorder = cls.env["crm.consent.recorder"]
        cls.now = cls.env.cr.now().replace(tzinfo=None, microsecond=0)
        cls.ann = cls.person()

    @classmethod
    def person(cls, **values):
        """Return a new contact."""
        number = next(NUMBERS)
        return cls.env["res.partner"].create(
            {
                "name": f"Consent person {number}",
                "email": f"consent{number}@c.example",
                "phone": f"+1 202 555 {number:04d}",
                **values,
            }
        )

    def say(self, change="withdrawn", hours=0, partner=None, **values):
        """Record what somebody said so many hours from now."""
        partner = partner or self.ann
        return self.recorder._record(
            [
                {
                    "kind": "email",
                    "address": partner.email,
                    "purpose": "promotion",
                    "change": change,
                    "how": "manual",
                    "event_date": self.now + timedelta(hours=hours),
                    "partner_id": partner.id,
                    **values,
                }
            ]
        )

    def consent(self, address=None, kind="email", purpose="promotion", company=None):
        """Return what holds."""
        return self.env["crm.consent"].search(
            [
                ("company_id", "=", (company or self.company).id),
                ("kind", "=", kind),
                ("address", "=", address or self.ann.email_normalized),
                ("purpose", "=", purpose),
            ]
        )

    def rule(self, partner=None, kind="email", purpose="promotion", address=""):
        """Return the rule that forbids a message, or None."""
        self.env.flush_all()
        rule = self.env["crm.outbox.rules"]._rule_sql(
            SQL("%s::varchar", kind),
            SQL("%s::varchar", purpose),
            SQL("%s::varchar", address),
            SQL("%s::int", self.company.id),
        )
        [(found,)] = self.env.execute_query(
            SQL(
                "SELECT %s FROM res_partner p WHERE p.id = %s",
                rule,
                (partner or self.ann).id,
            )
        )
        return found
