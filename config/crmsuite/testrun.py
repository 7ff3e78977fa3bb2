"""The tests: pure Python, then pytest-odoo on a clone of the template, then tests/."""

import os
import subprocess
from pathlib import Path

from . import checks, databases, logcheck, odooproc, setup
from .paths import ADDONS, CONFIG, LOGS, ROOT, VAR, install_order
from .util import Fail, say, step, warn
from .venv import python


def _pytest(args, env=None) -> int:
    """Run pytest from the checkout's root with our plug-ins importable."""
    env = {**os.environ, **(env or {})}
    path = [str(CONFIG), env.get("PYTHONPATH", "")]
    env["PYTHONPATH"] = os.pathsep.join(part for part in path if part)
    cmd = [python(), "-m", "pytest", "-o", f"cache_dir={VAR / 'pytest'}", *args]
    return subprocess.call([str(part) for part in cmd], cwd=ROOT, env=env)


def pure() -> int:
    """Run the tests that need neither Odoo nor a database."""
    return _pytest(["-p", "no:odoo", "-q", ROOT / "tests" / "config"])


def odoo_tests(ground, paths: list[str], extra: list[str]) -> int:
    """Run Odoo tests on a fresh clone of the template."""
    log = odooproc.log_path("test-odoo")
    with databases.temporary(ground, "test") as name:
        conf = odooproc.write_conf(ground, name)
        args = [f"--odoo-database={name}", f"--odoo-config={conf}", "--odoo-http"]
        args += ["--odoo-log-level=info", "--odoo-extra", f"logfile={log}"]
        args += ["-p", "crmsuite.tours", "-q"]
        return _pytest([*args, *paths, *extra], env=ground.env)


def _test_paths() -> list[str]:
    return [str(ADDONS / name) for name in install_order()]


def run(targets: list[str], full: bool = False) -> int:
    """Run all tests, or those of the named files; return the exit code."""
    ground = setup.ground()
    if targets:
        return odoo_tests(ground, targets, [])
    if not checks.browser():
        warn("no chromium here: browser tours will be SKIPPED (apt install chromium)")
    failed = []
    stages = {"pure tests": pure, "Odoo tests": lambda: _all_odoo(ground)}
    stages["cross-process tests"] = lambda: across(ground)
    for title, stage in stages.items():
        with step(title):
            if stage():
                failed.append(title)
    failed += _log_problems(ground)
    if failed:
        raise Fail(f"failed: {', '.join(failed)}")
    say("all tests passed")
    return 0


def _all_odoo(ground) -> int:
    paths = _test_paths()
    return odoo_tests(ground, paths, []) if paths else 0


def across(ground) -> int:
    """Run the tests that start real server processes."""
    tests = ROOT / "tests"
    if not list(tests.glob("test_*.py")):
        return 0
    env = {**ground.env, "CRM_TEMPLATE": databases.suite_template(ground)}
    code = _pytest(["-p", "no:odoo", "-q", tests, f"--ignore={tests / 'config'}"], env)
    return 0 if code == 5 else code  # 5: no test was collected


def _log_problems(ground) -> list[str]:
    """Check the logs of installation, update and test."""
    logs = [databases.install_log(databases.suite_template(ground))]
    logs += sorted(LOGS.glob("test-*.log"))
    allowed = logcheck.read_allowed(CONFIG / "log_allow.txt")
    bad = [hit for log in logs if log.is_file() for hit in logcheck.check(log, allowed)]
    for hit in bad[:50]:
        say(f"  {hit}")
    return [f"{len(bad)} warnings or errors in the logs"] if bad else []


def log_files() -> list[Path]:
    """Return the logs there are."""
    return sorted(LOGS.glob("*.log"))
