import json
from datetime import datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core import event_signature as signature
from ..core import events
from ..core.touches import Response
from .test_core_touches import join

SECRET = "s" * 40
OTHER = "o" * 40
NOW = 1_700_000_000
DATE = "2026-03-01T09:30:00Z"
moments = st.integers(0, 5).map(lambda n: datetime(2026, 1, 1) + timedelta(days=n))


def body(**values) -> bytes:
    return json.dumps({"id": "1", "kind": "k", "date": DATE, **values}).encode()


@tagged("post_install", "-at_install")
class TestCoreEvents(BaseCase):
    """Only the signed is heard, only the readable is kept, order does not matter."""

    @given(st.binary(max_size=200), st.integers(-300, 300))
    def test_genuine(self, content, late):
        header = signature.sign(SECRET, NOW, content)
        for secrets in ([SECRET], [None, SECRET], [OTHER, SECRET]):
            self.assertTrue(signature.is_genuine(header, content, secrets, NOW + late))

    @given(st.binary(min_size=1, max_size=200), st.integers(0, 199))
    def test_another_body(self, content, place):
        header = signature.sign(SECRET, NOW, content)
        place %= len(content)
        forged = bytearray(content)
        forged[place] ^= 1
        self.assertFalse(signature.is_genuine(header, bytes(forged), [SECRET], NOW))

    def test_refused(self):
        """Whatever is not exactly one good signature of now is none."""
        good = signature.sign(SECRET, NOW, b"x")
        bad = {
            "none": None,
            "empty": "",
            "twice": f"{good},{good}",
            "short": good[:-1],
            "long": good + "0",
            "upper case": good.upper(),
            "no time": good.partition(",")[2],
            "another time": good.replace(str(NOW), str(NOW + 1)),
            "another algorithm": good.replace("v1=", "v0="),
            "blanks": good.replace(",", ", "),
            "other digits": good.replace(str(NOW), "١" * 10),
            "another key": signature.sign(OTHER, NOW, b"x"),
        }
        for name, header in bad.items():
            with self.subTest(name):
                self.assertFalse(signature.is_genuine(header, b"x", [SECRET], NOW))
        for seconds in (-301, 301):
            self.assertFalse(
                signature.is_genuine(good, b"x", [SECRET], NOW + seconds), seconds
            )

    def test_fails_closed(self):
        """No secret, an empty or a short one signs nothing."""
        for secret in ("", "s" * 31):
            header = signature.sign(secret, NOW, b"x")
            self.assertFalse(signature.is_genuine(header, b"x", [secret], NOW))
        header = signature.sign("None", NOW, b"x")
        self.assertFalse(signature.is_genuine(header, b"x", [None, False], NOW))
        self.assertFalse(signature.is_genuine(header, b"x", [], NOW))

    def test_read(self):
        event = events.read_event(body(date="2026-03-01T10:30:00+01:00", data={"a": 1}))
        self.assertEqual(event.date, datetime(2026, 3, 1, 9, 30))
        self.assertEqual((event.id, event.kind, event.data), ("1", "k", {"a": 1}))

    def test_layout_makes_no_difference(self):
        one = json.dumps({"id": "1", "kind": "k", "date": DATE, "data": {}}, indent=2)
        other = json.dumps({"data": {}, "date": DATE, "kind": "k", "id": "1"})
        first, second = (events.read_event(t.encode()) for t in (one, other))
        self.assertEqual(first.digest, second.digest)
        self.assertNotEqual(first.digest, events.read_event(body(id="2")).digest)

    def test_nothing_comes_from_the_future(self):
        """It would stay the newest for ever."""
        now = datetime(2026, 3, 1, 9, 30)
        for date, good in {
            "2026-03-01T09:30:00Z": True,
            "2026-03-01T09:34:00Z": True,
            "2026-03-01T09:40:00Z": False,
            "2999-01-01T00:00:00Z": False,
        }.items():
            with self.subTest(date):
                if good:
                    events.read_event(body(date=date), now)
                    continue
                with self.assertRaisesRegex(events.BadEvent, "future"):
                    events.read_event(body(date=date), now)

    def test_unreadable(self):
        """Each limit refuses, with a sentence."""
        nested = b"[" * 20 + b"]" * 20
        bad = {
            "empty": b"",
            "no JSON": b"{",
            "no object": b"[]",
            "not UTF-8": b'{"id": "\xff"}',
            "key twice": b'{"id": "1", "id": "2"}',
            "key twice inside": b'{"data": {"a": 1, "a": 1}}',
            "NaN": b'{"data": {"a": NaN}}',
            "huge number": b'{"data": {"a": ' + b"9" * 5000 + b"}}",
            "deep": b'{"data": {"a": ' + nested + b"}}",
            "very deep": b"[" * 100_000,
            "large": body(data={"a": "x" * events.MOST_BYTES}),
            "NUL": body(data={"a": "\x00"}),
            "half a character": body(data={"a": "\ud800"}),
            "half a character in a list": body(data={"a": ["\ud800"]}),
            "unknown key": body(model="res.users"),
            "no id": b'{"kind": "k", "date": "2026-03-01T09:30:00Z"}',
            "number as id": body(id=1),
            "long id": body(id="x" * 201),
            "line break": body(id="a\nb"),
            "no zone": body(date="2026-03-01T09:30:00"),
            "no date": body(date=None),
            "year 0": body(date="0001-01-01T00:00:00+14:00"),
            "data": body(data=[]),
        }
        for name, content in bad.items():
            with self.subTest(name), self.assertRaises(events.BadEvent):
                events.read_event(content)

    @given(st.binary(max_size=300))
    def test_any_bytes(self, content):
        """Nothing but an event or a refusal, whatever arrives."""
        try:
            events.read_event(content)
        except events.BadEvent as error:
            self.assertTrue(str(error))

    @given(
        st.recursive(
            st.none() | st.integers() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(), inner, max_size=3)
            ),
        )
    )
    def test_depth(self, value):
        def deep(part):
            if isinstance(part, dict):
                part = list(part.values())
            return 1 + max(map(deep, part), default=0) if isinstance(part, list) else 0

        self.assertEqual(events.depth(json.dumps(value)), deep(value))

    def test_every_order_of_responses(self):
        """All orders of five events, each of them told twice, end alike."""
        told = ["delivered", "opened", "clicked", "bounced", "unsubscribed"]
        ends = set()
        for order in permutations(told):
            state = Response.NONE.value
            for response in [*order, *reversed(order)]:
                state = join(state, response)
            ends.add(state)
        self.assertEqual(ends, {"unsubscribed"})

    @given(st.lists(st.tuples(moments, st.booleans()), max_size=5), st.randoms())
    def test_newest_word_counts(self, marks, random):
        """Heard in any order; of two at the same moment the refusal counts."""
        end = events.is_refused(marks)
        random.shuffle(marks)
        self.assertEqual(events.is_refused(marks * 2), end)
        if marks:
            newest = max(when for when, _refused in marks)
            last = [refused for when, refused in marks if when == newest]
            self.assertEqual(end, any(last))
