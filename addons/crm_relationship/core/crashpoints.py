"""Named places where a crash test may kill the process.

``CRM_CRASH=refresh_range:3`` kills it with SIGKILL at the third pass of
``refresh_range``. Without that variable in the environment this does nothing.
"""

import os
import signal

_passes: dict[str, int] = {}


def reach(name: str) -> None:
    """Count a pass of ``name`` and die here if the environment asks for it."""
    wanted = os.environ.get("CRM_CRASH")
    if not wanted:
        return
    place, _colon, number = wanted.partition(":")
    if place == name:
        _passes[name] = _passes.get(name, 0) + 1
        if _passes[name] == int(number or 1):
            os.kill(os.getpid(), signal.SIGKILL)
