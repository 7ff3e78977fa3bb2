from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.crm_campaign_enrolment import NEVER
from .campaign_common import LAUNCHER, CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignSettle(CampaignCase):
    """What waits follows pause and stop; the decision does not wait for it."""

    def test_senders_do_not_hold_up_a_stop(self):
        self.bring_to("live")
        cron = self.env.ref("crm_channels.ir_cron_campaign_launch")
        triggers = self.env["ir.cron.trigger"]
        triggers.search([("cron_id", "=", cron.id)]).unlink()

        def meet_a_sender(launcher, *_args):
            launcher.env.execute_query(
                SQL("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$; SELECT 1")
            )

        launcher = f"{LAUNCHER}.CrmCampaignLauncher"
        with (
            patch(f"{launcher}._move_waiting", meet_a_sender),
            mute_logger("odoo.sql_db"),
        ):
            self.decide("pause", "channel")
        self.assertEqual(self.campaign.state, "paused")
        self.assertTrue(triggers.search_count([("cron_id", "=", cron.id)]))
        self.assertNotIn(NEVER, self.messages().mapped("due"))
        self.env["crm.campaign.launcher"]._settle_some(self.campaign)
        self.assertEqual(set(self.messages().mapped("due")), {NEVER})
