import re
from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .consent_common import ConsentCase


@tagged("post_install", "-at_install")
class TestPreferences(ConsentCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.path = self.link(self.ann)

    def link(self, partner, company=None):
        link = self.env["crm.preferences"]._link(partner, company or self.company)
        self.env.flush_all()
        return link[link.index("/crm/preferences") :]

    def events(self):
        return self.env["crm.consent.event"].search(
            [("partner_id", "=", self.ann.id), ("how", "=", "preferences")]
        )

    def post(self, **said):
        self.env.flush_all()
        answer = self.url_open(self.path, data={"save": "", **said})
        self.env.invalidate_all()
        return answer

    def test_looking_changes_nothing(self):
        for method in ("GET", "HEAD"):
            for path in (self.path, f"{self.path}?email.promotion=1&until=2999-01-01"):
                answer = self.url_open(path, method=method)
                self.assertEqual(answer.status_code, 200)
        self.assertFalse(self.events())
        self.assertIn("no-referrer", answer.headers["Referrer-Policy"])
        self.assertIn("no-store", answer.headers["Cache-Control"])

    def test_page_tells_no_address(self):
        answer = self.url_open(self.path)
        self.assertIn("***@c.example", answer.text)
        self.assertNotIn(self.ann.email, answer.text)
        self.assertNotIn(self.ann.phone_sanitized, answer.text)
        self.assertNotIn(self.ann.email, self.path)

    def test_saying(self):
        before = self.env["crm.preferences"]._page(self.ann, self.company)["choices"]
        self.assertFalse(before["email", "promotion"])
        self.assertTrue(before["email", "service"])
        answer = self.post(**{"email.promotion": "1", "email.relationship": "1"})
        self.assertEqual(answer.status_code, 200)
        self.assertFalse(self.rule())
        self.assertEqual(self.rule(purpose="service"), "withdrawn")
        self.assertEqual(self.rule(kind="sms", purpose="service"), "withdrawn")
        event = self.events().filtered(lambda e: e.purpose == "promotion")[-1:]
        self.assertTrue(event.text_version and event.ip and event.source)
        self.assertFalse(event.user_id)
        # What is the same as before is said once.
        number = len(self.events())
        self.post(**{"email.promotion": "1", "email.relationship": "1"})
        self.assertEqual(len(self.events()), number)

    def test_rest(self):
        day = (self.now + timedelta(days=5)).date()
        everything = {
            f"{kind}.{purpose}": "1"
            for kind in ("email", "phone", "sms", "letter")
            for purpose in ("promotion", "relationship", "service")
        }
        self.post(until=day.isoformat(), **everything)
        self.assertEqual(self.rule(), "paused")
        self.assertEqual(self.rule(kind="sms", purpose="service"), "paused")
        self.assertIn(day.isoformat(), self.url_open(self.path).text)
        for bad in ("x", "9999-99-99"):
            self.post(until=bad, **everything)
            self.assertEqual(self.consent().pause_until.date(), day)
        self.post(until="2999-01-01", **everything)
        self.assertLess(self.consent().pause_until, self.now + timedelta(days=368))
        # An empty day ends it; here it is the same second, in which the rest wins.
        preferences = self.env["crm.preferences"]
        page = preferences._page(self.ann, self.company)
        ended = preferences._rest("", page)
        self.assertEqual({change["change"] for change in ended}, {"resumed"})
        self.assertEqual(len(ended), len(page["choices"]))

    def test_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.post(lang="fr_FR")
        self.assertEqual(self.ann.lang, "fr_FR")
        self.post(lang="xx_XX")
        self.assertEqual(self.ann.lang, "fr_FR")

    def test_forged_links_look_alike(self):
        other, gone = self.person(), self.person()
        token = self.path.rsplit("/", 1)[1]
        use, partner, company, signature = token.split(".")
        gone_path = self.link(gone)
        gone.unlink()
        self.env.flush_all()
        bad = [
            f"{use}.{other.id}.{company}.{signature}",
            f"{use}.{partner}.{self.env.ref('base.main_company').id}.{signature}",
            f"{use}.{partner}.{company}.",
            f"{use}.{partner}.{company}.{'A' * len(signature)}",
            f"{partner}.{company}.{signature}",
            "x",
            f"{use}.1.2.é",
            f"{use}.{'9' * 40}.{company}.{signature}",
            gone_path.rsplit("/", 1)[1],
        ]
        texts = set()
        for token in bad:
            for data in (None, {"email.promotion": "1"}):
                answer = self.url_open(f"/crm/preferences/{token}", data=data)
                self.assertEqual(answer.status_code, 404, token)
                # Each second has a token of its own.
                texts.add(re.sub(r'csrf_token: "\w+"', "", answer.text))
        self.assertEqual(len(texts), 1)
        self.assertFalse(self.events())
        # Neither link can be used as the other one.
        answer = self.url_open(f"/crm/unsubscribe/{self.path.rsplit('/', 1)[1]}")
        self.assertEqual(answer.status_code, 404)

    def test_link_outlives_merges(self):
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        steps = self.env["res.partner"].create(
            [{"name": "Ann of today"}, {"name": "Ann of tomorrow"}]
        )
        for old, new in zip(self.ann | steps[0], steps, strict=True):
            new.email = old.email
            merge._merge((old | new).ids, new)
        self.assertFalse(self.ann.exists())
        answer = self.post()
        self.assertEqual(answer.status_code, 200)
        self.assertIn("***@c.example", answer.text)
        self.assertEqual(self.rule(steps[1], purpose="service"), "withdrawn")

    def test_much_is_refused(self):
        answer = self.url_open(self.path, data={"lang": "x" * 100_000})
        self.assertEqual(answer.status_code, 413)
        self.assertFalse(self.events())
