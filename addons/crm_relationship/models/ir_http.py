from werkzeug.exceptions import HTTPException, ServiceUnavailable

from odoo import models
from odoo.http import request

EVENTS = "/crm/event/"
RETRY_SECONDS = 30


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _handle_error(cls, exception):
        # EXTENDS 'base': other systems give up on an error, but come back when told to.
        if request.httprequest.path.startswith(EVENTS) and not isinstance(
            exception, HTTPException
        ):
            return ServiceUnavailable(
                "Not stored, send it again later.", retry_after=RETRY_SECONDS
            )
        return super()._handle_error(exception)
