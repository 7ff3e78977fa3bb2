import contextlib
import time
from urllib.parse import urljoin

from odoo.tests import HttpCase, tagged
from odoo.tests.common import ChromeBrowser

from .consent_common import ConsentCase

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
PATIENCE = 20  # seconds for a page


@tagged("post_install", "-at_install")
class TestPreferencesTour(ConsentCase, HttpCase):
    """The preference page as a customer sees it: on a telephone, without a login, in
    a browser that runs no scripts."""

    @contextlib.contextmanager
    def browser(self):
        browser = ChromeBrowser(self)
        with self.allow_requests(browser=browser):
            try:
                for method, params in (
                    ("Emulation.setScriptExecutionDisabled", {"value": True}),
                    ("Emulation.setDeviceMetricsOverride", PHONE),
                ):
                    browser._websocket_request(method, params=params)
                yield browser
            finally:
                browser.stop()
                self._wait_remaining_requests()

    def look(self, browser, expression):
        """Return the value of an expression, asked by the debugger past the page."""
        answer = browser._websocket_request(
            "Runtime.evaluate",
            params={"expression": expression, "returnByValue": True},
        )
        return answer["result"].get("value")

    def wait(self, browser, expression):
        deadline = time.monotonic() + PATIENCE
        while not self.look(browser, f"!!({expression})"):
            self.assertLess(time.monotonic(), deadline, expression)
            time.sleep(0.1)

    def test_without_scripts(self):
        link = self.env["crm.preferences"]._link(self.ann, self.company)
        path = link[link.index("/crm/preferences") :]
        box = "document.querySelector(\"[name='email.promotion']\")"
        self.env.flush_all()
        with self.browser() as browser:
            browser.navigate_to(urljoin(self.base_url(), path), wait_stop=True)
            self.wait(browser, box)
            # The company sends nothing to those who never agreed.
            self.assertFalse(self.look(browser, f"{box}.checked"))
            root = "document.documentElement"
            self.assertLessEqual(
                self.look(browser, f"{root}.scrollWidth"), PHONE["width"]
            )
            self.look(browser, f"{box}.click()")
            self.look(browser, "document.querySelector('[name=save]').click()")
            self.wait(browser, "document.querySelector('[role=status]')")
            self.assertTrue(self.look(browser, f"{box}.checked"))
        self.env.invalidate_all()
        consent = self.consent()
        self.assertEqual((consent.state, consent.how), ("granted", "preferences"))
        self.assertFalse(self.rule())
