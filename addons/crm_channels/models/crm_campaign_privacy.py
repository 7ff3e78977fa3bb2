from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.crm_relationship.core.privacy import DataSource, Subject


class CrmCampaignPrivacy(models.AbstractModel):
    """What campaigns hold about a person, and what erasing it means."""

    _name = "crm.campaign.privacy"
    _description = "Personal Data in Campaigns"

    @api.model
    def _sources(self) -> list[DataSource]:
        return [
            DataSource(
                "crm.campaign.enrolment",
                self.env._("Campaigns"),
                self._which,
                ("campaign_id", "address", "arm", "state", "sent_date", "response"),
                blank={"address": None, "text": None},
            )
        ]

    @api.model
    def _which(self, subject: Subject) -> Domain:
        return Domain("contact_id", "in", subject.partner_ids) | Domain(
            "partner_id", "in", subject.partner_ids
        )

    @api.model
    def _forget(self, subject: Subject) -> None:
        """Let nothing of a campaign wait for a person who is being erased."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """UPDATE crm_campaign_enrolment
                      SET state = 'skipped', reason = 'erased'
                    WHERE contact_id = ANY(%s)
                      AND state IN ('planned', 'held', 'unknown')
                RETURNING id""",
                list(subject.partner_ids),
            )
        )
        self.env["crm.campaign.enrolment"].invalidate_model()
