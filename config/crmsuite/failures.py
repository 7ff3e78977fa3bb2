"""pytest plug-in: writes the failed tests to the file named by CRM_FAILURES_FILE."""

import os
import re
from pathlib import Path

_failed = set()


def short(node: str) -> str:
    """Return a test's name without where Odoo is: module/tests/file.py::Class::test."""
    return re.sub(r"^.*?addons/", "", node)


def pytest_runtest_logreport(report):
    """Remember a failed test, also when only its set-up or a part of it failed."""
    if report.failed:
        _failed.add(short(report.nodeid))


def pytest_sessionfinish():
    """Write the list."""
    target = os.environ.get("CRM_FAILURES_FILE")
    if target:
        Path(target).write_text("".join(f"{name}\n" for name in sorted(_failed)))
