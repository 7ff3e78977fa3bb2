from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.position import Bucket, bucket_spans

# First day late of the buckets a company starts with; the first takes what is not due.
USUAL_STARTS = (0, 1, 31, 61, 91)


class CrmAgeingBucket(models.Model):
    """A range of days after the due date, by which a company sorts what it is owed.

    A bucket is given by its first day only and reaches to the next one, the lowest
    takes everything below as well: so whatever people enter, every open item is in
    exactly one bucket and the buckets add up to the balance.
    """

    _name = "crm.ageing.bucket"
    _description = "Ageing Bucket"
    _order = "days_from, id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company.root_id,
        ondelete="cascade",
    )
    days_from = fields.Integer(
        string="From day late",
        required=True,
        aggregator=None,
        help="Days after the due date at which this bucket begins; it reaches to the "
        "day before the next one. 0 is the due date, below 0 is before it.",
    )
    name = fields.Char(
        string="Own name",
        translate=True,
        help="Leave empty to show the days it covers.",
    )
    days_to = fields.Char(string="Covers", compute="_compute_display_name")

    _company_days_uniq = models.Constraint(
        "UNIQUE(company_id, days_from)",
        "There is a bucket that begins at this day already.",
    )
    _days_range = models.Constraint(
        "CHECK(days_from BETWEEN -36500 AND 36500)",
        "A bucket begins at most 36,500 days before or after the due date.",
    )

    @api.depends("name", "days_from", "company_id")
    @api.depends_context("lang", "allowed_company_ids")
    def _compute_display_name(self):
        several = len(self.env.companies.root_id) > 1
        spans = {
            span.key: span
            for company in self.company_id
            for span in self._spans(company)
        }
        for bucket in self:
            span = spans.get(bucket._origin.id)
            covers = bucket._label(span) if span else ""
            bucket.days_to = covers
            name = bucket._caption()
            if several:
                name = f"{name} ({bucket.company_id.name})"
            bucket.display_name = name

    def _caption(self) -> str:
        """Return what this bucket is called beside others of its company."""
        return self.name or self.days_to or str(self.days_from)

    @api.model
    def _label(self, span: Bucket) -> str:
        """Return what a bucket covers, in words."""
        if span.first is None and span.last is None:
            return self.env._("Everything")
        if span.first is None and span.last == 0:
            return self.env._("Not due")
        if span.first is None:
            return self.env._("Up to day %s", span.last)
        if span.last is None:
            return self.env._("More than %s days", span.first - 1)
        return self.env._("%(first)s–%(last)s days", first=span.first, last=span.last)

    @api.model
    def _spans(self, company) -> list[Bucket]:
        """Return the spans of a company's buckets, the lowest first; keys are ids."""
        buckets = self.sudo().search_fetch(
            [("company_id", "=", company.root_id.id)], ["days_from"]
        )
        return bucket_spans([(b.days_from, b.id) for b in buckets])

    @api.constrains("company_id")
    def _check_root_company(self):
        for bucket in self:
            if bucket.company_id != bucket.company_id.root_id:
                raise UserError(
                    self.env._(
                        "Branches keep the same books: buckets belong to %(root)s, not "
                        "to its branch %(branch)s.",
                        root=bucket.company_id.root_id.name,
                        branch=bucket.company_id.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last(self):
        for company in self.company_id:
            left = self.search_count(
                [("company_id", "=", company.id), ("id", "not in", self.ids)], limit=1
            )
            if not left:
                raise UserError(
                    self.env._(
                        "%(company)s needs one bucket at least: otherwise what it is "
                        "owed would be in none. Change this one instead.",
                        company=company.name,
                    )
                )

    @api.model
    def _create_usual(self, companies) -> None:
        """Give root companies without buckets the usual ones: not due, 1–30, 31–60,
        61–90 days, more."""
        buckets = self.sudo()
        roots = companies.root_id
        known = buckets.search([("company_id", "in", roots.ids)]).company_id
        buckets.create(
            [
                {"company_id": company.id, "days_from": start}
                for company in roots - known
                for start in USUAL_STARTS
            ]
        )
