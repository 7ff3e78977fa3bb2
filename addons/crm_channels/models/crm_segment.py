from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from odoo.addons.crm_segmentation.models.crm_segment import RULE_FIELDS

VETO_FIELDS = {"no_promotion", "no_promotion_reason"}
# What would lift a veto as well: other members, or none.
LIFTING_FIELDS = RULE_FIELDS | {"active", "user_id"}


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    no_promotion = fields.Boolean(
        string="Do not contact",
        copy=False,
        tracking=True,
        help="Members get no promotion, from any campaign, mailing or person. Only the "
        "owner of the segment sets and lifts this.",
    )
    no_promotion_reason = fields.Char(
        string="Why not",
        copy=False,
        tracking=True,
        help="Whoever asks why a customer was not written to reads this.",
    )

    _no_promotion_idx = models.Index("(company_id) WHERE no_promotion")

    @api.constrains("no_promotion", "no_promotion_reason")
    def _check_no_promotion_reason(self):
        for segment in self:
            if segment.no_promotion and not (segment.no_promotion_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why the members of “%s” must not be contacted.",
                        segment.name,
                    )
                )

    def write(self, vals):
        self.check_access("write")
        if VETO_FIELDS & vals.keys():
            self._check_owner()
        if LIFTING_FIELDS & vals.keys():
            self._check_veto(succession=vals.keys() == {"user_id"})
        if not RULE_FIELDS & vals.keys():
            return super().write(vals)
        # Another rule means other customers: what was decided about a campaign falls.
        campaigns = self.env["crm.campaign"]._of_segments(self)
        before = campaigns._decision_content_hashes()
        result = super().write(vals)
        campaigns._segment_changed(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_veto(self):
        self._check_veto()

    def _remove_partners(self, partner_ids):
        # EXTENDS 'crm_segmentation': who is taken out may be written to again.
        self._check_veto()
        return super()._remove_partners(partner_ids)

    def _check_veto(self, succession: bool = False) -> None:
        """Refuse what would lift a veto to whoever does not own the segment.

        :param succession: somebody takes over, which they may from who is gone
        """
        vetoed = self.filtered("no_promotion")
        if succession:
            vetoed = vetoed.filtered(lambda s: s.sudo().user_id.active)
        vetoed._check_owner()

    def _check_owner(self) -> None:
        """Refuse everybody but the owners to say who may be contacted."""
        for segment in self:
            if self.env.su or segment.user_id == self.env.user:
                continue
            owner = segment.sudo().user_id
            text = self.env._(
                "Only %(owner)s, who owns “%(segment)s”, says whether its members may "
                "be contacted.",
                owner=owner.name,
                segment=segment.name,
            )
            if not owner.active:
                text += " " + self.env._("They left: take the segment over first.")
            raise AccessError(text)

    @api.model
    def _vetoes(self, partner, company):
        """Return the segments whose owners want no promotion to a customer."""
        return self.search(
            [
                ("no_promotion", "=", True),
                ("company_id", "=", company.root_id.id),
                (
                    "member_ids",
                    "any",
                    [
                        ("partner_id", "=", partner.commercial_partner_id.id),
                        ("date_out", "=", False),
                    ],
                ),
            ]
        )
