from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.crm_relationship.core.worklists import Worklist

from .crm_campaign_flow import ANALYST, CAMPAIGN, CHANNEL


class CrmWorkbench(models.AbstractModel):
    _inherit = "crm.workbench"

    @api.model
    def _worklists(self) -> list[Worklist]:
        # EXTENDS 'crm_relationship': campaigns, besides what is to be decided
        return [
            *super()._worklists(),
            self._campaign_list(
                "design",
                self.env._("Campaigns to be designed"),
                (CAMPAIGN,),
                self.env._("Choose offer and recipients, test, simulate, submit."),
            ),
            self._campaign_list(
                "approved",
                self.env._("Campaigns ready to be launched"),
                (CHANNEL, CAMPAIGN),
                self.env._("Decided by everybody: launch when the channel is ready."),
            ),
            Worklist(
                code="campaign.over",
                label=self.env._("Campaigns to be evaluated"),
                groups=(CAMPAIGN, ANALYST),
                model="crm.campaign",
                domain=self._campaigns_over,
                date="launch_date",
                sequence=62,
                help=self.env._("The result window is over: write what was learned."),
            ),
            Worklist(
                code="campaign.unknown",
                label=self.env._("Campaign messages nobody knows the fate of"),
                groups=(CHANNEL,),
                model="crm.campaign.enrolment",
                domain=lambda: Domain("state", "=", "unknown"),
                date="due",
                sequence=63,
                help=self.env._("Decide under unknown messages whether they left."),
            ),
        ]

    @api.model
    def _campaign_list(self, state: str, label: str, groups, text: str) -> Worklist:
        return Worklist(
            code=f"campaign.{state}",
            label=label,
            groups=groups,
            model="crm.campaign",
            domain=lambda: Domain("state", "=", state),
            date="write_date",
            sequence=60,
            help=text,
        )

    @api.model
    def _campaigns_over(self) -> Domain:
        """Return campaigns whose last read-out says that the window is over."""
        results = self.env["crm.campaign.result"].search(
            [
                ("is_final", "=", True),
                ("campaign_id.state", "in", ("live", "stopped")),
                ("date", ">=", fields.Datetime.now() - timedelta(days=366)),
            ]
        )
        return Domain("id", "in", results.campaign_id.ids)
