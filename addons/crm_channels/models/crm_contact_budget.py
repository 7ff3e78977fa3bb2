from odoo import api, fields, models
from odoo.tools import SQL


class CrmContactBudget(models.Model):
    """The one row everybody must change who wants to contact a customer.

    Two senders that count contacts at the same time both see room for one more. Neither
    a lock nor an advisory lock helps, as what they count is older than the lock. But of
    two who change the same row, PostgreSQL lets the second one begin again, and then it
    sees what the first one did. So: change first, count then.
    """

    _name = "crm.contact.budget"
    _description = "Contact Budget of a Customer"
    _log_access = False
    _rec_name = "partner_id"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    version = fields.Integer(
        string="Reservations", readonly=True, default=0, aggregator=None
    )

    _customer_uniq = models.Constraint(
        "UNIQUE(company_id, partner_id)", "A customer has one contact budget."
    )

    @api.model
    def _touch(self, company, customer_ids) -> None:
        """Change the budgets of customers before their contacts are counted.

        Always in the order of the customers' ids, so that nobody waits for somebody
        who waits for them.
        """
        ids = sorted(set(customer_ids))
        if not ids:
            return
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_contact_budget (company_id, partner_id, version)
                   SELECT %s, id, 0 FROM unnest(%s::int[]) AS given(id) ORDER BY id
                       ON CONFLICT DO NOTHING RETURNING id""",
                company.id,
                ids,
            )
        )
        self.env.execute_query(
            SQL(
                """UPDATE crm_contact_budget b SET version = b.version + 1
                     FROM (SELECT id FROM crm_contact_budget
                            WHERE company_id = %s AND partner_id = ANY(%s)
                         ORDER BY partner_id FOR NO KEY UPDATE) locked
                    WHERE b.id = locked.id RETURNING b.id""",
                company.id,
                ids,
            )
        )
        self.invalidate_model(["version"])

    @api.model
    def _merge_partners(self, src_ids: list[int], dst_id: int) -> None:
        """Drop the rows of merged customers: what is counted are contacts, and who is
        counting for one of them at this moment begins again."""
        self.env.execute_query(
            SQL(
                """UPDATE crm_contact_budget SET version = version + 1
                    WHERE partner_id = %s RETURNING id""",
                dst_id,
            )
        )
        self.env.execute_query(
            SQL(
                "DELETE FROM crm_contact_budget WHERE partner_id = ANY(%s) "
                "RETURNING id",
                list(src_ids),
            )
        )
        self.invalidate_model()
