from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core.purchase_plan import (
    StoredLine,
    StoredPurchase,
    lines_left_behind,
    merge,
    settle,
)

CENTS = st.integers(-10_000_000, 10_000_000).map(lambda cents: cents / 100)
LINE_REFS = st.sampled_from(["1", "2", "3", "4"])
GIVEN_LINE = st.fixed_dictionaries(
    {"state": st.sampled_from(["done", "cancelled"]), "amount_untaxed": CENTS},
    optional={
        "quantity": st.none() | st.integers(0, 1000).map(float),
        "cost": st.none() | CENTS,
        "product_name": st.none() | st.sampled_from(["x", "y"]),
    },
)
GIVEN = st.tuples(
    st.fixed_dictionaries(
        {
            "date": st.sampled_from([date(2026, 1, 1), date(2026, 1, 2)]),
            "partner_id": st.sampled_from([7, 8]),
        },
        optional={"channel_id": st.sampled_from([None, 3])},
    ),
    st.dictionaries(LINE_REFS, GIVEN_LINE, min_size=1),
    st.booleans(),
)


def cents(value):
    return round(value, 2)


def run(given_purchase, stored=None, rate=0.5, currency_id=1):
    """Merge and settle as the service does."""
    head, lines, cancel_all = given_purchase
    head = {"currency_id": currency_id, **head}
    draft = merge("A", head, lines, stored, cancel_all=cancel_all)
    settle(draft, rate, round_money=cents, round_company=cents, round_quantity=cents)
    return draft


def store(draft):
    """Return what the database holds after the draft was written."""
    old = draft.stored.lines if draft.stored else {}
    return StoredPurchase(
        draft.stored.id if draft.stored else 1,
        dict(draft.head),
        {
            ref: StoredLine(old[ref].id if ref in old else number, dict(values))
            for number, (ref, values) in enumerate(draft.lines.items(), 100)
        },
    )


@tagged("post_install", "-at_install")
class TestCorePurchasePlan(BaseCase):
    @given(GIVEN)
    @settings(max_examples=200, deadline=None)
    def test_new_purchase(self, purchase):
        draft = run(purchase)
        live = [
            values["amount_untaxed"]
            for values in purchase[1].values()
            if values["state"] == "done"
        ]
        self.assertEqual(draft.status, "created")
        self.assertEqual(draft.head["state"], "done" if live else "cancelled")
        self.assertAlmostEqual(draft.head["amount_untaxed"], sum(live), places=2)
        self.assertEqual(
            draft.head["amount_company"], cents(draft.head["amount_untaxed"] * 0.5)
        )
        self.assertEqual(draft.partners, {purchase[0]["partner_id"]})

    @given(st.lists(GIVEN, min_size=1, max_size=4))
    @settings(max_examples=300, deadline=None)
    def test_the_same_again_changes_nothing(self, purchases):
        stored = None
        for purchase in purchases:
            stored = store(run(purchase, stored))
        again = run(purchases[-1], stored, rate=9.9)
        self.assertEqual(again.status, "unchanged")
        self.assertFalse(again.new_lines or again.changed_lines or again.partners)

    @given(GIVEN, GIVEN)
    @settings(max_examples=300, deadline=None)
    def test_header_follows_all_lines(self, first, second):
        stored = store(run(first))
        draft = run(second, stored)
        live = [v for v in draft.lines.values() if v["state"] == "done"]
        total = sum(values["amount_untaxed"] for values in live)
        self.assertAlmostEqual(draft.head["amount_untaxed"], total, places=2)
        self.assertEqual(draft.head["state"], "done" if live else "cancelled")
        if draft.status != "unchanged":
            both = {stored.values["partner_id"], draft.head["partner_id"]}
            self.assertEqual(draft.partners, both)
        for ref, values in draft.lines.items():
            if ref in second[1]:
                self.assertLessEqual(second[1][ref].items(), values.items())
            else:
                kept = {**stored.lines[ref].values}
                if second[2]:
                    kept["state"] = "cancelled"
                self.assertEqual(values, kept)

    def test_left_out_stays_empty_clears(self):
        line = {"state": "done", "amount_untaxed": 5.0, "cost": 3.0, "quantity": 2.0}
        head = {"date": date(2026, 1, 1), "partner_id": 7, "channel_id": 3}
        stored = store(run((head, {"1": line}, False)))
        less = {"state": "done", "amount_untaxed": 5.0}
        head = {"date": date(2026, 1, 1)}
        self.assertEqual(run((head, {"1": less}, False), stored).status, "unchanged")
        cleared = run(
            (head | {"channel_id": None}, {"1": less | {"cost": None}}, False), stored
        )
        self.assertEqual(cleared.status, "updated")
        self.assertIsNone(cleared.head["channel_id"])
        self.assertIsNone(cleared.lines["1"]["cost"])
        self.assertIs(cleared.lines["1"]["has_cost"], False)
        self.assertEqual(cleared.lines["1"]["quantity"], 2.0)

    def test_cost_of_nothing_is_a_cost(self):
        line = {"state": "done", "amount_untaxed": 5.0, "cost": 0.0}
        draft = run(({"date": date(2026, 1, 1), "partner_id": 7}, {"1": line}, False))
        self.assertIs(draft.lines["1"]["has_cost"], True)

    def test_cancel_and_back(self):
        head = {"date": date(2026, 1, 1), "partner_id": 7}
        lines = {
            "a": {"state": "done", "amount_untaxed": 5.0},
            "b": {"state": "done", "amount_untaxed": 2.0},
        }
        stored = store(run((head, lines, False)))
        cancelled = run((head, {"1": {"state": "cancelled"}}, True), stored)
        self.assertEqual(cancelled.status, "cancelled")
        self.assertEqual(cancelled.lines.keys(), {"a", "b"})
        self.assertEqual(cancelled.head["amount_untaxed"], 0.0)
        self.assertEqual(cancelled.lines["a"]["amount_untaxed"], 5.0)
        back = run((head, lines, False), store(cancelled))
        self.assertEqual(back.status, "updated")
        self.assertEqual(back.head["amount_untaxed"], 7.0)

    def test_history_is_not_valued_again(self):
        head = {"date": date(2026, 1, 1), "partner_id": 7}
        line = {"state": "done", "amount_untaxed": 10.0}
        stored = store(run((head, {"1": line}, False), rate=0.5))
        more = run((head, {"1": line | {"amount_untaxed": 20.0}}, False), stored, 0.9)
        self.assertTrue(more.keeps_rate)
        self.assertEqual(more.head["amount_company"], 10.0)
        moved = run(
            (head | {"date": date(2026, 1, 2)}, {"1": line}, False), stored, 0.9
        )
        self.assertFalse(moved.keeps_rate)
        self.assertEqual(moved.head["amount_company"], 9.0)

    def test_change_of_currency_must_name_all_lines(self):
        head = {"date": date(2026, 1, 1), "partner_id": 7}
        lines = {ref: {"state": "done", "amount_untaxed": 1.0} for ref in "ab"}
        stored = store(run((head, lines, False)))
        given_lines = {"a": lines["a"]}
        draft = run((head, given_lines, False), stored, currency_id=2)
        self.assertEqual(lines_left_behind(draft, set(given_lines)), {"b"})
        draft = run((head, lines, False), stored, currency_id=2)
        self.assertFalse(lines_left_behind(draft, set(lines)))
