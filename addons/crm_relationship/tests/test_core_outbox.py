import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from ..core import outbox, placeholders, smtp

CODES = st.integers(100, 699)


class Wire:
    """A connection whose server answers as told and breaks where it is told."""

    def __init__(self, codes, broken):
        self.codes, self.broken = dict(codes), broken
        self.taken = False

    def _say(self, stage):
        if self.broken == stage:
            raise ConnectionResetError(stage)
        return self.codes[stage], b"said"

    def has_extn(self, name):
        return True

    def mail(self, sender, options):
        return self._say("mail")

    def rcpt(self, recipient):
        return self._say("rcpt")

    def docmd(self, command):
        return self._say("data")

    def send(self, content):
        if self.broken == "send":
            raise ConnectionResetError("send")

    def getreply(self):
        # The server took it before anything could go wrong with its answer.
        if self.broken == "end" or 200 <= self.codes["end"] < 300:
            self.taken = True
        return self._say("end")

    def rset(self):
        return self._say("mail")

    def close(self):
        pass


class TestCoreOutbox(unittest.TestCase):
    @settings(max_examples=400, deadline=None)
    @given(
        st.fixed_dictionaries(
            {"mail": CODES, "rcpt": CODES, "data": CODES, "end": CODES}
        ),
        st.sampled_from(["", "mail", "rcpt", "data", "send", "end"]),
    )
    def test_no_mail_is_called_untaken_that_was_taken(self, codes, broken):
        wire = Wire(codes, broken)
        receipt = smtp.converse(wire, "a@b.c", ["d@e.f"], b"text\r\n")
        if receipt.outcome in (smtp.REFUSED, smtp.DELAYED, smtp.DOWN):
            self.assertFalse(wire.taken)
        if receipt.outcome == smtp.ACCEPTED:
            self.assertTrue(wire.taken)

    def test_outcomes(self):
        fine = {"mail": 250, "rcpt": 250, "data": 354, "end": 250}
        cases = [
            ({}, "", smtp.ACCEPTED),
            ({"rcpt": 550}, "", smtp.REFUSED),
            ({"rcpt": 451}, "", smtp.DELAYED),
            ({"mail": 421}, "", smtp.DOWN),
            ({"data": 451}, "", smtp.DELAYED),
            ({"end": 452}, "", smtp.DELAYED),
            ({"end": 554}, "", smtp.REFUSED),
            ({"end": 399}, "", smtp.UNKNOWN),
            ({}, "rcpt", smtp.DOWN),
            ({}, "data", smtp.DOWN),
            ({}, "send", smtp.UNKNOWN),
            ({}, "end", smtp.UNKNOWN),
        ]
        for codes, broken, outcome in cases:
            with self.subTest(codes=codes, broken=broken):
                wire = Wire(fine | codes, broken)
                receipt = smtp.converse(wire, "a@b.c", ["d@e.f"], b"text")
                self.assertEqual(receipt.outcome, outcome)

    @given(st.text())
    def test_heading_is_one_line(self, text):
        heading = placeholders.heading(text)
        self.assertEqual(heading.splitlines(), [heading] if heading else [])
        heading.encode()
        self.assertNotRegex(heading, r"[\x00-\x1f\x7f-\x9f]")

    @given(st.text(), st.text())
    def test_values_are_not_read_again(self, before, value):
        text = placeholders.PLACEHOLDER.sub("", before).replace("{", "")
        filled = placeholders.fill(text + "{{ name }}", {"name": value})
        self.assertEqual(filled, text + value)

    def test_only_known_placeholders(self):
        text = "{{ name }} {{name}} {{ name.env }} {{ 7*7 }}"
        self.assertEqual(placeholders.unknown(text, {"name"}), ["name.env", "7*7"])
        self.assertEqual(placeholders.fill("{{ 7*7 }}", {"name": "x"}), "")

    def test_waits_grow(self):
        waits = [outbox.wait_seconds(attempt) for attempt in range(1, 12)]
        self.assertEqual(waits, sorted(waits))
        self.assertEqual((waits[0], waits[-1]), (60, 6 * 3600))
