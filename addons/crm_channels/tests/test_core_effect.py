import math
import random

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core import effect
from ..core.effect import Sample, Verdict

COUNTS = st.integers(min_value=1, max_value=5000)


@tagged("post_install", "-at_install")
class TestCoreEffect(BaseCase):
    """Intervals of differences equal published examples and keep their order."""

    def test_newcombe(self):
        # Newcombe 1998, table II, method 10.
        for numbers, low, high in (
            ((56, 70, 48, 80), 0.0524, 0.3339),
            ((9, 10, 3, 10), 0.1705, 0.8090),
            ((6, 7, 2, 7), 0.0582, 0.8062),
            ((5, 56, 0, 29), -0.0381, 0.1926),
            ((0, 10, 0, 20), -0.1611, 0.2775),
            ((10, 10, 0, 10), 0.6075, 1.0),
        ):
            with self.subTest(numbers):
                found = effect.difference_of_shares(*numbers)
                self.assertAlmostEqual(found.low, low, 4)
                self.assertAlmostEqual(found.high, high, 4)

    def test_student(self):
        # Tables of Student's distribution.
        for probability, freedom, value in (
            (0.975, 1, 12.706),
            (0.975, 10, 2.228),
            (0.95, 5, 2.015),
            (0.995, 30, 2.750),
            (0.975, 1e6, 1.960),
        ):
            found = effect.student_quantile(probability, freedom)
            self.assertAlmostEqual(found, value, 3)

    def test_welch(self):
        # Student's sleep data (Biometrika 6, 1908), as R's t.test prints it.
        one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
        two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
        found = effect.difference_of_means(_sample(one), _sample(two))
        self.assertAlmostEqual(found.value, -1.58, 6)
        self.assertAlmostEqual(found.low, -3.3654832, 6)
        self.assertAlmostEqual(found.high, 0.2054832, 6)

    @given(COUNTS, COUNTS, st.floats(0, 1), st.floats(0, 1))
    def test_interval_holds_the_difference(self, n, m, share, other):
        x, y = round(n * share), round(m * other)
        found = effect.difference_of_shares(x, n, y, m)
        self.assertTrue(-1 <= found.low <= found.value <= found.high <= 1)
        turned = effect.difference_of_shares(y, m, x, n)
        self.assertAlmostEqual(found.low, -turned.high)

    @given(st.lists(st.floats(-1e5, 1e5), min_size=2, max_size=50))
    def test_sums_give_the_sample(self, values):
        found, wanted = (
            _sample(values),
            effect.sample(
                len(values), math.fsum(values), math.fsum(v * v for v in values)
            ),
        )
        self.assertAlmostEqual(found.mean, wanted.mean, 5)
        scale = max(1.0, max(abs(v) for v in values) ** 2)
        self.assertLess(abs(found.variance - wanted.variance) / scale, 1e-9)

    def test_coverage(self):
        """Of 2,000 experiments without any effect about 5 % find one."""
        draw = random.Random(4)
        found = 0
        for _run in range(2000):
            x = sum(draw.random() < 0.1 for _n in range(80))
            y = sum(draw.random() < 0.1 for _n in range(60))
            found += (
                effect.verdict(effect.difference_of_shares(x, 80, y, 60))
                is not Verdict.NONE
            )
        self.assertLess(found, 2000 * 0.065)
        self.assertGreater(found, 2000 * 0.02)

    def test_few(self):
        self.assertFalse(effect.enough(1000, 29, 50))
        self.assertFalse(effect.enough(1000, 30, 4))
        self.assertTrue(effect.enough(30, 30, 5))
        self.assertIs(effect.verdict(None), Verdict.FEW)

    def test_verdict(self):
        self.assertIs(effect.verdict(effect.Interval(2, 1, 3)), Verdict.MORE)
        self.assertIs(effect.verdict(effect.Interval(-2, -3, -1)), Verdict.LESS)
        self.assertIs(effect.verdict(effect.Interval(0, -1, 1)), Verdict.NONE)
        self.assertEqual(effect.Interval(1, 0, 2).times(3), (3, 0, 6))


def _sample(values):
    mean = math.fsum(values) / len(values)
    spread = math.fsum((v - mean) ** 2 for v in values)
    return Sample(len(values), mean, spread / (len(values) - 1))
