from io import BytesIO

from openpyxl import load_workbook

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .campaign_common import CampaignCase


@tagged("post_install", "-at_install")
class TestCampaignHttp(CampaignCase, HttpCase):
    """What customers and staff reach of a campaign by a browser."""

    def launch(self):
        self.bring_to("live")
        self.send("promotion")
        self.env.flush_all()
        return self.enrolments()[0]

    def click(self, token, agent="Mozilla/5.0 (X11; Linux x86_64)", code=None):
        links = self.env["link.tracker"].search(
            [("campaign_id", "=", self.campaign.utm_campaign_id.id)]
        )
        answer = self.url_open(
            f"/crm/click/{token}/{code or links.code}",
            headers={"User-Agent": agent},
            allow_redirects=False,
        )
        self.env.invalidate_all()
        return answer

    def response(self, row):
        return (
            self.env["crm.touch"]
            .search(
                [
                    ("source_model", "=", "crm.outbox"),
                    ("partner_id", "=", row.contact_id.id),
                ]
            )
            .response
        )

    def export(self, login):
        self.authenticate(login, login)
        return self.url_open(f"/crm_channels/campaign/{self.campaign.id}/result.xlsx")

    def test_click_leads_on_and_counts(self):
        row = self.launch()
        token = self.env["crm.campaign.text"]._token(row.id)
        answer = self.click(token)
        self.assertEqual(answer.status_code, 302)
        self.assertTrue(
            answer.headers["Location"].startswith("https://shop.example/polish")
        )
        self.assertEqual(self.response(row), "clicked")
        links = self.env["link.tracker"].search(
            [("campaign_id", "=", self.campaign.utm_campaign_id.id)]
        )
        self.assertEqual(links.count, 1)

    def test_programs_and_forgers_count_nothing(self):
        row = self.launch()
        token = self.env["crm.campaign.text"]._token(row.id)
        for name, agent in ((token, "Googlebot/2.1"), (f"{row.id}-{'0' * 20}", "M")):
            self.assertEqual(self.click(name, agent).status_code, 302)
            self.assertEqual(self.response(row), "none")

    def test_click_is_no_open_door(self):
        """It leads where one of Odoo's tracked links leads, never where the address
        says."""
        row = self.launch()
        token = self.env["crm.campaign.text"]._token(row.id)
        for code in ("nothing", "evil.example"):
            self.assertEqual(self.click(token, code=code).status_code, 404)
        self.assertEqual(self.response(row), "none")

    # Odoo warns of each refusal.
    @mute_logger("odoo.http")
    def test_result_as_a_spreadsheet(self):
        self.launch()
        self.as_role(self.campaign, "analyst").action_measure()
        self.env.flush_all()
        user = self.users["campaign"]
        self.assertEqual(self.export(user.login).status_code, 403)
        user.group_ids += self.env.ref("base.group_allow_export")
        answer = self.export(user.login)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("no-store", answer.headers["Cache-Control"])
        book = load_workbook(BytesIO(answer.content))
        self.assertEqual(book.worksheets[1].max_row - 1, len(self.enrolments()))

    # Odoo warns of each refusal.
    @mute_logger("odoo.http")
    def test_no_spreadsheet_for_others(self):
        self.launch()
        stranger = new_test_user(
            self.env,
            "campaign_stranger",
            "crm_relationship.group_campaign,base.group_allow_export",
            company_id=self.env.ref("base.main_company").id,
        )
        portal = new_test_user(self.env, "campaign_portal", "base.group_portal")
        for user in (stranger, portal):
            self.assertIn(self.export(user.login).status_code, (403, 404))
        self.logout()
        answer = self.url_open(
            f"/crm_channels/campaign/{self.campaign.id}/result.xlsx",
            allow_redirects=False,
        )
        self.assertEqual(answer.status_code, 303)
