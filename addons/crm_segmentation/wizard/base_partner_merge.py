from odoo import api, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _merge_handlers(self):
        # EXTENDS 'crm_relationship'
        return [
            *super()._merge_handlers(),
            self._merge_segment_members,
            self._merge_rfm_scores,
        ]

    @api.model
    def _merge_segment_members(self, src_ids: list[int], dst_id: int) -> None:
        """Give the destination all stays of the sources.

        Of several open stays in one segment the earliest remains: whoever of them was
        a member, the merged customer is one since then.
        """
        everybody = [*src_ids, dst_id]
        self.env.cr.execute(
            SQL(
                """DELETE FROM crm_segment_member m
                    WHERE m.partner_id = ANY(%(all)s) AND m.date_out IS NULL
                      AND EXISTS (SELECT FROM crm_segment_member o
                                   WHERE o.segment_id = m.segment_id
                                     AND o.partner_id = ANY(%(all)s)
                                     AND o.date_out IS NULL
                                     AND (o.date_in, o.id) < (m.date_in, m.id))""",
                all=everybody,
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE crm_segment_member SET partner_id = %s
                    WHERE partner_id = ANY(%s)""",
                dst_id,
                src_ids,
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE crm_segment s
                      SET member_count = (SELECT count(*) FROM crm_segment_member m
                                           WHERE m.segment_id = s.id
                                             AND m.date_out IS NULL)
                    WHERE id IN (SELECT segment_id FROM crm_segment_member
                                  WHERE partner_id = %s)""",
                dst_id,
            )
        )

    @api.model
    def _merge_rfm_scores(self, src_ids: list[int], dst_id: int) -> None:
        """Keep the destination's scores until the next run counts all purchases."""
        self.env.cr.execute(
            SQL("DELETE FROM crm_rfm_score WHERE partner_id = ANY(%s)", src_ids)
        )
