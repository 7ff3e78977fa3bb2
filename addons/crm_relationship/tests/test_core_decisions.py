from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core.decisions import (
    Capacity,
    Refused,
    Subject,
    Transition,
    content_hash,
    judge,
)

APPROVE = Transition(
    "approve", ("asked",), "approved", groups=("boss",), two_person=True
)
ACCEPT = Transition("accept", ("asked",), "accepted", persons=True)
GROUPS = st.frozensets(st.sampled_from(["boss", "clerk", "other"]))
USERS = st.integers(1, 4)
WORDS = st.text("aé中 ", max_size=4)
CAPACITIES = st.lists(st.builds(Capacity, USERS, GROUPS), min_size=1, max_size=3)
SUBJECTS = st.builds(
    Subject,
    st.sampled_from(["draft", "asked", "approved"]),
    st.frozensets(USERS),
    st.frozensets(USERS),
    st.frozensets(st.sampled_from(["approve", "refuse"])),
    st.booleans(),
)
TRANSITIONS = st.builds(
    Transition,
    name=st.sampled_from(["approve", "refuse"]),
    sources=st.sampled_from([("asked",), ("draft", "asked")]),
    target=st.just("approved"),
    groups=st.sampled_from([(), ("boss",), ("boss", "clerk")]),
    persons=st.booleans(),
    needs_reason=st.booleans(),
    two_person=st.booleans(),
)


def boss(user_id):
    return Capacity(user_id, frozenset({"boss"}))


@tagged("post_install", "-at_install")
class TestCoreDecisions(BaseCase):
    def _refusal(self, *args):
        with self.assertRaises(Refused) as caught:
            judge(*args)
        return caught.exception.rule

    def test_two_people(self):
        mine = Subject("asked", authors=frozenset({1}))
        self.assertEqual(self._refusal(APPROVE, [boss(1)], mine, None), "two_person")
        self.assertEqual(judge(APPROVE, [boss(2)], mine, None).user_id, 2)

    def test_nobody_acts_for_an_author(self):
        theirs = Subject("asked", authors=frozenset({2}))
        delegate = [Capacity(1, frozenset()), boss(2)]
        self.assertEqual(self._refusal(APPROVE, delegate, theirs, None), "two_person")
        self.assertEqual(judge(APPROVE, [*delegate, boss(3)], theirs, None).user_id, 3)

    def test_an_author_does_not_use_a_lent_role(self):
        mine = Subject("asked", authors=frozenset({1}))
        delegate = [Capacity(1, frozenset()), boss(2)]
        self.assertEqual(self._refusal(APPROVE, delegate, mine, None), "two_person")

    def test_self_approval_is_told(self):
        mine = Subject("asked", authors=frozenset({1}), allow_self=True)
        self.assertTrue(judge(APPROVE, [boss(1)], mine, None).self_approved)
        self.assertFalse(judge(APPROVE, [boss(2)], mine, None).self_approved)

    def test_a_named_person_only(self):
        named = Subject("asked", persons=frozenset({4}))
        self.assertEqual(self._refusal(ACCEPT, [boss(1)], named, None), "role")
        self.assertEqual(
            judge(ACCEPT, [Capacity(4, frozenset())], named, "").user_id, 4
        )

    def test_final_goes_before_role(self):
        closed = Subject("asked", barred=frozenset({"approve"}))
        self.assertEqual(self._refusal(APPROVE, [boss(1)], closed, None), "final")

    @given(TRANSITIONS, CAPACITIES, SUBJECTS, st.sampled_from([None, " ", "because"]))
    def test_whoever_passes_has_every_right(self, transition, capacities, subject, why):
        """The rules again, in other words: each of them holds in every verdict."""
        try:
            verdict = judge(transition, capacities, subject, why)
        except Refused as refusal:
            self.assertIn(
                refusal.rule, {"state", "final", "role", "two_person", "reason"}
            )
            return
        self.assertIn(subject.state, transition.sources)
        self.assertNotIn(transition.name, subject.barred)
        self.assertTrue(why == "because" or not transition.needs_reason)
        used = [c for c in capacities if c.user_id == verdict.user_id]
        anybody = not transition.groups and not transition.persons
        named = transition.persons and verdict.user_id in subject.persons
        role = any(set(c.groups) & set(transition.groups) for c in used)
        self.assertTrue(anybody or named or role)
        if transition.two_person and not verdict.self_approved:
            self.assertNotIn(capacities[0].user_id, subject.authors)
            self.assertNotIn(verdict.user_id, subject.authors)
        if verdict.self_approved:
            self.assertTrue(subject.allow_self)

    @given(st.dictionaries(WORDS, st.integers() | WORDS | st.none()))
    def test_the_hash_ignores_the_order_of_keys(self, content):
        back = dict(reversed(content.items()))
        self.assertEqual(content_hash(content), content_hash(back))
        self.assertNotEqual(content_hash(content), content_hash({**content, "+": 1}))
