import math
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core.purchase_rows import CustomerKey, read_rows
from ..core.purchase_values import COLUMNS, MAX_AMOUNT

TODAY = date(2026, 3, 15)
GOOD = {"external_ref": "A", "date": "2026-03-01", "customer_ref": "C", "amount": 10.0}
CLEAN_TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30
).filter(lambda text: text.strip())
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
HOSTILE_ROW = ANYTHING | st.dictionaries(
    st.sampled_from(sorted(COLUMNS)) | st.text(max_size=8), ANYTHING, max_size=8
)
REFS = st.sampled_from(["A", "B", "C"])
ROW = st.fixed_dictionaries(
    {
        "external_ref": REFS,
        "date": st.sampled_from(["2026-03-01", "2026-03-02", "2026-02-30"]),
        "customer_ref": st.sampled_from(["C1", "C2"]),
        "amount": st.sampled_from([1.0, 2.0, "x"]),
    },
    optional={
        "line_ref": st.sampled_from(["1", "2", ""]),
        "state": st.sampled_from(["done", "cancelled"]),
        "customer_city": CLEAN_TEXT,
    },
)

BAD_VALUES = [
    ("external_ref", "", "missing"),
    ("external_ref", None, "missing"),
    ("external_ref", 1.5, "not_text"),
    ("external_ref", True, "not_text"),
    ("external_ref", ["A"], "not_text"),
    ("external_ref", "A\x00", "control"),
    ("external_ref", "A\nB", "control"),
    ("external_ref", "\ud800", "control"),
    ("external_ref", "x" * 256, "long"),
    ("external_ref", 10**20, "huge"),
    ("date", "", "missing"),
    ("date", "2026-02-30", "no_such_date"),
    ("date", "01.03.2026", "not_date"),
    ("date", "2026-3-1", "not_date"),
    ("date", "20260301", "not_date"),
    ("date", "2026-03-01 10:00:00", "not_date"),
    ("date", 20260301, "not_date"),
    ("date", "0026-03-01", "date_early"),
    ("date", "1899-12-31", "date_early"),
    ("date", "2026-03-17", "date_late"),
    ("date", "9999-12-31", "date_late"),
    ("amount", "10", "not_number"),
    ("amount", True, "not_number"),
    ("amount", math.nan, "not_finite"),
    ("amount", math.inf, "not_finite"),
    ("amount", 1e13, "huge"),
    ("amount", 10**400, "huge"),
    ("amount", None, "missing"),
    ("quantity", {}, "not_number"),
    ("customer_id", 0, "not_id"),
    ("customer_id", 2**31, "not_id"),
    ("customer_id", 5.0, "not_id"),
    ("customer_id", "5", "not_number"),
    ("customer_is_company", 1, "not_flag"),
    ("customer_email", "nobody", "not_email"),
    ("customer_email", "a@b.c,d@e.f", "not_email"),
    ("customer_birth_date", "2026-03-16", "date_late"),
    ("customer_sex", "x", "not_choice"),
    ("state", "sold", "not_choice"),
    ("state", 1, "not_choice"),
]


def codes(row):
    """Return (field, code) of everything wrong with one row."""
    return [(error.field, error.code) for error in read_rows([row], TODAY).errors]


@tagged("post_install", "-at_install")
class TestCorePurchaseRows(BaseCase):
    def test_good_row(self):
        batch = read_rows([{**GOOD, "quantity": 2, "channel": "web"}], TODAY)
        self.assertFalse(batch.errors)
        purchase = batch.purchases["A"]
        self.assertEqual(purchase.customer, CustomerKey("ref", "C"))
        self.assertEqual(purchase.head["date"], date(2026, 3, 1))
        self.assertEqual(purchase.head["channel"], "web")
        line = purchase.lines["1"]
        self.assertEqual(line.values, {"amount": 10.0, "quantity": 2.0})
        self.assertEqual(line.state, "done")

    def test_bad_values(self):
        for name, value, code in BAD_VALUES:
            with self.subTest(name=name, value=str(value)[:20]):
                self.assertEqual(codes({**GOOD, name: value}), [(name, code)])

    def test_accepted_spellings(self):
        for name, value in [
            ("date", "2026-03-16"),
            ("date", " 2026-03-01 "),
            ("amount", 0),
            ("amount", -MAX_AMOUNT),
            ("external_ref", 4711),
            ("state", "Canceled"),
            ("customer_sex", "F"),
            ("cost", None),
            ("currency", ""),
        ]:
            with self.subTest(name=name, value=value):
                self.assertFalse(codes({**GOOD, name: value}))

    def test_unknown_columns_and_rows_that_are_none(self):
        self.assertEqual(
            codes({**GOOD, "price": 1, "tax": 2}), [("", "unknown_column")]
        )
        self.assertEqual(codes("A"), [("", "not_a_row")])
        self.assertEqual(read_rows([None, 5, []], TODAY).unreadable, 3)

    def test_cancelled_row_needs_no_amount(self):
        row = {"external_ref": "A", "date": "2026-03-01", "state": "cancelled"}
        batch = read_rows([{**row, "amount": ""}], TODAY)
        self.assertFalse(batch.errors)
        self.assertTrue(batch.purchases["A"].cancel_all)
        self.assertEqual(batch.purchases["A"].lines["1"].values, {})
        self.assertFalse(
            read_rows([{**row, "line_ref": "2"}], TODAY).purchases["A"].cancel_all
        )

    def test_rows_of_one_purchase_must_agree(self):
        for name, other in [
            ("date", "2026-03-02"),
            ("customer_ref", "D"),
            ("currency", "EUR"),
            ("channel", "web"),
        ]:
            first = {"currency": "USD", "channel": "store", **GOOD}
            rows = [first, {**first, "line_ref": "2", name: other}]
            with self.subTest(name=name):
                [error] = read_rows(rows, TODAY).errors
                self.assertEqual(error[:3], (2, name, "differs"))
                self.assertEqual(error.params["other_row"], 1)

    def test_left_out_columns_follow_the_other_rows(self):
        rest = {"external_ref": "A", "date": "2026-03-01", "line_ref": "2", "amount": 1}
        batch = read_rows([rest, {**GOOD, "channel": "web"}], TODAY)
        self.assertFalse(batch.errors)
        self.assertEqual(batch.purchases["A"].customer, CustomerKey("ref", "C"))
        self.assertEqual(batch.purchases["A"].head["channel"], "web")

    def test_line_given_twice(self):
        self.assertFalse(read_rows([GOOD, dict(GOOD)], TODAY).errors)
        [error] = read_rows([GOOD, {**GOOD, "amount": 11}], TODAY).errors
        self.assertEqual(error[:3], (2, "line_ref", "line_twice"))

    def test_email_names_the_customer_alone(self):
        row = {**GOOD, "customer_ref": "", "customer_email": "A@Example.com"}
        batch = read_rows([row], TODAY)
        key = CustomerKey("email", "a@example.com")
        self.assertEqual(batch.purchases["A"].customer, key)
        other = {**row, "line_ref": "2", "customer_email": "b@example.com"}
        self.assertEqual(
            [e.code for e in read_rows([row, other], TODAY).errors], ["differs"]
        )
        # Beside a reference an address is only something said about the customer.
        named = {**other, "line_ref": "3", "customer_ref": "C"}
        self.assertFalse(read_rows([row, other, named], TODAY).errors)

    def test_one_reference_for_two_contacts(self):
        rows = [
            {**GOOD, "customer_id": 5},
            {**GOOD, "external_ref": "B", "customer_id": 6},
        ]
        [error] = read_rows(rows, TODAY).errors
        self.assertEqual(error[:3], (2, "customer_id", "ref_two_customers"))

    def test_later_purchase_knows_the_customer_better(self):
        rows = [
            {**GOOD, "date": "2026-03-02", "customer_city": "New"},
            {**GOOD, "external_ref": "B", "customer_city": "Old", "customer_zip": "1"},
        ]
        batch = read_rows(rows, TODAY)
        batch.learn()
        self.assertEqual(
            batch.customers[CustomerKey("ref", "C")].values,
            {"customer_city": "New", "customer_zip": "1"},
        )

    def test_bad_purchases_teach_nothing(self):
        bad = {**GOOD, "external_ref": "B", "customer_city": "Nowhere", "line_ref": "2"}
        rows = [GOOD, bad, {**bad, "date": "2026-03-02", "line_ref": "3"}]
        batch = read_rows(rows, TODAY)
        batch.learn()
        self.assertEqual(batch.customers[CustomerKey("ref", "C")].values, {})

    @given(st.lists(HOSTILE_ROW, max_size=6))
    @settings(max_examples=300, deadline=None)
    def test_nothing_raises(self, rows):
        batch = read_rows(rows, TODAY)
        for purchase in batch.good():
            self.assertLessEqual(purchase.head["date"], TODAY + timedelta(days=1))
            for line in purchase.lines.values():
                for value in line.values.values():
                    if isinstance(value, float):
                        self.assertLessEqual(abs(value), MAX_AMOUNT)
                    elif value is not None:
                        self.assertNotIn("\x00", value)
        for error in batch.errors:
            self.assertLessEqual(len(str(error.params)), 1000)
            self.assertIn(error.row, range(1, len(rows) + 1))

    @given(st.lists(ROW, max_size=12))
    @settings(max_examples=300, deadline=None)
    def test_bad_rows_take_out_their_purchase_whole(self, rows):
        batch = read_rows(rows, TODAY)
        bad_rows = {error.row for error in batch.errors}
        bad_refs = {rows[number - 1]["external_ref"] for number in bad_rows}
        self.assertEqual(bad_refs, {p.ref for p in batch.purchases.values() if p.bad})
        for ref, purchase in batch.purchases.items():
            if not purchase.bad:
                given_rows = [row for row in rows if row["external_ref"] == ref]
                refs = {row.get("line_ref") or "1" for row in given_rows}
                self.assertEqual(refs, purchase.lines.keys())

    @given(st.lists(ROW, max_size=8))
    @settings(max_examples=200, deadline=None)
    def test_repeating_all_rows_adds_nothing(self, rows):
        once, twice = read_rows(rows, TODAY), read_rows(rows + rows, TODAY)
        self.assertEqual(
            {p.ref: p.lines for p in once.good()},
            {p.ref: p.lines for p in twice.good()},
        )
