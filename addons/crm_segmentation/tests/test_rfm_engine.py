from collections import Counter
from datetime import date, timedelta
from statistics import quantiles

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..rfm import (
    EQUAL_COUNT,
    METHODS,
    NAMED_CELLS,
    QUANTILE_EDGES,
    R_PACKAGE,
    Customer,
    cells_by_square,
    edges_of,
    quantile,
    score_by_edges,
    score_customers,
    squares,
)

TODAY = date(2026, 3, 1)
# Machines that run tests are busy: no deadline for a single example.
UNHURRIED = settings(deadline=None)
MONEY = st.floats(-1e9, 1e9, allow_nan=False).map(lambda amount: round(amount, 2))
CUSTOMER = st.builds(
    Customer,
    key=st.integers(1, 10**9),
    last_date=st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    frequency=st.integers(1, 5000),
    monetary=MONEY,
)
# Few values, so that ties on every dimension happen all the time.
CLOSE_CUSTOMER = st.builds(
    Customer,
    key=st.integers(1, 10**9),
    last_date=st.sampled_from([TODAY - timedelta(days=n) for n in (-2, 0, 1, 9)]),
    frequency=st.sampled_from([1, 1, 1, 2, 3]),
    monetary=st.sampled_from([-5.0, 0.0, 10.0, 10.0, 99.99]),
)


def customers(element):
    return st.lists(element, unique_by=lambda c: c.key, max_size=80)


def half_bought_once():
    """24 customers whose frequency edges are 1, 1, 2 and 4."""
    frequencies = [1] * 12 + [2] * 4 + [4] * 4 + [7] * 4
    return [Customer(n, TODAY, f, 1.0) for n, f in enumerate(frequencies, 1)]


@tagged("post_install", "-at_install")
class TestRfmEngine(BaseCase):
    @UNHURRIED
    @given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60))
    def test_quantile_is_type_7(self, values):
        values.sort()
        # "inclusive" of the standard library is type 7 at every fifth.
        expected = quantiles(values, n=5, method="inclusive")
        for edge, wanted in zip(
            edges_of(values, QUANTILE_EDGES), expected, strict=True
        ):
            self.assertAlmostEqual(edge, wanted, delta=1e-6)

    def test_quantile_known_values(self):
        self.assertEqual(quantile([10, 20, 30, 40], 0.2), 16.0)
        self.assertEqual(quantile([7], 0.8), 7.0)
        with self.assertRaises(ValueError):
            quantile([], 0.5)

    def test_half_bought_once(self):
        scores, edges = score_customers(half_bought_once(), QUANTILE_EDGES, TODAY)
        self.assertEqual(edges.frequency, (1.0, 1.0, 2.0, 4.0))
        by_frequency = Counter(score.frequency for score in scores.values())
        # Who bought once has F = 1, not 3 as "edges not above" would give.
        self.assertEqual(by_frequency, {1: 12, 3: 4, 4: 4, 5: 4})

    def test_recency_is_reversed(self):
        bought = [
            Customer(days, TODAY - timedelta(days=days), 1, 1.0)
            for days in range(1, 101)
        ]
        for method in METHODS:
            scores, _edges = score_customers(bought, method, TODAY)
            recency = [scores[days].recency for days in range(1, 101)]
            self.assertEqual(recency, sorted(recency, reverse=True), method)
            self.assertEqual((recency[0], recency[-1]), (5, 1), method)

    def test_r_package_published_scores(self):
        """Edges and scores that R's rfm package publishes for its sample orders."""
        recency, frequency = (115, 181, 297, 482), (4, 5, 6, 8)
        monetary = (256, 382, 506, 666)
        published = [
            ((205, 6, 472), (3, 4, 3)),
            ((140, 3, 340), (4, 1, 2)),
            ((194, 4, 405), (3, 2, 3)),
            ((132, 5, 448), (4, 3, 3)),
            ((90, 9, 843), (5, 5, 5)),
            ((281, 8, 699), (3, 5, 5)),
            ((246, 4, 157), (3, 2, 1)),
            ((349, 4, 363), (2, 2, 2)),
            ((619, 4, 196), (1, 2, 1)),
        ]
        for (days, count, amount), expected in published:
            scores = (
                6 - score_by_edges(days, recency, R_PACKAGE),
                score_by_edges(count, frequency, R_PACKAGE),
                score_by_edges(amount, monetary, R_PACKAGE),
            )
            self.assertEqual(scores, expected, (days, count, amount))

    def test_r_package_edges_are_one_above(self):
        values = [1, 2, 3, 4, 5, 6]
        plain = edges_of(values, QUANTILE_EDGES)
        self.assertEqual(edges_of(values, R_PACKAGE), tuple(e + 1 for e in plain))

    @UNHURRIED
    @given(customers(CUSTOMER), st.sampled_from(METHODS))
    def test_scores_in_range(self, bought, method):
        scores, edges = score_customers(bought, method, TODAY)
        self.assertEqual(scores.keys(), {customer.key for customer in bought})
        self.assertTrue(all(1 <= s <= 5 for score in scores.values() for s in score))
        for dimension in edges:
            self.assertEqual(list(dimension), sorted(dimension))
            self.assertIn(len(dimension), (0, 4))

    @UNHURRIED
    @given(customers(CLOSE_CUSTOMER), st.sampled_from((QUANTILE_EDGES, R_PACKAGE)))
    def test_equal_values_get_equal_scores(self, bought, method):
        scores, _edges = score_customers(bought, method, TODAY)
        by_value = {}
        for customer in bought:
            score = scores[customer.key]
            known = by_value.setdefault(customer.frequency, score.frequency)
            self.assertEqual(score.frequency, known)

    @UNHURRIED
    @given(customers(CUSTOMER), st.sampled_from(METHODS))
    def test_more_never_scores_less(self, bought, method):
        scores, _edges = score_customers(bought, method, TODAY)
        for position, value in enumerate((lambda c: -c.days(TODAY), 0, 0)):
            value = value or (lambda c, p=position: (c.frequency, c.spent)[p - 1])
            ordered = sorted((value(c), scores[c.key][position]) for c in bought)
            for (low, low_score), (high, high_score) in zip(
                ordered, ordered[1:], strict=False
            ):
                if low < high:
                    self.assertLessEqual(low_score, high_score)

    @UNHURRIED
    @given(customers(CLOSE_CUSTOMER))
    def test_equal_count_groups(self, bought):
        scores, _edges = score_customers(bought, EQUAL_COUNT, TODAY)
        for position in range(3):
            counts = Counter(score[position] for score in scores.values())
            sizes = [counts[score] for score in range(1, 6)]
            self.assertLessEqual(max(sizes) - min(sizes), 1)

    def test_equal_count_formula_and_ties(self):
        # Rank 1 to 7 gives ceil(5 · rank / 7).
        bought = [Customer(n, TODAY, 1, 0.0) for n in range(1, 8)]
        scores, _edges = score_customers(bought, EQUAL_COUNT, TODAY)
        self.assertEqual(
            [scores[n].frequency for n in range(1, 8)], [1, 2, 3, 3, 4, 5, 5]
        )
        # Equal frequency: the later purchase ranks higher, whatever the ids.
        bought = [
            Customer(9, TODAY - timedelta(days=9), 1, 0.0),
            Customer(1, TODAY, 1, 0.0),
        ]
        scores, _edges = score_customers(bought, EQUAL_COUNT, TODAY)
        self.assertEqual((scores[9].frequency, scores[1].frequency), (3, 5))

    @UNHURRIED
    @given(customers(CUSTOMER), st.sampled_from(METHODS), st.randoms())
    def test_order_of_input_does_not_matter(self, bought, method, random):
        shuffled = list(bought)
        random.shuffle(shuffled)
        self.assertEqual(
            score_customers(bought, method, TODAY),
            score_customers(shuffled, method, TODAY),
        )

    def test_degenerate(self):
        future = Customer(1, TODAY + timedelta(days=30), 1, -50.0)
        twin = Customer(2, TODAY, 1, 0.0)
        for method in METHODS:
            self.assertEqual(score_customers([], method, TODAY)[0], {})
            one, _edges = score_customers([future], method, TODAY)
            two, _edges = score_customers([future, twin], method, TODAY)
            self.assertTrue(all(1 <= s <= 5 for s in (*one[1], *two[1], *two[2])))
            if method != EQUAL_COUNT:
                # A date to come counts as today, a negative total as nothing.
                self.assertEqual(two[1], two[2], method)
        with self.assertRaises(ValueError):
            score_customers([twin], "median", TODAY)

    def test_named_cells_cover_the_grid_once(self):
        for r, f in squares():
            covering = [
                cell.code
                for cell in NAMED_CELLS
                if cell.r_from <= r <= cell.r_to and cell.f_from <= f <= cell.f_to
            ]
            self.assertEqual(len(covering), 1, (r, f, covering))

    def test_cells_by_square_first_one_wins(self):
        broad = NAMED_CELLS[0]._replace(code="all", r_from=1, r_to=5, f_from=1, f_to=5)
        found = cells_by_square([NAMED_CELLS[0], broad])
        self.assertEqual(found[squares().index((5, 5))].code, "champions")
        self.assertEqual(found[0].code, "all")
        self.assertEqual(cells_by_square([]), [None] * 25)
