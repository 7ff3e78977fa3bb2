from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import email_domain_normalize

from odoo.addons.crm_relationship.records import one

from ..core import policy
from .crm_contact_rule import DECIDING

HOUR = 3600
USUAL = (
    {"kind": "quiet", "quiet_from": 21.0, "quiet_to": 8.0},
    {"kind": "gap", "scope": "person", "length": 24, "unit": "hour"},
    {"kind": "cap", "scope": "person", "max_count": 3, "length": 1, "unit": "week"},
    {"kind": "cap", "scope": "firm", "max_count": 6, "length": 1, "unit": "week"},
)


class CrmContactPolicy(models.Model):
    """When customers of a company may be written to for promotion, whichever channel,
    campaign or person does it. Nothing else is ever refused by it."""

    _name = "crm.contact.policy"
    _description = "Contact Policy"
    _order = "company_id, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(
        default=True, help="Without an active policy, no rule of this kind holds."
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
        help="Holds for this company and its branches together.",
    )
    patience_hours = fields.Integer(
        string="Wait at most (hours)",
        default=72,
        help="A message that must wait, for the end of quiet hours or for its distance "
        "to the last contact, waits for so long and is then left out.",
    )
    suppressed_domains = fields.Text(
        string="Never write to",
        help="E-mail domains, one a line, such as competitor.example. Whatever ends in "
        "one of them gets no promotion.",
    )
    domain_list = fields.Char(
        compute="_compute_domain_list",
        store=True,
        help="The domains, as SQL reads them",
    )
    rule_ids = fields.One2many(
        comodel_name="crm.contact.rule", inverse_name="policy_id", copy=True
    )

    preview_kind = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("sms", "Text message"),
            ("phone", "Telephone"),
        ],
        string="Preview for",
        default="email",
        store=False,
    )
    preview = fields.Html(compute="_compute_preview", export_string_translation=False)

    _company_uniq = models.UniqueIndex(
        "(company_id) WHERE active", "This company has a contact policy already."
    )
    _patience_check = models.Constraint(
        "CHECK(patience_hours BETWEEN 0 AND 8760)",
        "A message waits for at most a year.",
    )

    @api.depends("suppressed_domains")
    def _compute_domain_list(self):
        for record in self:
            lines = (record.suppressed_domains or "").split()
            found = {email_domain_normalize(line) for line in lines} - {False}
            record.domain_list = " ".join(sorted(found))

    @api.depends_context("lang", "tz")
    @api.depends("preview_kind", "company_id", "patience_hours", "rule_ids")
    @api.depends(*(f"rule_ids.{name}" for name in DECIDING))
    def _compute_preview(self):
        for record in self:
            record.preview = self.env["ir.qweb"]._render(
                "crm_channels.crm_contact_preview",
                self.env["crm.contact.preview"]._values(
                    record, record.preview_kind or "email"
                ),
            )

    @api.constrains("company_id")
    def _check_root_company(self):
        for company in self.company_id.filtered("parent_id"):
            raise ValidationError(
                self.env._(
                    "A customer is the customer of a company and all its branches: "
                    "choose %(root)s instead of %(branch)s.",
                    root=company.root_id.name,
                    branch=company.name,
                )
            )

    @api.constrains("suppressed_domains")
    def _check_suppressed_domains(self):
        for record in self:
            for line in (record.suppressed_domains or "").split():
                if not email_domain_normalize(line):
                    raise ValidationError(self.env._("“%s” is no e-mail domain.", line))

    # ---- actions --------------------------------------------------------------------

    def action_add_usual_rules(self):
        """Begin with rules many companies have; each can be changed."""
        one(self).check_access("write")
        self.rule_ids = [
            Command.create({"sequence": 10 * number, **vals})
            for number, vals in enumerate(USUAL, 1)
        ]
        return True

    # ---- for the planner ------------------------------------------------------------

    @api.model
    def _policy_of(self, company):
        """Return the policy in force for a company, with all rights; or none."""
        return self.sudo().search([("company_id", "=", company.root_id.id)], limit=1)

    def _rules(self, kind: str) -> policy.Rules:
        """Return the rules for a kind of channel (``core/policy``)."""
        rules = self.rule_ids.filtered("active")
        return policy.Rules(
            tuple(rule._as_cap() for rule in rules if rule.kind in ("cap", "gap")),
            tuple(rule._as_quiet() for rule in rules if rule.kind == "quiet"),
            self.patience_hours * HOUR,
        ).of_kind(kind)

    def _codes(self) -> dict[int, str]:
        """Return the short names of the rules by number."""
        codes = {rule.id: rule._code() for rule in self.rule_ids}
        return codes | {policy.SAME_ADDRESS: "same_address"}
