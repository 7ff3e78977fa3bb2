from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.metrics import MetricProvider, MetricScope
from odoo.addons.crm_relationship.records import one

COLUMNS = ("promise_date", "promise_broken_date")


class CrmCustomerProfile(models.Model):
    _inherit = "crm.customer.profile"

    promise_date = fields.Date(
        string="Promised to pay by",
        readonly=True,
        help="The next promise to pay that runs.",
    )
    promise_broken_date = fields.Date(
        string="Broke a promise on",
        readonly=True,
        help="The last promise to pay that was broken, or kept only in part, and whose "
        "items are still open.",
    )

    @api.model
    def _metric_providers(self):
        # EXTENDS crm_relationship
        promises = MetricProvider(
            "promises", COLUMNS, self._promise_metrics, creates=False
        )
        return [*super()._metric_providers(), promises]

    @api.model
    def _promise_metrics(self, scope: MetricScope) -> SQL:
        """Return the promises of each customer, see ``MetricProvider.build``."""
        return SQL(
            """SELECT s.customer_id,
                      MIN(p.date) FILTER (WHERE p.state = 'open') AS promise_date,
                      MAX(p.judged_date) FILTER (
                          WHERE p.state IN ('broken', 'partly') AND EXISTS (
                                SELECT FROM crm_payment_promise_line_rel r
                                  JOIN account_move_line l ON l.id = r.line_id
                                 WHERE r.promise_id = p.id
                                   AND l.reconciled IS NOT TRUE
                                   AND l.parent_state = 'posted')
                      ) AS promise_broken_date,
                      NULL::date AS next_expiry_date
                 FROM crm_payment_promise p
                 JOIN %s s ON s.partner_id = p.partner_id
                WHERE p.company_id = ANY(%s)
             GROUP BY s.customer_id""",
            scope.partners,
            list(scope.company_ids),
        )

    def action_open_promises(self):
        """Show what the customer promised to pay, and what became of it."""
        one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_receivables.crm_payment_promise_action"
        )
        context = {"default_partner_id": self.partner_id.id}
        domain = [("partner_id", "=", self.partner_id.id)]
        return {**action, "domain": domain, "context": context}
