import json
import socket
import time
from unittest.mock import patch
from urllib.parse import urlparse

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..core import event_signature as signature
from ..core.events import MOST_BYTES
from .event_common import KEY, OLD_KEY, EventHttpCommon, content

CONTROLLER = "odoo.addons.crm_relationship.controllers.crm_event"


@tagged("post_install", "-at_install")
class TestEventHttp(EventHttpCommon):
    """Only the signed, fresh and readable comes in; of the rest nothing stays."""

    def _refused(self, status, *args, **kwargs):
        answer = self._send(*args, **kwargs)
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertFalse(self._stored())
        return answer

    def test_stored(self):
        body = content()
        answer = self._send(body)
        self.assertEqual(answer.status_code, 200)
        event = self._stored()
        self.assertEqual(answer.json(), {"id": event.id})
        self.assertEqual(event.payload, body.decode())
        self.assertEqual(
            (event.event_id, event.kind, event.state, event.company_id),
            ("1", "call.inbound", "received", self.company),
        )

    def test_either_key(self):
        """While one key takes the place of the other both are good, none after."""
        for number, key in enumerate((KEY, OLD_KEY)):
            self.assertEqual(self._send(content(str(number)), key=key).status_code, 200)
        self.event_source.action_drop_old_key()
        self.assertEqual(self._send(content("3"), key=OLD_KEY).status_code, 401)
        self.assertEqual(len(self._stored()), 2)

    def test_unsigned(self):
        """Each way not to be signed is answered in the same words."""
        body = content()
        good = signature.sign(KEY, int(time.time()), body)
        bad = {
            "none": "",
            "short": good[:-1],
            "wrong": good[:-1] + ("0" if good[-1] != "0" else "1"),
            "another algorithm": good.replace("v1=", "v0="),
            "twice in one": f"{good},{good}",
            "of another body": signature.sign(KEY, int(time.time()), body + b" "),
            "of another key": signature.sign("x" * 43, int(time.time()), body),
        }
        texts = set()
        for name, header in bad.items():
            with self.subTest(name):
                texts.add(self._refused(401, body, header=header).text)
        for seconds in (-400, 400):
            with self.subTest(seconds):
                at = int(time.time()) + seconds
                texts.add(self._refused(401, body, at=at).text)
        texts.add(self._refused(401, body, code="nobody").text)
        self.assertEqual(len(texts), 1)

    def test_header_twice(self):
        """Two good signatures are one too many."""
        body = content()
        good = signature.sign(KEY, int(time.time()), body)
        url = urlparse(self.base_url())
        lines = [
            "POST /crm/event/test-pbx HTTP/1.1",
            f"Host: {url.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"{signature.HEADER}: {good}",
            f"{signature.HEADER}: {good}",
            "Connection: close",
        ]
        request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        with (
            self.allow_requests(all_requests=True),
            socket.create_connection((url.hostname, url.port), timeout=20) as sender,
        ):
            sender.sendall(request)
            answer = sender.recv(100)
        self.assertIn(b" 401 ", answer.splitlines()[0])
        self.assertFalse(self._stored())

    def test_fails_closed(self):
        """Without a key nobody comes in, whatever they sign with."""
        source = self.event_source.sudo()
        for key in (False, "", "short"):
            source.write({"key": key, "old_key": key})
            self.env.flush_all()
            for used in ("", "False", "None", "short", KEY):
                with self.subTest(key=key, used=used):
                    self._refused(401, content(), key=used)
        source.write({"key": KEY, "active": False})
        self._refused(401, content())

    def test_limits(self):
        """Too large, of another type, unreadable: refused with what is wrong."""
        large = content(note="x" * MOST_BYTES)
        self._refused(413, large)
        self._refused(415, content(), Content_Type="text/plain")
        self._refused(415, b"id=1", Content_Type="application/x-www-form-urlencoded")
        deep = b'{"id": "1", "data": ' + b"[" * 30 + b"]" * 30 + b"}"
        self.assertIn("deeper", self._refused(422, deep).json()["error"])
        self.assertIn("twice", self._refused(422, b'{"id":1,"id":1}').text)
        self._refused(422, b"\xff")
        unknown = self._refused(422, content(kind="res.users")).json()
        self.assertIn("call.inbound", unknown["error"])

    def test_size_is_checked_before_reading(self):
        """Who announces too much is refused without being listened to."""
        with patch(f"{CONTROLLER}.is_genuine") as asked:
            self._refused(413, b"x" * (MOST_BYTES + 1))
        asked.assert_not_called()

    def test_get(self):
        answer = self.url_open("/crm/event/test-pbx")
        self.assertEqual(answer.status_code, 405)

    def test_again(self):
        """The same content is answered alike, however laid out; other content is a
        contradiction that somebody is told of."""
        first = self._send(content())
        indented = json.dumps(json.loads(content()), indent=3).encode()
        for body in (content(), indented):
            self.assertEqual(self._send(body).json(), first.json())
        with mute_logger(CONTROLLER):
            other = self._send(content(note="x"))
        self.assertEqual(other.status_code, 409)
        event = self._stored()
        self.assertEqual(event.payload, content().decode())
        self.assertEqual(event.conflict_count, 1)
        self.assertEqual(len(self.event_source.activity_ids), 1)

    def test_rate(self):
        """What comes too fast has to come again; what is known is answered."""
        self.event_source.rate = 2
        for number in ("1", "2"):
            self.assertEqual(self._send(content(number)).status_code, 200)
        answer = self._send(content("3"))
        self.assertEqual(answer.status_code, 429)
        self.assertEqual(answer.headers["Retry-After"], "60")
        self.assertEqual(self._send(content("2")).status_code, 200)
        self.assertEqual(len(self._stored()), 2)

    def test_store_fails(self):
        """The sender is asked to come back."""
        Inbound = self.env.registry["crm.inbound.event"]
        failure = psycopg2.errors.DiskFull("no space left")
        with (
            patch.object(Inbound, "_store", side_effect=failure),
            mute_logger("odoo.http", "odoo.sql_db"),
        ):
            answer = self._refused(503, content())
        self.assertEqual(answer.headers["Retry-After"], "30")

    def test_other_pages_keep_their_errors(self):
        self.assertEqual(self.url_open("/crm/events").status_code, 404)
