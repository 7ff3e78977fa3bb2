from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.metrics import MetricProvider, MetricScope

RFM_COLUMNS = ("rfm_recency", "rfm_frequency", "rfm_monetary", "rfm_cell_id")


class CrmCustomerProfile(models.Model):
    _inherit = "crm.customer.profile"

    # Scores of the company's default scheme; 0 = none
    rfm_recency = fields.Integer(
        string="R",
        readonly=True,
        aggregator="avg",
        help="Recency score from 1 to 5: 5 bought most recently. 0: no score.",
    )
    rfm_frequency = fields.Integer(
        string="F",
        readonly=True,
        aggregator="avg",
        help="Frequency score from 1 to 5: 5 bought on most days. 0: no score.",
    )
    rfm_monetary = fields.Integer(
        string="M",
        readonly=True,
        aggregator="avg",
        help="Monetary score from 1 to 5: 5 spent most. 0: no score.",
    )
    rfm_cell_id = fields.Many2one(
        comodel_name="crm.rfm.cell",
        string="RFM cell",
        readonly=True,
        ondelete="set null",
    )
    rfm_score_ids = fields.One2many(
        comodel_name="crm.rfm.score",
        string="RFM scores",
        compute="_compute_rfm_score_ids",
        search="_search_rfm_score_ids",
        groups="crm_relationship.group_reader",
    )
    segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        string="Segments",
        compute="_compute_segment_ids",
        search="_search_segment_ids",
        groups="crm_relationship.group_reader",
    )

    purchase_line_ids = fields.One2many(
        comodel_name="crm.customer.transaction.line",
        string="Purchase lines",
        compute="_compute_purchase_line_ids",
        search="_search_purchase_line_ids",
        groups="crm_relationship.group_reader",
        help="What the customer bought, for rules such as “bought this product in the "
        "last 12 months”.",
    )

    @api.depends("company_id", "partner_id")
    def _compute_rfm_score_ids(self):
        scores = self.env["crm.rfm.score"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        groups = scores.grouped(lambda s: (s.company_id, s.partner_id))
        for profile in self:
            key = (profile.company_id, profile.partner_id)
            profile.rfm_score_ids = groups.get(key, scores.browse())

    @api.model
    def _search_rfm_score_ids(self, operator, value):
        return self._search_rows("crm.rfm.score", operator, value)

    @api.depends("company_id", "partner_id")
    def _compute_segment_ids(self):
        members = self.env["crm.segment.member"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("date_out", "=", False),
            ]
        )
        groups = members.grouped(lambda m: (m.company_id, m.partner_id))
        for profile in self:
            key = (profile.company_id, profile.partner_id)
            profile.segment_ids = groups.get(key, members.browse()).segment_id

    @api.model
    def _search_segment_ids(self, operator, value):
        if isinstance(value, str):
            value = Domain("display_name", operator, value)
            operator = "any"
        elif operator == "in" and not _asks_for_none(value):
            operator, value = "any", Domain("id", "in", list(value))
        if operator == "any":
            value = Domain("segment_id", "any", value)
        return self._search_rows(
            "crm.segment.member", operator, value, Domain("date_out", "=", False)
        )

    @api.depends("company_id", "partner_id")
    def _compute_purchase_line_ids(self):
        lines = self.env["crm.customer.transaction.line"].search(
            [("customer_id", "in", self.partner_id.ids)]
        )
        groups = lines.grouped(lambda line: (line.company_id.root_id, line.customer_id))
        for profile in self:
            key = (profile.company_id, profile.partner_id)
            profile.purchase_line_ids = groups.get(key, lines.browse())

    @api.model
    def _search_purchase_line_ids(self, operator, value):
        return self._search_rows(
            "crm.customer.transaction.line", operator, value, customer="customer_id"
        )

    @api.model
    def _search_rows(
        self, model, operator, value, base=Domain.TRUE, customer="partner_id"
    ):
        """Return customers by their rows in a model with company and customer.

        :param operator: ``any`` with a domain over ``model``, or ``in`` with ids; False
            among the ids asks for customers without any row
        :param base: what a row must be to count at all
        :param customer: the model's field with the customer
        """
        if operator == "any":
            return self._exists_domain(model, base & Domain(value), customer)
        if operator != "in":
            return NotImplemented
        domain = Domain.FALSE
        if ids := [record_id for record_id in value if record_id]:
            found = base & Domain("id", "in", ids)
            domain |= self._exists_domain(model, found, customer)
        if _asks_for_none(value):
            domain |= ~self._exists_domain(model, base, customer)
        return domain

    @api.model
    def _exists_domain(self, model: str, domain: Domain, customer: str) -> Domain:
        """Return customers who have a row in ``model``, as the current user sees it."""
        Model = self.env[model]
        query = Model._search(domain)
        # Customers are kept by root company, rows may belong to a branch.
        rows = query.subselect(
            SQL(
                """(SELECT split_part(c.parent_path, '/', 1)::int
                      FROM res_company c WHERE c.id = %s)""",
                Model._field_to_sql(query.table, "company_id", query),
            ),
            Model._field_to_sql(query.table, customer, query),
        )

        def to_sql(profiles, alias, _query):
            return SQL(
                "(%s, %s) IN %s",
                profiles._field_to_sql(alias, "company_id"),
                profiles._field_to_sql(alias, "partner_id"),
                rows,
            )

        def predicate(profile):
            found = Model.search(domain & Domain(customer, "=", profile.partner_id.id))
            return profile.company_id in found.company_id.root_id

        return Domain.custom(to_sql=to_sql, predicate=predicate)

    # ---- metrics --------------------------------------------------------------------

    @api.model
    def _metric_providers(self) -> list[MetricProvider]:
        # EXTENDS 'crm_relationship'
        return [
            *super()._metric_providers(),
            MetricProvider("rfm", RFM_COLUMNS, self._rfm_metrics, creates=False),
        ]

    @api.model
    def _rfm_metrics(self, scope: MetricScope) -> SQL:
        """Return the scores that the default scheme's last run left."""
        scheme = self.env["crm.rfm.scheme"].sudo()
        scheme = scheme.with_context(active_test=False).search(
            [("company_id", "=", scope.company.id), ("is_default", "=", True)]
        )
        return SQL(
            """SELECT s.partner_id AS customer_id, s.r AS rfm_recency,
                      s.f AS rfm_frequency, s.m AS rfm_monetary,
                      (%s::int[])[(s.r - 1) * 5 + s.f] AS rfm_cell_id,
                      NULL::date AS next_expiry_date
                 FROM crm_rfm_score s
                WHERE s.scheme_id = %s AND s.partner_id %s""",
            scheme._frozen_cell_ids() if scheme else [None] * 25,
            scheme.id or None,
            scope.customers,
        )


def _asks_for_none(value) -> bool:
    return not value or False in value
