import tempfile

from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request
from odoo.tools import clean_context

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CrmCampaign(http.Controller):
    @http.route(
        "/crm/click/<string:token>/<string:code>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
    )
    def campaign_click(self, token: str, code: str):
        """Count a click of a recipient, and lead on. A forged name counts nothing and
        leads on all the same; programs that look at links count nothing."""
        texts = request.env["crm.campaign.text"]
        target = texts._target(code)
        if not target:
            raise NotFound()
        if not request.env["ir.http"].is_a_bot():
            texts._count_click(code, request.geoip.country_code)
            texts._clicked(token)
        return request.redirect(target, code=302, local=False)

    @http.route(
        "/crm_channels/campaign/<int:campaign_id>/result.xlsx",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def campaign_xlsx(self, campaign_id: int):
        """Send the result of a campaign as a spreadsheet, from a file, not memory."""
        campaign = request.env["crm.campaign"].browse(campaign_id).exists()
        if not campaign:
            raise request.not_found()
        # Companies are the user's own, not those ticked in some other tab.
        campaign = campaign.with_context(
            **clean_context(request.env.context),
            allowed_company_ids=request.env.user.company_ids.ids,
        )
        # Unlinked at once: the file lives as long as the response reads it.
        output = tempfile.TemporaryFile()
        count = campaign.env["crm.campaign.export"]._write_result(campaign, output)
        campaign._log_export(count)
        size = output.seek(0, 2)
        output.seek(0)
        return request.make_response(
            wrap_file(request.httprequest.environ, output),
            headers=[
                ("Content-Type", MIMETYPE),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(f"{campaign.name}.xlsx")),
                ("Cache-Control", "no-store"),
            ],
        )
