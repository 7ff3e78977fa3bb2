from collections.abc import Callable

from odoo import api, models
from odoo.tools import SQL

PERSONAL = ("crm_birth_date", "crm_sex", "crm_occupation", "crm_income_band")


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        # EXTENDS 'base': rows of ours move first and by our rules. The generic code
        # deletes all rows of a source as soon as one collides with a unique key, and
        # it does not see unique indexes at all.
        self.env.flush_all()
        # A merged contact leaves the firm it belonged to.
        firms = (src_partners | dst_partner).commercial_partner_id.ids
        for handler in self._merge_handlers():
            handler(src_partners.ids, dst_partner.id)
        self.env.invalidate_all()
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env["crm.customer.change"]._enqueue_partners([dst_partner.id, *firms])
        return result

    @api.model
    def _merge_handlers(self) -> list[Callable[[list[int], int], None]]:
        """Return functions (source ids, destination id) that re-key rows of ours.

        They run before the generic update, which then finds nothing that collides.
        To be extended with ``super()``.
        """
        return [
            self._merge_profiles,
            self._merge_personal_data,
            self.env["crm.touch.writer"].sudo()._rekey_partners,
            self.env["crm.followup.cadence"]._merge_cadences,
            self.env["crm.outbox"].sudo()._rekey_partners,
            self.env["crm.merged.contact"]._merge_contacts,
        ]

    @api.model
    def _merge_personal_data(self, src_ids: list[int], dst_id: int) -> None:
        """Fill what the destination does not know. Odoo carries over only fields that
        whoever merges may see."""
        partners = self.env["res.partner"].sudo()
        target, sources = partners.browse(dst_id), partners.browse(sorted(src_ids))
        known = {
            name: next(filter(None, sources.mapped(name)), None) for name in PERSONAL
        }
        target.write({n: v for n, v in known.items() if v and not target[n]})

    @api.model
    def _merge_profiles(self, src_ids: list[int], dst_id: int) -> None:
        """Drop the sources' profiles: computed from the facts, they come back as part
        of the destination's."""
        self.env["crm.change.feed"].sudo()._emit_query(
            SQL(
                """SELECT company_id, 'customer' AS kind, 'removed' AS action,
                          partner_id AS partner_key, %s AS res_key
                     FROM crm_customer_profile WHERE partner_id = ANY(%s)""",
                dst_id,
                src_ids,
            )
        )
        self.env.cr.execute(
            SQL("DELETE FROM crm_customer_profile WHERE partner_id = ANY(%s)", src_ids)
        )
