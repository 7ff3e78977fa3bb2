from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core.touches import Response, below, is_contact

RESPONSES = st.sampled_from([value.value for value in Response])


def join(state, event):
    """Return the state after an event, as the ledger moves on: only from below."""
    return event if state in below(event) else state


@tagged("post_install", "-at_install")
class TestCoreTouches(BaseCase):
    """Responses are a lattice: order and repetition make no difference."""

    @given(RESPONSES, RESPONSES, RESPONSES)
    def test_join_is_a_lattice(self, a, b, c):
        self.assertEqual(join(a, a), a)
        self.assertEqual(join(a, b), join(b, a))
        self.assertEqual(join(join(a, b), c), join(a, join(b, c)))
        self.assertEqual(join(Response.NONE, a), a)

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(RESPONSES, min_size=1, max_size=4))
    def test_any_order_ends_alike(self, events):
        ends = set()
        for order in permutations(events):
            state = Response.NONE.value
            for event in [*order, *order]:
                state = join(state, event)
            ends.add(state)
        self.assertEqual(len(ends), 1)

    def test_nothing_undoes_a_refusal(self):
        for refusal in ("bounced", "complained", "unsubscribed"):
            for step in ("delivered", "opened", "clicked", "replied"):
                self.assertEqual(join(step, refusal), refusal)
        self.assertFalse(below(Response.NONE))

    def test_what_is_a_contact(self):
        for direction, purpose, kind, reached, expected in (
            ("out", "relationship", "phone", None, True),
            ("out", "relationship", "phone", False, False),
            ("in", "relationship", "phone", False, False),
            ("in", "promotion", "email", None, True),
            ("out", "service", "email", None, True),
            ("out", "promotion", "email", None, False),
            ("out", "promotion", "phone", True, True),
            ("out", "dunning", "letter", None, False),
            ("out", "transactional", "sms", None, False),
        ):
            with self.subTest(f"{direction} {purpose} {kind} {reached}"):
                found = is_contact(direction, purpose, kind, reached)
                self.assertEqual(found, expected)
