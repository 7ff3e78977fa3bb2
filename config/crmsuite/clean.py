"""Remove what the commands made in this checkout."""

import shutil

from .paths import OUTSIDE, VAR
from .util import say


def remove_all() -> int:
    """Stop the servers and remove var/ and the folder outside a private home."""
    shutil.rmtree(VAR, ignore_errors=True)
    shutil.rmtree(OUTSIDE, ignore_errors=True)
    say("var/ is removed; the download cache stays")
    return 0
