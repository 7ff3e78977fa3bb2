from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..core import api_values
from .timeline_common import TimelineCommon

NASTY = st.sampled_from(
    [
        "",
        "\0",
        "\ud800",
        "%",
        "\\",
        "'; DROP TABLE res_partner; --",
        "0.0",
        "1.2",
        "9" * 39,
        "٣.٤",
        "WyJhIiwgImIiLCAxXQ",
        "e30",
        "A1",
        "shop",
        "order",
        "identity",
        "__class__",
        True,
        0,
        1,
        -1,
        2**31 - 1,
        2**31,
        2**63,
        10**400,
        float("nan"),
        float("inf"),
        [],
        {},
    ]
)
LEAVES = (
    NASTY
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=30)
)
KEYS = st.sampled_from(["ref", "external", "id", ""]) | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(KEYS, values, max_size=3)
    ),
    max_leaves=6,
)
METHODS = {
    "customer_get": ("partner", "parts"),
    "customer_timeline": ("partner", "before", "limit", "kinds", "company"),
    "customer_find": ("query", "limit"),
    "changes": ("after", "limit"),
}
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@tagged("post_install", "-at_install")
class TestCrmApiFuzz(TimelineCommon):
    """Whatever is sent, the answer is plain JSON or a refusal with a reason."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.api = cls.env["crm.api"].with_user(cls.analyst)
        cls.customer.ref = "A1"

    def _call(self, method, arguments):
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                result = getattr(self.api, method)(**arguments)
        except UserError as refusal:
            # AccessError and MissingError are such, too. The reason can be sent.
            api_values.plain(str(refusal))
            str(refusal).encode()
        else:
            self.assertEqual(api_values.plain(result), result)

    @given(data=st.data(), method=st.sampled_from(sorted(METHODS)))
    @FUZZ
    def test_any_arguments(self, data, method):
        names = METHODS[method]
        arguments = {name: data.draw(JSON, label=name) for name in names}
        self._call(method, arguments)

    @given(data=st.data(), method=st.sampled_from(sorted(METHODS)))
    @FUZZ
    def test_one_wrong_argument(self, data, method):
        """The others are right, so that the wrong one is really reached."""
        good = {
            "partner": self.customer.id,
            "parts": ["identity"],
            "limit": 3,
            "kinds": ["order"],
            "query": "Customer",
            "before": None,
            "after": None,
            "company": None,
        }
        arguments = {name: good[name] for name in METHODS[method]}
        name = data.draw(st.sampled_from(METHODS[method]), label="name")
        arguments[name] = data.draw(JSON, label="value")
        self._call(method, arguments)

    def test_refusals_name_the_argument(self):
        partner = self.customer.id
        refused = [
            ("customer_get", {"partner": None}, "partner"),
            ("customer_get", {"partner": True}, "partner"),
            ("customer_get", {"partner": partner, "parts": "identity"}, "parts"),
            ("customer_get", {"partner": partner, "parts": ["x"]}, "profile"),
            ("customer_timeline", {"partner": partner, "limit": 0}, "limit"),
            ("customer_timeline", {"partner": partner, "limit": 201}, "200"),
            ("customer_timeline", {"partner": partner, "limit": 5.0}, "limit"),
            ("customer_timeline", {"partner": partner, "kinds": ["x"]}, "kinds"),
            ("customer_timeline", {"partner": partner, "before": 5}, "before"),
            ("customer_timeline", {"partner": partner, "company": "1"}, "company"),
            ("customer_find", {"query": ""}, "query"),
            ("customer_find", {"query": "a\0b"}, "query"),
            ("customer_find", {"query": "x" * 201}, "200"),
            ("customer_find", {"query": "x", "limit": True}, "limit"),
            ("changes", {"limit": 1001}, "1000"),
            ("changes", {"after": 7}, "after"),
        ]
        for method, arguments, word in refused:
            with self.subTest(method=method, arguments=arguments):
                with self.assertRaisesRegex(UserError, word):
                    getattr(self.api, method)(**arguments)
