from bisect import bisect_left
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core import timeline
from ..core.timeline import Fact, FactKey

ZONES = sorted(available_timezones())
MOMENTS = st.datetimes(datetime(1905, 1, 1), datetime(2099, 12, 31))
DAYS = st.dates(date(1905, 1, 1), date(2099, 12, 31))
# Few values, so that ties on instant, kind and id happen all the time.
CLOSE_MOMENTS = st.sampled_from(
    [datetime(2026, 3, 1, hour) for hour in (0, 5, 6, 12, 23)]
)
CLOSE_DAYS = st.sampled_from([date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)])


def branch_rows(kind, dated):
    """Rows of one table: unique ids, any dates, some of them hidden."""
    values = CLOSE_DAYS if dated else CLOSE_MOMENTS
    row = st.tuples(values, st.integers(1, 30), st.booleans())
    return st.lists(row, unique_by=lambda r: r[1], max_size=12).map(
        lambda rows: (kind, dated, rows)
    )


class FakeTable:
    """Answers like a branch: rows behind a bound, descending, chunk by chunk."""

    def __init__(self, kind, dated, rows):
        self.kind, self.dated = kind, dated
        self.rows = sorted(((v, i, seen) for v, i, seen in rows), reverse=True)

    def facts(self, after, tz):
        rows = self.rows
        if after:
            bound = timeline.bound_for(after, self.kind, self.dated, tz)
            rows = [row for row in rows if (row[0], row[1]) < tuple(bound)]
        for value, row_id, seen in rows:
            instant = timeline.instant_of(value, tz)
            yield Fact(FactKey(instant, self.kind, row_id), seen)


@tagged("post_install", "-at_install")
class TestCoreTimeline(BaseCase):
    @given(day=DAYS, zone=st.sampled_from(ZONES))
    @settings(max_examples=1000, deadline=None)
    def test_day_floor_inverts_day_start(self, day, zone):
        tz = ZoneInfo(zone)
        start = timeline.day_start(day, tz)
        # A zone that crossed the date line skipped a day: two days, one start.
        floor = timeline.day_floor(start, tz)
        self.assertEqual(timeline.day_start(floor, tz), start)
        self.assertGreaterEqual(floor, day)
        before = timeline.day_floor(start - timedelta(microseconds=1), tz)
        self.assertLess(before, day)

    @given(first=DAYS, second=DAYS, zone=st.sampled_from(ZONES))
    @settings(max_examples=500, deadline=None)
    def test_days_start_in_order(self, first, second, zone):
        tz = ZoneInfo(zone)
        starts = [timeline.day_start(day, tz) for day in sorted([first, second])]
        self.assertEqual(starts, sorted(starts))

    def test_day_start_where_midnight_is_odd(self):
        # Midnight did not exist: the clock went from 24:00 to 1:00 at 3:00 UTC.
        start = timeline.day_start(date(2017, 10, 15), ZoneInfo("America/Sao_Paulo"))
        self.assertEqual(start, datetime(2017, 10, 15, 3))
        # Midnight happened twice: 4:00 and 5:00 UTC; the first counts.
        start = timeline.day_start(date(2024, 11, 3), ZoneInfo("America/Havana"))
        self.assertEqual(start, datetime(2024, 11, 3, 4))
        self.assertEqual(
            timeline.day_floor(datetime.max, ZoneInfo("Asia/Tokyo")), date.max
        )

    @given(
        moment=MOMENTS,
        kind=st.text(max_size=20).filter(lambda kind: "\0" not in kind),
        row_id=st.integers(1, timeline.MAX_ID),
    )
    @settings(max_examples=300, deadline=None)
    def test_marks_survive(self, moment, kind, row_id):
        key = FactKey(moment, kind, row_id)
        mark = timeline.encode_mark(key)
        if len(mark) <= timeline.MAX_MARK:
            self.assertEqual(timeline.decode_mark(mark), key)

    @given(
        mark=st.one_of(
            st.text(max_size=250),
            st.binary(max_size=80),
            st.integers(),
            st.none(),
            st.lists(st.text()),
        )
    )
    @settings(max_examples=500, deadline=None)
    def test_other_strings_are_refused(self, mark):
        try:
            key = timeline.decode_mark(mark)
        except ValueError:
            return
        self.assertIsInstance(key, FactKey)

    @given(
        branches=st.tuples(
            branch_rows("a", dated=False),
            branch_rows("b", dated=True),
            branch_rows("c", dated=True),
            branch_rows("d", dated=False),
        ),
        limit=st.integers(1, 8),
        budget=st.integers(0, 20),
        zone=st.sampled_from(["UTC", "America/New_York", "Asia/Shanghai"]),
    )
    @settings(max_examples=500, deadline=None)
    def test_paging_passes_every_visible_fact_once(self, branches, limit, budget, zone):
        tz = ZoneInfo(zone)
        tables = [FakeTable(*branch) for branch in branches]
        wanted = sorted(
            (fact.key for t in tables for fact in t.facts(None, tz) if fact.visible),
            reverse=True,
        )
        pages, after = [], None
        while True:
            page = timeline.merge_page(
                [table.facts(after, tz) for table in tables], limit, limit + 1 + budget
            )
            pages.append(page)
            if page.after is None:
                break
            after = timeline.decode_mark(timeline.encode_mark(page.after))
        self.assertEqual([key for page in pages for key in page.keys], wanted)
        examined = limit + 1 + budget
        if examined > sum(len(table.rows) for table in tables):
            self.assertTrue(all(len(page.keys) == limit for page in pages[:-1]))
            self.assertTrue(pages[-1].keys or not wanted)

    def test_new_facts_above_do_not_shift_the_pages_below(self):
        tz = ZoneInfo("UTC")
        old = [(datetime(2026, 1, day), day, True) for day in range(1, 11)]
        table = FakeTable("a", False, old)
        page = timeline.merge_page([table.facts(None, tz)], 4, 100)
        table = FakeTable("a", False, [*old, (datetime(2026, 2, 1), 50, True)])
        following = timeline.merge_page([table.facts(page.after, tz)], 4, 100)
        self.assertEqual([key.id for key in following.keys], [6, 5, 4, 3])

    @given(rows=st.lists(st.tuples(CLOSE_DAYS, st.integers(1, 9)), unique=True))
    @settings(deadline=None)
    def test_date_below_everything_timed_of_its_day(self, rows):
        tz = ZoneInfo("America/New_York")
        timed = datetime(2026, 3, 1, 5, 0, 1)  # a second past midnight there
        keys = sorted(timeline.instant_of(day, tz) for day, _id in rows)
        later = [day for day, _id in rows if day > date(2026, 3, 1)]
        self.assertEqual(len(keys) - bisect_left(keys, timed), len(later))
