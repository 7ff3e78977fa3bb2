"""Checked-in tables of what is expected, one file per module and subject."""

import csv
import os
from pathlib import Path

EXPECTED = Path(__file__).parent / "expected"
REGENERATE = bool(os.environ.get("CRM_REGENERATE"))
HINT = (
    "If this is meant, write the tables anew with CRM_REGENERATE=1, read the "
    "difference and commit it with the reason."
)


def read(module: str, subject: str, key: int) -> dict[tuple, dict]:
    """Return a table by the values of its first `key` columns."""
    path = EXPECTED / module / f"{subject}.csv"
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {tuple(list(row.values())[:key]): row for row in rows}


def write(module: str, subject: str, rows: list[dict]) -> None:
    """Replace a table; a module with nothing to state has none."""
    path = EXPECTED / module / f"{subject}.csv"
    if not rows:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def differences(module: str, subject: str, key: int, rows: list[dict]) -> list[str]:
    """Compare with the checked-in table, or replace it when asked to.

    :return: a line per cell that differs and per row that is missing or new
    """
    if REGENERATE:
        write(module, subject, rows)
        return []
    expected = read(module, subject, key)
    found = {tuple(list(row.values())[:key]): row for row in rows}
    lines = [f"{'/'.join(k)}: not declared" for k in found if k not in expected]
    lines += [f"{'/'.join(k)}: declared, not there" for k in expected if k not in found]
    for row_key in found.keys() & expected.keys():
        for column, value in found[row_key].items():
            stated = expected[row_key].get(column, "(no such column)")
            if stated != value:
                where = "/".join(row_key)
                lines.append(f"{where} {column}: {value!r}, declared {stated!r}")
    return [f"{module}/{subject}.csv: {line}" for line in sorted(lines)]
