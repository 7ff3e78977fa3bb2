from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from odoo.addons.crm_relationship.transactions import database_now


class CrmCampaignTester(models.AbstractModel):
    """Shows whoever designs a campaign what customers will get, the way they get it."""

    _name = "crm.campaign.tester"
    _description = "Test of a Campaign"

    @api.model
    def _test(self, campaign) -> None:
        """Send the message of a campaign to the current user, and note that."""
        user = self.env.user
        text = self.env["crm.campaign.text"]
        if not text._rendering(campaign, user.lang):
            raise UserError(
                self.env._("The offer has no text for this kind of channel yet.")
            )
        subject, body = text._words(campaign, user.partner_id)
        if is_html_empty(body):
            raise UserError(self.env._("The message has no text yet."))
        subject = self.env._("[Test] %s", subject)
        if campaign.channel_id.kind == "email":
            self._mail(campaign, user, subject, body)
        else:
            campaign.sudo().message_post(
                body=body,
                subject=subject,
                partner_ids=user.partner_id.ids,
                author_id=user.partner_id.id,
            )
        campaign._decision_set(
            test_hash=campaign.decision_hash,
            test_date=database_now(self.env),
            test_user_id=user.id,
        )

    @api.model
    def _mail(self, campaign, user, subject: str, body) -> None:
        if not user.email:
            raise UserError(self.env._("You have no e-mail address to test with."))
        self.env["mail.mail"].sudo().create(
            {
                "subject": subject,
                "body_html": body,
                "email_from": user.email_formatted,
                "email_to": user.email_formatted,
                "author_id": user.partner_id.id,
                "model": campaign._name,
                "res_id": campaign.id,
                "auto_delete": True,
            }
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
