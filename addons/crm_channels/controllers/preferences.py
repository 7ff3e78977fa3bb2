from odoo import http
from odoo.http import request

PAGE = "crm_channels.preferences_page"
MOST_BYTES = 16 * 1024


class PreferencesController(http.Controller):
    """Where customers say how they want to be written to. Looking at it changes
    nothing: mail filters follow every link."""

    @http.route(
        "/crm/preferences/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
    )
    def show(self, token, **_arguments):
        """Show what holds."""
        return self._page(token, "ask")

    @http.route(
        "/crm/preferences/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MOST_BYTES,
    )
    def save(self, token, **said):
        """Record what was said. There is no session whose user another site could
        misuse: who has the link is who may."""
        found = request.env["crm.preferences"]._read_token(token)
        if found:
            texts = {name: text for name, text in said.items() if isinstance(text, str)}
            ip = request.httprequest.remote_addr
            request.env["crm.preferences"]._save(*found, texts, ip)
        return self._page(token, "done")

    def _page(self, token: str, which: str):
        # In the language of the contact, not in that of the browser's owner.
        found = request.env["crm.preferences"]._read_token(token)
        values = {"which": "bad", "token": token}
        if found:
            partner, company = found
            preferences = request.env["crm.preferences"].with_context(lang=partner.lang)
            values = {
                "which": which,
                "token": token,
                "labels": preferences._labels(),
                **preferences._page(partner, company),
            }
            request.update_context(lang=partner.lang)
        answer = request.render(PAGE, values, status=200 if found else 404)
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer
