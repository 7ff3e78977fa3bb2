"""pytest plug-in: Odoo's checks that walk over all modules walk over ours only."""

import pytest

from .paths import addon_manifests


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    """Narrow the modules that Odoo's checks find."""
    if not session.config.getoption("--odoo-database"):
        return
    from odoo.modules import Manifest

    every = Manifest.all_addon_manifests
    ours = set(addon_manifests())
    Manifest.all_addon_manifests = staticmethod(
        lambda: [manifest for manifest in every() if manifest.name in ours]
    )
