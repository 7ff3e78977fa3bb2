import unittest

from hypothesis import given
from hypothesis import strategies as st

from ..core import dunning
from ..core.dunning import Item, Letter, Level, dropped, letter, next_level

LEVELS = [Level(11, 1, 5), Level(12, 2, 20, gap=7), Level(13, 3, 40, 7, True)]
HOLDS = st.sampled_from([None, None, None, "promised", "held", "no_followup"])


@st.composite
def ledgers(draw):
    """All open items of a customer in two currencies, one worth three of the other."""
    found = []
    for key in range(draw(st.integers(0, 8))):
        currency = draw(st.sampled_from([1, 2]))
        amount = draw(st.integers(-300, 300).filter(bool))
        value = amount * (3 if currency == 2 else 1)
        days, rank = draw(st.integers(-10, 60)), draw(st.integers(0, 3))
        found.append(Item(key, currency, amount, value, days, rank, draw(HOLDS)))
    return found


def item(amount, days=30, key=1, **values):
    values = {"currency": 1, "value": amount, "days": days, **values}
    return Item(key=key, amount=amount, **values)


class TestCoreDunning(unittest.TestCase):
    def test_levels(self):
        cases = [
            (4, 0, None),
            (5, 0, 1),
            (25, 0, 2),
            # Late in the first run: not the first level, but the last one in turn.
            (90, 0, 2),
            (90, 1, 2),
            (90, 2, 3),
            (90, 3, None),
            (25, 2, None),
        ]
        for days, rank, expected in cases:
            with self.subTest(days=days, rank=rank):
                level = next_level(LEVELS, item(100, days, rank=rank))
                self.assertEqual(level and level.rank, expected)

    def test_examples(self):
        cases = [
            ([item(100)], None),
            ([item(100), item(-100, key=2)], dunning.NET_CREDITOR),
            ([item(100), item(-99, key=2)], None),
            # What is not due yet cannot be set against what is overdue.
            ([item(100), item(-100, key=2), item(900, 0, 3)], dunning.NET_CREDITOR),
            ([item(100, hold="promised")], dunning.NOTHING_NEW),
            ([item(3)], dunning.SMALL),
            ([item(100, 2)], dunning.NOTHING_NEW),
            # Paid in its currency, at another rate; nothing is left to ask for.
            (
                [item(100, value=90), item(-100, key=2, value=-80)],
                dunning.COVERED,
            ),
            ([], dunning.NOTHING_NEW),
        ]
        for items, rule in cases:
            with self.subTest(items=items):
                found = letter(items, LEVELS, minimum=5 if rule == "small" else 0)
                self.assertEqual(found if isinstance(found, str) else None, rule)

    def test_credit_of_one_currency(self):
        """Nobody is reminded of dollars whose overpayment in dollars covers them."""
        dollars = item(100, currency=2, value=90)
        back = item(-100, key=2, currency=2, value=-90)
        euros = item(50, key=3)
        found = letter([dollars, back, euros], LEVELS)
        self.assertEqual([key for key, _level in found.items], [3])

    def test_gap(self):
        self.assertEqual(letter([item(100)], LEVELS, since=3), dunning.TOO_SOON)
        self.assertIsInstance(letter([item(100)], LEVELS, since=7), Letter)
        # Never two on a day, however short the gap.
        self.assertEqual(letter([item(100, 6)], LEVELS, since=0), dunning.TOO_SOON)
        self.assertIsInstance(letter([item(100, 6)], LEVELS, since=1), Letter)

    @given(ledgers(), st.integers(0, 400))
    def test_never_a_net_creditor(self, items, minimum):
        found = letter(items, LEVELS, minimum=minimum)
        if isinstance(found, str):
            return
        by_key = {item.key: item for item in items}
        asked = [by_key[key] for key, _level in found.items]
        self.assertTrue(asked)
        for one, (_key, level) in zip(asked, found.items, strict=True):
            self.assertFalse(one.hold)
            self.assertGreater(one.amount, 0)
            self.assertGreaterEqual(one.days, level.days)
            self.assertGreater(level.rank, one.rank)
        overdue = [i for i in items if i.amount > 0 and i.days > 0 and not i.hold]
        credit = [i for i in items if i.amount < 0]
        net = sum(i.value for i in overdue) + sum(i.value for i in credit)
        self.assertGreater(net, 0)
        self.assertGreaterEqual(net, minimum)
        for currency in {i.currency for i in asked}:
            net = sum(i.amount for i in overdue + credit if i.currency == currency)
            self.assertGreater(net, 0)
        self.assertEqual(found.level.rank, max(lv.rank for _k, lv in found.items))

    @given(ledgers())
    def test_never_the_same_level_twice(self, items):
        """After a letter, the same ledger gives no letter of these levels again."""
        found = letter(items, LEVELS)
        if isinstance(found, str):
            return
        sent = dict(found.items)
        after = [
            i._replace(rank=sent[i.key].rank) if i.key in sent else i for i in items
        ]
        again = letter(after, LEVELS)
        if not isinstance(again, str):
            for key, level in again.items:
                self.assertGreater(level.rank, sent[key].rank if key in sent else 0)

    @given(ledgers())
    def test_nothing_happened_nothing_is_dropped(self, items):
        found = letter(items, LEVELS)
        if not isinstance(found, str):
            self.assertFalse(dropped(items, [key for key, _level in found.items]))

    @given(ledgers(), st.data())
    def test_what_was_paid_is_dropped(self, items, data):
        found = letter(items, LEVELS)
        if isinstance(found, str):
            return
        asked = [key for key, _level in found.items]
        paid = data.draw(st.sets(st.sampled_from(asked), min_size=1))
        left = [i for i in items if i.key not in paid]
        rules = dropped(left, asked)
        self.assertEqual({k for k, rule in rules.items() if rule == "paid"}, paid)
        if dunning.refusal(left):
            self.assertEqual(set(rules), set(asked))
