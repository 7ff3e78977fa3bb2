"""All linters; each prints what it found, and together they give one exit code."""

import os
import subprocess

from . import lint_tree
from .paths import ADDONS, CONFIG, ROOT, addon_manifests
from .util import Fail, say
from .venv import python


def _call(*cmd) -> bool:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.call([str(part) for part in cmd], cwd=ROOT, env=env) == 0


def ruff(fix: bool) -> bool:
    """Run ruff's linter and formatter."""
    cache = f"--cache-dir={ROOT / 'var' / 'ruff'}"
    lint = ["check", "-q", "--output-format=concise", cache, *["--fix"][: fix or 0]]
    style = ["format", "-q", cache]
    style += [] if fix else ["--check", "--output-format=concise"]
    good = _call(python(), "-m", "ruff", *lint, ".")
    return _call(python(), "-m", "ruff", *style, ".") and good


def pylint(fix: bool) -> bool:
    """Run pylint with Odoo's checks on our modules."""
    names = sorted(addon_manifests())
    rc = CONFIG / "pylintrc"
    paths = [ADDONS / name for name in names]
    return not names or _call(python(), "-m", "pylint", f"--rcfile={rc}", *paths)


def tree(fix: bool) -> bool:
    """Run our own checks of the whole tree."""
    found = lint_tree.check()
    for line in found:
        say(f"  {line}")
    return not found


LINTERS = {"ruff": ruff, "tree": tree, "pylint": pylint}


def run(fix: bool) -> int:
    """Run every linter, also after one has failed."""
    failed = []
    for name, linter in LINTERS.items():
        say(f"- lint: {name}")
        if not linter(fix):
            failed.append(name)
    if failed:
        raise Fail(f"lint failed: {', '.join(failed)}")
    say("lint is clean")
    return 0
