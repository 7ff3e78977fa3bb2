from datetime import timedelta
from itertools import count

from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL

NUMBERS = count(1)


class PolicyCase(TransactionCase):
    """A company with channels, persons and firms, and a policy without rules."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {
                "name": "Policy company",
                "crm_tz": "UTC",
                # The rules of contact are tried here, not consent.
                "crm_consent_default": "allowed",
            }
        )
        cls.channels = {
            kind: cls.env["crm.channel"].create(
                {
                    "name": f"Policy {kind}",
                    "code": f"policy_{kind}",
                    "kind": kind,
                    "company_id": cls.company.id,
                }
            )
            for kind in ("email", "sms", "phone", "letter")
        }
        cls.policy = cls.env["crm.contact.policy"].create(
            {"name": "Policy", "company_id": cls.company.id}
        )
        cls.owner = new_test_user(
            cls.env,
            "policy_owner",
            "crm_relationship.group_segmentation",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        # The moment of this transaction, as the rules see it.
        cls.now = cls.env.cr.now().replace(tzinfo=None, microsecond=0)

    @classmethod
    def person(cls, firm=None, **values):
        """Return a new contact, of a firm or a customer by itself."""
        number = next(NUMBERS)
        return cls.env["res.partner"].create(
            {
                "name": f"Policy person {number}",
                "email": f"policy{number}@c.example",
                "phone": f"+1 202 555 {number:04d}",
                "tz": False,
                "parent_id": firm and firm.id,
                **values,
            }
        )

    @classmethod
    def rule(cls, kind="cap", **values):
        """Return a new rule of the policy."""
        return cls.env["crm.contact.rule"].create(
            {"policy_id": cls.policy.id, "kind": kind, **values}
        )

    def log(self, partner, hours_ago=1.0, kind="email", purpose="promotion", **values):
        """Log a contact that was made."""
        return self.env["crm.touch"]._log(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": partner.id,
                    "channel_id": self.channels[kind].id,
                    "purpose": purpose,
                    "date": self.now - timedelta(hours=hours_ago),
                    **values,
                }
            ]
        )

    def later(self, partner, hours=1.0, kind="email", purpose="promotion", priority=0):
        """Plan a message for later."""
        return self.env["crm.outbox"]._plan(
            [
                {
                    "company_id": self.company.id,
                    "partner_id": partner.id,
                    "channel_id": self.channels[kind].id,
                    "purpose": purpose,
                    "due": self.now + timedelta(hours=hours),
                    "priority": priority,
                    "origin_model": "res.partner",
                    "origin_key": next(NUMBERS),
                }
            ]
        )

    def plan(self, partners, kind="email", purpose="promotion", **options):
        """Return (verdict, rule, when it may leave) of each partner, in order."""
        rows = [(n, partner.id) for n, partner in enumerate(partners)]
        candidates = SQL(
            """SELECT key, partner_id, NULL::text AS address
                 FROM (VALUES %s) AS v(key, partner_id)""",
            SQL(", ").join(SQL("(%s, %s)", *row) for row in rows),
        )
        self.summary = self.env["crm.contact.planner"]._plan(
            self.company, candidates, self.channels[kind], purpose, **options
        )
        return self.env.execute_query(
            SQL("SELECT verdict, rule, send_at FROM crm_plan_verdict ORDER BY key")
        )

    def verdicts(self, partners, **options):
        """Return the verdict of each partner, in order."""
        return [row[0] for row in self.plan(partners, **options)]
