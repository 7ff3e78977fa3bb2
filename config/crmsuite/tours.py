"""pytest plug-in: counts browser tests, so that skipped ones cannot go unseen.

With CRM_REQUIRE_TOURS=1 a run in which a browser test was skipped fails.
"""

import os

import pytest

_count = {"run": 0, "skipped": 0}


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    """Count every browser that a test starts or fails to find."""
    if not session.config.getoption("--odoo-database"):
        return
    from unittest import SkipTest

    from odoo.tests import common

    start = common.ChromeBrowser.__init__

    def counted(self, *args, **kwargs):
        try:
            start(self, *args, **kwargs)
        except SkipTest:
            _count["skipped"] += 1
            raise
        _count["run"] += 1

    common.ChromeBrowser.__init__ = counted


def pytest_sessionfinish(session):
    """Fail a run that had to run its browser tests and did not."""
    if _count["skipped"] and os.environ.get("CRM_REQUIRE_TOURS"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say how many browser tests ran."""
    run, skipped = _count["run"], _count["skipped"]
    if run or skipped:
        why = ": NO BROWSER HERE" if skipped else ""
        line = f"browser tests: {run} run, {skipped} skipped{why}"
        terminalreporter.write_line(line, red=bool(skipped), bold=True)
