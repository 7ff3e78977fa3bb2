import json
import math
import xmlrpc.client
from datetime import date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core import api_values
from ..core.api_values import PartnerReference, Refused

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4)
    ),
    max_leaves=10,
)
SENDABLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None))
    | st.dates()
    | st.datetimes(),
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4)
    ),
    max_leaves=15,
)


@tagged("post_install", "-at_install")
class TestCoreApiValues(BaseCase):
    @given(value=SENDABLE)
    @settings(max_examples=500, deadline=None)
    def test_plain_is_the_same_over_both_transports(self, value):
        result = api_values.plain([value])
        over_json = json.loads(json.dumps(result, allow_nan=False))
        sent = xmlrpc.client.dumps((result,), methodresponse=True, allow_none=False)
        (over_xml,), _method = xmlrpc.client.loads(sent.encode())
        self.assertEqual(over_json, result)
        self.assertEqual(over_xml, result)
        self.assertEqual(api_values.plain(result), result)

    def test_plain_values(self):
        value = {
            "gone": None,
            "day": date(2026, 3, 1),
            "at": datetime(2026, 3, 1, 12, 30, 15, 999),
            "text": "a\x00b\ud800c\ttab",
            7: [None, -0.0],
        }
        self.assertEqual(
            api_values.plain(value),
            {
                "day": "2026-03-01",
                "at": "2026-03-01T12:30:15Z",
                "text": "abc\ttab",
                "7": [0.0],
            },
        )
        self.assertEqual(math.copysign(1, api_values.plain(-0.0)), 1)

    def test_plain_refuses_what_cannot_be_carried(self):
        for value in (math.nan, math.inf, 2**31, -(2**31) - 1):
            with self.subTest(value=value), self.assertRaises(ValueError):
                api_values.plain([value])
        with self.assertRaises(TypeError):
            api_values.plain({"file": b"bytes"})

    @given(value=JSON)
    @settings(max_examples=500, deadline=None)
    def test_any_value_is_accepted_or_refused(self, value):
        checks = (
            lambda: api_values.check_integer(value, "limit", 1, 100),
            lambda: api_values.check_text(value, "query", 50),
            lambda: api_values.check_choices(value, "kinds", ("a", "b")),
            lambda: api_values.check_partner(value),
        )
        for check in checks:
            try:
                check()
            except Refused as refusal:
                # The reason itself can be sent.
                details = {k: v for k, v in refusal.details.items() if k != "known"}
                api_values.plain(details)

    @given(value=JSON)
    @settings(max_examples=300, deadline=None)
    def test_accepted_integers_are_in_range(self, value):
        try:
            result = api_values.check_integer(value, "limit", 1, 100)
        except Refused:
            return
        self.assertTrue(1 <= result <= 100 and type(result) is int)

    def test_refused_arguments(self):
        for value in (True, 0, 101, 5.0, "5", None, [5], 2**40):
            with self.subTest(value=value), self.assertRaises(Refused) as caught:
                api_values.check_integer(value, "limit", 1, 100)
            self.assertEqual(caught.exception.details["name"], "limit")
        for value in ("", "  ", "a\0b", "\ud800", "x" * 51, 7, None):
            with self.subTest(value=value), self.assertRaises(Refused):
                api_values.check_text(value, "query", 50)
        for value in ("a", {"a": 1}, ["a", "c"], [["a"]], 1):
            with self.subTest(value=value), self.assertRaises(Refused):
                api_values.check_choices(value, "kinds", ("a", "b"))
        self.assertEqual(
            api_values.check_choices(["b", "a", "b"], "kinds", ("a", "b")), ["b", "a"]
        )

    def test_partner_references(self):
        self.assertEqual(api_values.check_partner(5), PartnerReference(id=5))
        self.assertEqual(
            api_values.check_partner({"external": ["shop", " A1 "]}),
            PartnerReference(source="shop", ref="A1"),
        )
        self.assertEqual(
            api_values.check_partner({"ref": "K-7"}), PartnerReference(ref="K-7")
        )
        wrong = (
            True,
            "5",
            0,
            -1,
            {},
            {"id": 5},
            {"ref": 5},
            {"ref": "a", "external": ["b", "c"]},
            {"external": "shop"},
            {"external": ["shop"]},
            {"external": ["shop", None]},
            [5],
            None,
        )
        for value in wrong:
            with self.subTest(value=value), self.assertRaises(Refused):
                api_values.check_partner(value)
