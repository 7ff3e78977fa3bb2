"""Odoo's own tests of the apps we extend, with our modules installed: 45 minutes.

Some of them fail without our modules, too: those are in config/core_failures.txt,
made by `config/crm.py core-failures` on the template that has no module of ours.
"""

from . import databases, setup, testrun
from .paths import CONFIG, VAR
from .util import say, write_atomic

LIST = CONFIG / "core_failures.txt"
SUITES = (
    *("sales_team", "crm", "sale", "sale_crm", "sale_management", "sale_margin"),
    *("link_tracker", "sms", "mass_mailing", "mass_mailing_sms"),
    *("account", "payment", "account_payment", "stock", "stock_account", "sale_stock"),
)
HEAD = """\
# Tests of Odoo 19 itself that fail on a database without any module of ours.
# Made by `config/crm.py core-failures`.
"""


def _run(ground, source: str | None = None) -> set[str]:
    """Run Odoo's tests and return those that failed."""
    target = VAR / "reports" / "core-failures.txt"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    folder = ground.odoo.path / "odoo" / "addons"
    beside = [*ground.odoo.addons, folder]
    paths = [
        next(p / name / "tests" for p in beside if (p / name / "tests").is_dir())
        for name in SUITES
    ]
    args = [*paths, "-p", "crmsuite.failures", "-r", "N", "--tb=line", "--no-summary"]
    env = {"CRM_FAILURES_FILE": str(target)}
    testrun.inside(ground, "core", args, source=source, env=env)
    return set(target.read_text().split())


def known() -> set[str]:
    """Return the failures of Odoo's own."""
    lines = LIST.read_text().splitlines() if LIST.is_file() else []
    return {line for line in lines if line and not line.startswith("#")}


def compare(ground) -> int:
    """Run them with our modules; anything failing that is not on the list counts."""
    failed = _run(ground)
    new, gone = sorted(failed - known()), sorted(known() - failed)
    for name in new:
        say(f"  fails with our modules only: {name}")
    for name in gone:
        say(f"  listed, but passes here: {name}")
    say(f"  {len(failed)} failed, {len(new)} of them not on the list of Odoo's own")
    return 1 if new else 0


def establish() -> int:
    """Write the list of what fails without our modules."""
    ground = setup.ground()
    failed = _run(ground, source=databases.core_template(ground))
    write_atomic(LIST, HEAD + "".join(f"{name}\n" for name in sorted(failed)))
    say(f"{len(failed)} failures written to {LIST}")
    return 0
