from markupsafe import Markup

from odoo import api, models
from odoo.tools import consteq, hmac

from odoo.addons.crm_relationship.core.outbox import Content

# Links that are the reader's own or say how to stop mails: not followed.
OWN_LINKS = ["/crm/unsubscribe", "/crm/preferences", "/crm/click"]
SCOPE = "crm_channels.click"


class CrmCampaignText(models.AbstractModel):
    """What a recipient of a campaign reads: the offer's text in the own language, with
    links that tell whose click it was."""

    _name = "crm.campaign.text"
    _description = "Text of a Campaign"

    @api.model
    def _content(self, enrolment) -> Content:
        """Return the message of a recipient."""
        campaign = enrolment.campaign_id.sudo()
        partner = enrolment.contact_id.sudo()
        subject, body = self._words(campaign, partner)
        body = self._follow_links(campaign, body, enrolment)
        return Content(
            subject=subject,
            body=body,
            author_id=campaign.user_id.partner_id.id,
            user_id=campaign.user_id.id,
        )

    @api.model
    def _words(self, campaign, partner) -> tuple[str, Markup]:
        """Return subject and text for a contact, without links of its own."""
        text = self._rendering(
            campaign, partner.lang or campaign.company_id.partner_id.lang
        )
        return text._words(partner)

    @api.model
    def _rendering(self, campaign, lang: str | None):
        """Return the text of the offer for the channel: in the language itself, else
        in another country's form of it, else in the company's, else the first."""
        texts = campaign.offer_id.rendering_ids
        texts = texts.filtered(lambda t: t.kind == campaign.channel_id.kind)
        home = campaign.company_id.partner_id.lang
        for wanted in (lang, home):
            if not wanted:
                continue
            for same in (
                lambda t, wanted=wanted: t.lang == wanted,
                lambda t, wanted=wanted: t.lang[:2] == wanted[:2],
            ):
                if found := texts.filtered(same)[:1]:
                    return found
        return texts[:1]

    # ---- links ----------------------------------------------------------------------

    @api.model
    def _follow_links(self, campaign, body, enrolment):
        """Return a text whose links count clicks and tell who clicked."""
        if campaign.channel_id.kind != "email":
            return body
        render = self.env["mail.render.mixin"].sudo()
        short = render._shorten_links(body, self._link_values(campaign), OWN_LINKS)
        base = render.get_base_url()
        own = f"{base}/crm/click/{self._token(enrolment.id)}/"
        return Markup(str(short).replace(f"{base}/r/", own))  # noqa: S704  sanitized

    @api.model
    def _link_values(self, campaign) -> dict:
        return {
            "campaign_id": campaign.utm_campaign_id.id,
            "medium_id": self.env.ref("utm.utm_medium_email").id,
            # Given, or each new link would be fetched while a message leaves.
            "title": campaign.name,
        }

    @api.model
    def _prepare_links(self, campaign) -> None:
        """Make the links of all texts before anything leaves, so that two senders do
        not make the same one."""
        if campaign.channel_id.kind != "email":
            return
        nobody = self.env["res.partner"]
        render = self.env["mail.render.mixin"].sudo()
        for text in campaign.offer_id.rendering_ids.filtered(
            lambda t: t.kind == "email"
        ):
            body = text._words(nobody)[1]
            render._shorten_links(body, self._link_values(campaign), OWN_LINKS)

    @api.model
    def _token(self, enrolment_id: int) -> str:
        """Return what names a recipient in a link, and nobody else can make up."""
        signature = hmac(self.env(su=True), SCOPE, str(enrolment_id))[:20]
        return f"{enrolment_id}-{signature}"

    @api.model
    def _target(self, code: str) -> str | None:
        """Return where a short link leads, for whoever follows it."""
        return self.env["link.tracker"].sudo().get_url_from_code(code)

    @api.model
    def _count_click(self, code: str, country_code: str | None) -> None:
        """Count that somebody followed a short link, as Odoo does."""
        clicks = self.env["link.tracker.click"].sudo()
        clicks.add_click(code, country_code=country_code)

    @api.model
    def _clicked(self, token: str) -> None:
        """Note that a recipient clicked; a link that is not ours does nothing."""
        number, _dash, _signature = token.partition("-")
        if not number.isdecimal() or len(number) > 9:
            return
        if not consteq(token.encode(), self._token(int(number)).encode()):
            return
        enrolment = self.env["crm.campaign.enrolment"].sudo().browse(int(number))
        if enrolment.exists() and enrolment.outbox_key:
            self.env["crm.touch"].sudo().search(
                [
                    ("source_model", "=", "crm.outbox"),
                    ("source_key", "=", str(enrolment.outbox_key)),
                ]
            )._respond("clicked")
