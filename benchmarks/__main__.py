"""`make bench`: every case in a database of its own, then docs/benchmarks.md.

Names of cases as arguments run only these; the page keeps what was measured last of the
others. Exit code 1 when a figure is missed.
"""

import json
import sys
from pathlib import Path

from crmsuite import databases, odooproc, setup
from crmsuite.paths import ROOT, VAR
from crmsuite.util import Fail, need_space, say, step

from .report import missed, write

# Not imported from main.py: that one runs inside Odoo.
CASES = ("purchases", "invoices", "orders", "segments", "timeline", "list", "imports")
CASES += ("contacts", "sending", "planner", "receivables")
FOLDER = Path(__file__).parent


def _result(case: str) -> Path:
    return VAR / "bench" / f"{case}.json"


def run(ground, case: str) -> dict:
    """Run a case in a clone of the template and return what it measured."""
    result = _result(case)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.unlink(missing_ok=True)
    log = odooproc.log_path(f"bench-{case}")
    with databases.temporary(ground, "bench") as name, step(f"bench: {case}"):
        conf = odooproc.write_conf(ground, name)
        odooproc.run_script(ground, conf, FOLDER / "main.py", case, result, log=log)
    return json.loads(result.read_text())


def main(wanted: list[str]) -> int:
    """Measure, write the report, tell what was missed."""
    unknown = set(wanted) - set(CASES)
    if unknown:
        raise Fail(f"no such case: {', '.join(sorted(unknown))}")
    need_space(VAR, 10)
    ground = setup.ground()
    results = {case: run(ground, case) for case in wanted or CASES}
    kept = {case: _result(case) for case in CASES if _result(case).is_file()}
    known = {case: json.loads(file.read_text()) for case, file in kept.items()}
    write(ROOT / "docs" / "benchmarks.md", list(known.values()), ground)
    say("written: docs/benchmarks.md")
    bad = missed(list(results.values()))
    for line in bad:
        say(f"  missed: {line}")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except Fail as failure:
        sys.exit(f"error: {failure}")
    sys.exit(code)
