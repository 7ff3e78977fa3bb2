"""Turns what was measured into the page docs/benchmarks.md."""

import os
import re
from pathlib import Path

import psycopg2

BEGIN = "<!-- make bench writes from here -->"
END = "<!-- to here -->"
HEAD = """# Benchmarks

`make bench` measures what this page states and writes it anew between the two marks; it
fails when a ratio or a time limit is missed. Every case runs in a database of its own
with Odoo's demo data and rows added set-based, after `VACUUM ANALYZE`. Ratios compare
times of the same run, candidates taking turns; they are judged by the least of several
rounds, the median stands beside it. `make bench` needs about an hour and 10 GiB.

The yardstick of the profile engine, `benchmarks/reference.py`, is what one would write
by hand to get the same columns over the same windows once, grouped by the document's
partner, plan left to PostgreSQL. The engine does more: it rolls contacts up to their
firm, finds the buyer behind an invoice, and computes the day each row has to be looked
at again.
"""


def missed(results: list[dict]) -> list[str]:
    """Return a line for every figure out of its limit."""
    return [
        f"{result['case']}: {row['name']} = {row['value']:.3g} {row['unit']}, "
        f"limit {row['limit']:g}"
        for result in results
        for row in result["rows"]
        if row.get("good") is False
    ]


def write(path: Path, results: list[dict], ground) -> None:
    """Replace what was measured on the page; the rest of it stays as it is."""
    old = path.read_text() if path.is_file() else ""
    if BEGIN not in old or END not in old:
        old = f"{HEAD}\n{BEGIN}\n{END}\n"
    before, rest = old.split(BEGIN, 1)
    measured, after = rest.split(END, 1)
    sections = _kept(measured)
    sections |= {result["title"]: _section(result) for result in results}
    parts = [_machine(ground), *sections.values()]
    path.write_text(f"{before}{BEGIN}\n\n" + "\n".join(parts) + f"\n{END}{after}")


def _kept(measured: str) -> dict[str, str]:
    """Return the sections of a page by title, in their order."""
    found = re.split(r"^## (.+)$", measured, flags=re.MULTILINE)[1:]
    pairs = zip(found[::2], found[1::2], strict=True)
    return {title: f"## {title}{text.rstrip()}\n" for title, text in pairs}


def _machine(ground) -> str:
    with psycopg2.connect(**ground.server.dsn("postgres")) as connection:
        version = connection.server_version // 10000
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Machine: {os.cpu_count()} cores, {memory:.0f} GiB; PostgreSQL {version}. "
        "A case alone on the machine ends at a load average of about 1.\n"
    )


def _section(result: dict) -> str:
    lines = [f"## {result['title']}", ""]
    lines += [f"{note}" for note in result["notes"]]
    lines += [f"Measured on {result['day']}, load average {result['load']:.1f}."]
    lines += ["", "| measured | least | median | rounds |", "|---|---:|---:|---:|"]
    rows = result["rows"]
    lines += [
        f"| {row['name']} | {_time(row['least'])} | {_time(row['median'])} "
        f"| {row['rounds']} |"
        for row in rows
        if "least" in row
    ]
    judged = [row for row in rows if "limit" in row]
    if judged:
        lines += ["", "| figure | value | limit | |", "|---|---:|---:|---|"]
    lines += [
        f"| {row['name']} | {row['value']:.3g} {row['unit']} "
        f"| {row['limit']:g} {row['unit']} | {'met' if row['good'] else '**missed**'} |"
        for row in judged
    ]
    for name, plan in result["plans"].items():
        lines += ["", f"<details><summary>Plan: {name}</summary>", ""]
        lines += ["```", plan, "```", "", "</details>"]
    return "\n".join([*lines, ""])


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
