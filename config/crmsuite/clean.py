"""Remove what the commands made in this checkout."""

import shutil

from . import postgres, server
from .paths import OUTSIDE, VAR
from .util import say


def stop_all() -> int:
    """Stop the demo server and this checkout's PostgreSQL."""
    say("the demo server is stopped" if server.stop() else "no demo server was running")
    say("PostgreSQL is stopped" if postgres.stop() else "no PostgreSQL was running")
    return 0


def remove_all() -> int:
    """Stop the servers and remove var/ and the folder outside a private home."""
    stop_all()
    shutil.rmtree(VAR, ignore_errors=True)
    shutil.rmtree(OUTSIDE, ignore_errors=True)
    say("var/ is removed; the download cache stays")
    return 0
