"""Timing and judging: several rounds, all candidates in each, least and median."""

import json
import os
import statistics
import time
from datetime import date
from pathlib import Path

from odoo.tools import SQL


class Book:
    """What was measured in one case, kept as JSON for the report."""

    def __init__(self, path: Path, case: str, title: str):
        self.path = path
        self.data = {"case": case, "title": title.splitlines()[0].rstrip(".")}
        self.data |= {"rows": [], "plans": {}, "notes": []}

    def timed(self, name: str, seconds: list[float], **more) -> float:
        """Keep the times of something; return the least."""
        least = min(seconds)
        row = {"name": name, "least": least, "median": statistics.median(seconds)}
        self.data["rows"].append({**row, "rounds": len(seconds), **more})
        print(f"  {name}: {least * 1000:.1f} ms", flush=True)
        return least

    def judge(self, name: str, value: float, limit: float, unit: str = "×") -> None:
        """Keep a figure that has to stay within a limit."""
        good = value <= limit
        row = {"name": name, "value": value, "limit": limit, "unit": unit, "good": good}
        self.data["rows"].append(row)
        print(f"  {'ok  ' if good else 'MISS'} {name}: {value:.3g} {unit} <= {limit}")

    def note(self, text: str) -> None:
        """Keep a sentence about the data."""
        self.data["notes"].append(text)

    def plan(self, name: str, text: str) -> None:
        """Keep a query plan."""
        self.data["plans"][name] = text

    def save(self) -> None:
        """Write the results where the report finds them."""
        now = {"day": date.today().isoformat(), "load": os.getloadavg()[0]}
        self.path.write_text(json.dumps(self.data | now, indent=1))


def explain(cr, query: SQL, timing: bool = False) -> tuple[float, str]:
    """Run a query where it lies; return seconds of planning and running, and the plan.

    Nothing is sent to the client, so that two queries with rows of different width
    are compared by the server's work only.
    """
    option = SQL("ON") if timing else SQL("OFF")
    cr.execute(SQL("EXPLAIN (ANALYZE, TIMING %s, SUMMARY ON) %s", option, query))
    lines = [line for (line,) in cr.fetchall()]
    millis = [
        float(line.split(":")[1].split()[0])
        for line in lines
        if line.startswith(("Planning Time", "Execution Time"))
    ]
    return sum(millis) / 1000, "\n".join(lines)


def clock(function, *args) -> float:
    """Return the seconds a call takes."""
    begin = time.perf_counter()
    function(*args)
    return time.perf_counter() - begin


def rounds(count: int, **candidates) -> dict[str, list[float]]:
    """Run candidates in turn, so that a busy minute hits all of them alike.

    A first, uncounted round warms the cache.
    """
    seconds = {name: [] for name in candidates}
    for turn in range(count + 1):
        for name, candidate in candidates.items():
            taken = candidate()
            if turn:
                seconds[name].append(taken)
    return seconds
