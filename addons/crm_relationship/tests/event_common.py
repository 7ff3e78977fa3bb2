import json
import time

from odoo.tests import HttpCase

from ..core import event_signature as signature
from .touch_common import TouchCommon

KEY = "k" * 43
OLD_KEY = "o" * 43


def content(event_id="1", kind="call.inbound", date="2026-03-01T09:30:00Z", **data):
    """Return the body of an event."""
    event = {"id": event_id, "kind": kind, "date": date, "data": data}
    return json.dumps(event).encode()


class EventCommon(TouchCommon):
    """A source with two keys, and customers of whom it can tell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.event_source = cls.env["crm.event.source"].create(
            {"name": "Telephones", "code": "test-pbx", "company_id": cls.company.id}
        )
        cls.event_source.sudo().write({"key": KEY, "old_key": OLD_KEY})
        cls.Event = cls.env["crm.inbound.event"].sudo()
        cls.env.flush_all()

    def _stored(self):
        return self.Event.search([("source_id", "=", self.event_source.id)])


class EventHttpCommon(EventCommon, HttpCase):
    """Calls the route as another system would."""

    def _send(self, body, key=KEY, at=None, header=None, code="test-pbx", **headers):
        """Send a body; the header given takes the place of a good signature."""
        if header is None:
            now = int(time.time()) if at is None else at
            header = signature.sign(key, now, body)
        sent = {
            "Content-Type": "application/json",
            signature.HEADER: header,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = {name: value for name, value in sent.items() if value}
        return self.url_open(f"/crm/event/{code}", data=body, headers=sent)
