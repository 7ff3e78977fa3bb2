from odoo import http
from odoo.http import request

PAGE = "crm_relationship.unsubscribe_page"


class UnsubscribeController(http.Controller):
    """The link under a mail. Looking at it changes nothing: mail filters follow every
    link; only the button, or the mail program's own one (RFC 8058), does it."""

    @http.route(
        "/crm/unsubscribe/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        sitemap=False,
    )
    def show(self, token, **_arguments):
        """Show a page with a button."""
        address = request.env["crm.unsubscribe"]._address(token)
        return self._page("ask" if address else "bad", token)

    @http.route(
        "/crm/unsubscribe/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def refuse(self, token, **_arguments):
        """Write to this address no more."""
        done = request.env["crm.unsubscribe"]._refuse(token)
        return self._page("done" if done else "bad", token)

    def _page(self, which: str, token: str):
        values = {"which": which, "token": token}
        answer = request.render(PAGE, values, status=404 if which == "bad" else 200)
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer
