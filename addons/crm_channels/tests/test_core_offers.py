from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core import offers
from ..core.offers import Fact

AMOUNT = st.integers(min_value=1, max_value=9_999_999).map(lambda cents: cents / 100)


@tagged("post_install", "-at_install")
class TestCoreOffers(BaseCase):
    """What a text of an offer must say, and must not."""

    def test_said_by_any_form(self):
        fact = Fact("until", "valid until", ("12/31/2026", "2026-12-31"))
        for text in ("<p>Until&nbsp;12/31/2026.</p>", "bis 2026-12-31"):
            self.assertFalse(offers.missing(text, [fact]), text)
        self.assertEqual(offers.missing("until 12/31/2025", [fact]), [fact])

    def test_part_of_a_number_says_nothing(self):
        fact = Fact("price", "price", ("100",))
        for text in ("1100", "100.50", "1,100", "1.100,00", "1001"):
            self.assertEqual(offers.missing(text, [fact]), [fact], text)
        for text in ("only 100!", "100, and more", "100.", "€100"):
            self.assertFalse(offers.missing(text, [fact]), text)

    def test_full_width(self):
        fact = Fact("discount", "discount", ("15%",))
        self.assertFalse(offers.missing("现在优惠１５％！", [fact]))

    def test_tags_and_case_do_not_matter(self):
        fact = Fact("own", "own", ("Free Shipping",))
        self.assertFalse(offers.missing("FREE<br/>  shipping", [fact]))

    def test_other_percentages(self):
        text = "15 % off, not 20%; 12,5 % for you, 100 percent sure"
        self.assertEqual(offers.other_percentages(text, [15, 12.5]), ["20%", "100%"])

    def test_other_amounts(self):
        text = "$ 99.00 instead of $120.50 or 1,000 USD; 1.234,56 $ is fine"
        found = offers.other_amounts(text, ("$", "USD"), [99.0, 1234.56])
        self.assertEqual(found, ["120.50", "1,000"])
        self.assertEqual(offers.other_amounts(text, ("¥", ""), [1.0]), [])

    @given(AMOUNT, st.sampled_from(["{:,.2f}", "{:.2f}"]))
    def test_the_offered_amount_is_never_another(self, amount, form):
        written = form.format(amount)
        self.assertFalse(offers.other_amounts(f"${written}", ("$",), [amount]))
        swapped = written.translate(str.maketrans(",.", ".,"))
        self.assertFalse(offers.other_amounts(f"{swapped} $", ("$",), [amount]))

    @given(AMOUNT, AMOUNT)
    def test_another_amount_is_found(self, offered, named):
        found = offers.other_amounts(f"now {named:.2f} € only", ("€",), [offered])
        # 1.234 may be read as a thousand; two digits after the point may not.
        self.assertEqual(bool(found), abs(offered - named) >= 0.005)

    @given(st.text(max_size=80))
    def test_any_text(self, text):
        fact = Fact("own", "own", (text,))
        if offers.plain(text):
            self.assertFalse(offers.missing(f"– {text} –", [fact]))
        offers.other_amounts(text, ("$",), [])
        offers.other_percentages(text, [])
