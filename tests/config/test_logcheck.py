"""Warnings and errors in Odoo's logs cannot hide."""

import re

import pytest
from crmsuite import logcheck

HEAD = "2026-03-01 10:00:00,123 4711 {} crm_test odoo.{}: {}"


@pytest.fixture
def log(tmp_path):
    """Return a function that writes a log of (level, logger, text) records."""

    def write(*records):
        path = tmp_path / "odoo.log"
        path.write_text("".join(HEAD.format(*record) + "\n" for record in records))
        return path

    return write


def test_warnings_and_errors_are_found(log):
    path = log(
        ("INFO", "modules.loading", "Modules loaded."),
        ("WARNING", "models", "something odd"),
        ("ERROR", "sql_db", "bad query: SELECT\nTraceback ...\nValueError: no"),
        ("CRITICAL", "service", "gone"),
    )
    assert logcheck.check(path, []) == [
        "odoo.log:2: WARNING odoo.models: something odd",
        "odoo.log:3: ERROR odoo.sql_db: bad query: SELECT",
        "odoo.log:6: CRITICAL odoo.service: gone",
    ]


def test_a_listed_record_is_let_through(log):
    path = log(("WARNING", "models", "something odd about res.partner"))
    assert not logcheck.check(path, [re.compile(r"WARNING odoo\.models: something")])


def test_the_list_reaches_into_the_traceback(log):
    path = log(("ERROR", "http", "Exception during request\nTimeout: partner lookup"))
    pattern = re.compile(r"ERROR odoo\.http: .*Timeout: partner", re.DOTALL)
    assert not logcheck.check(path, [pattern])
    assert logcheck.check(path, [re.compile(r"ERROR odoo\.http: .*Other", re.DOTALL)])


def test_the_level_counts(log):
    path = log(("ERROR", "models", "something odd"))
    assert logcheck.check(path, [re.compile(r"WARNING odoo\.models: something")])


def test_every_entry_of_the_list_has_a_reason(tmp_path):
    path = tmp_path / "allow.txt"
    path.write_text("# a comment\n\nWARNING a: b  # because\n")
    assert len(logcheck.read_allowed(path)) == 1
    path.write_text("WARNING a: b\n")
    with pytest.raises(ValueError, match="no reason"):
        logcheck.read_allowed(path)


def test_the_command_says_what_and_fails(log, tmp_path, capsys):
    allow = tmp_path / "allow.txt"
    allow.write_text("")
    path = log(("WARNING", "models", "something odd"))
    assert logcheck.main([str(allow), str(path)]) == 1
    assert "something odd" in capsys.readouterr().out
    allow.write_text("WARNING odoo.models: something  # known\n")
    assert logcheck.main([str(allow), str(path)]) == 0
