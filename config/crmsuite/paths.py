"""Where things are: the checkout, its state, and the cache shared by checkouts."""

import ast
import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
# `make guards` runs the tests on a copy of the modules with a guard taken out.
ADDONS = Path(os.environ.get("CRM_ADDONS") or ROOT / "addons")
VAR = ROOT / "var"
LOGS = VAR / "log"
CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
# Where the database server lives when its user cannot get into the checkout.
OUTSIDE = Path("/var/tmp") / f"odoo-crm-suite-{CHECKOUT}"  # noqa: S108


def cache_dir() -> Path:
    """Return the download cache, outside every checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "odoo-crm-suite"


def addon_manifests() -> dict[str, dict]:
    """Return {module name: manifest} of the installable modules of this checkout."""
    found = {}
    for path in sorted(ADDONS.glob("*/__manifest__.py")):
        manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
        if manifest.get("installable", True):
            found[path.parent.name] = manifest
    return found


def core_dependencies() -> list[str]:
    """Return the modules of Odoo itself that our modules name."""
    manifests = addon_manifests()
    wanted = {name for m in manifests.values() for name in m.get("depends", ["base"])}
    return sorted(wanted - set(manifests))


def install_order() -> list[str]:
    """Return our modules, every one after those it depends on."""
    manifests, order = addon_manifests(), []

    def visit(name):
        if name in manifests and name not in order:
            for dependency in manifests[name].get("depends", []):
                visit(dependency)
            order.append(name)

    for name in manifests:
        visit(name)
    return order
