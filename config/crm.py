#!/usr/bin/env python3
"""Entry point of every `make` target: checks the Python, then hands over.

Kept in syntax that old Pythons can read, so that they answer with one line
instead of a SyntaxError.
"""

import os
import subprocess
import sys

SUPPORTED = ((3, 11), (3, 12), (3, 13))


def find_python():
    """Return a supported Python found on the PATH, or None."""
    for minor in (11, 12, 13):
        name = "python3.%d" % minor
        try:
            code = subprocess.call(
                [name, "-c", "import venv"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            continue
        if code == 0:
            return name
    return None


def main():
    """Run the command line with a supported Python."""
    if sys.version_info[:2] not in SUPPORTED:
        other = find_python()
        if other and not os.environ.get("CRM_PYTHON_STRICT"):
            os.execvp(other, [other] + sys.argv)
        sys.exit(
            "error: Python 3.11, 3.12 or 3.13 is needed and this is %d.%d: "
            "install one and run `make PYTHON=/path/to/python3.11 ...`"
            % sys.version_info[:2]
        )
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from crmsuite.cli import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
