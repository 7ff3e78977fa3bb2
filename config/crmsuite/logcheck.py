"""Find warnings and errors in Odoo's logs that are not on the checked-in list.

A line of the list is `LEVEL logger: message` as a regular expression (matched from
the start, the whole record with its traceback), then two spaces, `# ` and the reason.
"""

import re
import sys
from pathlib import Path

RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) (?P<db>\S+) (?P<logger>[\w.?-]+): (?P<text>.*)$"
)
BAD = ("WARNING", "ERROR", "CRITICAL")


def read_allowed(path: Path) -> list[re.Pattern]:
    """Read the list; an entry without a reason is refused."""
    allowed = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, mark, reason = line.partition("  # ")
        if not mark or not reason.strip():
            raise ValueError(f"{path.name}:{number}: no reason given")
        allowed.append(re.compile(pattern.strip(), re.DOTALL))
    return allowed


def records(lines):
    """Yield (line number, level, "LEVEL logger: message and traceback")."""
    current = None
    for number, line in enumerate(lines, 1):
        found = RECORD.match(line)
        if found:
            if current:
                yield tuple(current)
            head = f"{found['level']} {found['logger']}: {found['text'].rstrip()}"
            current = [number, found["level"], head]
        elif current:
            current[2] += "\n" + line.rstrip()
    if current:
        yield tuple(current)


def check(path: Path, allowed: list[re.Pattern]) -> list[str]:
    """Return one line per record that should not be in a log."""
    with open(path, errors="replace") as stream:
        return [
            f"{path.name}:{number}: {text.splitlines()[0]}"
            for number, level, text in records(stream)
            if level in BAD and not any(entry.match(text) for entry in allowed)
        ]


def main(argv: list[str]) -> int:
    """Check the logs named after the list; exit code 1 when one has a bad record."""
    allowed = read_allowed(Path(argv[0]))
    bad = [line for name in argv[1:] for line in check(Path(name), allowed)]
    sys.stdout.writelines(f"{line}\n" for line in bad)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
