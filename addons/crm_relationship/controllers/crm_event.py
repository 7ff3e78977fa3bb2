import logging
import time
from datetime import UTC, datetime

from odoo import http
from odoo.http import request

from ..core.event_signature import HEADER, is_genuine
from ..core.events import MOST_BYTES, BadEvent, read_event

_logger = logging.getLogger(__name__)

JSON = "application/json"
# What the other system is told: a status, and who looks at it is told why.
ANSWERS = {"stored": 200, "known": 200, "conflict": 409, "fast": 429}
REASONS = {
    "conflict": "This id came with other content before.",
    "fast": "Too many events in a minute.",
}


class EventController(http.Controller):
    """Where other systems tell what happened. It only checks and stores, so that it
    answers at once; what is made of an event is up to ``crm.inbound.processor``."""

    @http.route(
        "/crm/event/<string:code>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MOST_BYTES,
    )
    def receive(self, code, **_arguments):
        """Store one event. Whatever is not signed by an active source is refused in
        the same words, and nothing of it is kept."""
        call = request.httprequest
        length = call.content_length
        if length is None:
            return self._answer(411, error="Content-Length is missing.")
        if length > MOST_BYTES:
            return self._answer(413, error=f"At most {MOST_BYTES} bytes.")
        if call.mimetype != JSON:
            return self._answer(415, error=f"Content-Type must be {JSON}.")
        # Kept: after a conflict with another call the server repeats this one.
        body = call.get_data()
        source = request.env["crm.event.source"]._of_code(code)
        if not is_genuine(call.headers.get(HEADER), body, source._keys(), time.time()):
            return self._answer(401, error="Not signed by an active source.")
        return self._store(source, body)

    def _store(self, source, body: bytes):
        try:
            event = read_event(body, datetime.now(UTC).replace(tzinfo=None))
            self._check_kind(event.kind)
        except BadEvent as error:
            return self._answer(422, error=str(error))
        inbound = request.env["crm.inbound.event"].sudo()
        end, row_id = inbound._store(source, event, body.decode())
        if end == "conflict":
            _logger.warning("Event source %s: other content, row %s", source.id, row_id)
        if end in REASONS:
            return self._answer(ANSWERS[end], error=REASONS[end])
        return self._answer(ANSWERS[end], id=row_id)

    def _check_kind(self, kind: str) -> None:
        kinds = request.env["crm.inbound.processor"].sudo()._event_kinds()
        if kind not in kinds:
            raise BadEvent(f"There are these kinds: {', '.join(sorted(kinds))}.")

    def _answer(self, status: int, **content):
        answer = request.make_json_response(content, status=status)
        answer.headers["Cache-Control"] = "no-store"
        if status == 429:
            answer.headers["Retry-After"] = "60"
        return answer
