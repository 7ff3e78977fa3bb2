"""What a machine has: browser, node, PDF engine. Missing pieces are said aloud."""

import shutil

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def browser() -> str | None:
    """Return the browser Odoo's tours would take, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def node() -> str | None:
    """Return node when npm is there too, or None."""
    return shutil.which("node") if shutil.which("npm") else None
