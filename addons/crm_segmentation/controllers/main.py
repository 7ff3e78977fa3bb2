import tempfile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request
from odoo.tools import clean_context

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CrmSegmentation(http.Controller):
    @http.route(
        "/crm_segmentation/segment/<int:segment_id>/members.xlsx",
        type="http",
        auth="user",
        methods=["GET"],
    )
    def segment_members_xlsx(self, segment_id: int):
        """Send the members of a segment as a spreadsheet, from a file, not memory."""
        segment = request.env["crm.segment"].browse(segment_id).exists()
        if not segment:
            raise request.not_found()
        # Companies are the user's own, not those ticked in some other tab.
        segment = segment.with_context(
            **clean_context(request.env.context),
            allowed_company_ids=request.env.user.company_ids.ids,
        )
        # Unlinked at once: the file lives as long as the response reads it.
        output = tempfile.TemporaryFile()
        count = segment.env["crm.segment.export"]._write_members(segment, output)
        segment._log_export(count)
        size = output.seek(0, 2)
        output.seek(0)
        return request.make_response(
            wrap_file(request.httprequest.environ, output),
            headers=[
                ("Content-Type", MIMETYPE),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(f"{segment.name}.xlsx")),
                ("Cache-Control", "no-store"),
            ],
        )
