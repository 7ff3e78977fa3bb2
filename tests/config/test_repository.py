"""Makefile, docker-compose.yml and the plug-ins fit together."""

import re
from types import SimpleNamespace

import pytest
import yaml
from crmsuite import cli, commands, databases, indexes, only_ours, tours
from crmsuite.failures import short
from crmsuite.paths import ROOT
from crmsuite.util import Fail


def test_makefile_and_commands_agree():
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())
    assert phony == {"help", *cli.COMMANDS}
    for name in {**cli.COMMANDS, **cli.MORE}.keys() - cli.AT_ONCE.keys():
        assert callable(getattr(commands, f"_{name.replace('-', '_')}")), name


def test_help_is_the_default_and_lists_everything(capsys):
    assert ".DEFAULT_GOAL := help" in (ROOT / "Makefile").read_text()
    assert cli.main(["help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in cli.COMMANDS)


def test_docker_compose_is_closed_to_the_outside():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services = compose["services"]
    assert services["odoo"]["image"] == "odoo:19"
    assert {"db", "odoo", "mail"} == set(services)
    for service in services.values():
        assert re.search(r":[\w.]+$", service["image"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    for service in services.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).is_dir() or source in compose["volumes"]


def test_skipped_browser_tests_fail_a_run_that_needs_them(monkeypatch):
    session = SimpleNamespace(exitstatus=0)
    monkeypatch.setitem(tours._count, "skipped", 1)
    monkeypatch.delenv("CRM_REQUIRE_TOURS", raising=False)
    tours.pytest_sessionfinish(session)
    assert session.exitstatus == 0
    monkeypatch.setenv("CRM_REQUIRE_TOURS", "1")
    tours.pytest_sessionfinish(session)
    assert session.exitstatus == pytest.ExitCode.TESTS_FAILED


def test_plugins_do_nothing_without_odoo():
    session = SimpleNamespace(config=SimpleNamespace(getoption=lambda name: None))
    tours.pytest_sessionstart(session)
    only_ours.pytest_sessionstart(session)


def test_failures_are_named_without_the_place_of_odoo():
    node = "../x/odoo/addons/crm/tests/test_a.py::TestA::test_b"
    assert short(node) == "crm/tests/test_a.py::TestA::test_b"


def test_a_template_depends_on_code_not_on_tests(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "ADDONS", tmp_path)
    for folder in ("models", "tests", "static"):
        (tmp_path / "crm_x" / folder).mkdir(parents=True)
    key = databases.code_key()
    (tmp_path / "crm_x" / "tests" / "test_x.py").write_text("x = 1")
    (tmp_path / "crm_x" / "static" / "x.js").write_text("x")
    assert databases.code_key() == key
    (tmp_path / "crm_x" / "models" / "x.py").write_text("x = 1")
    assert databases.code_key() != key


def test_optional_indexes_are_read_and_nothing_else_runs():
    text = """-- for the timeline
CREATE INDEX CONCURRENTLY IF NOT EXISTS x__y_index ON x (y)
    WHERE y IS NOT NULL;
"""
    [(name, table, statement)] = indexes.statements(text)
    assert (name, table) == ("x__y_index", "x")
    assert statement.endswith("WHERE y IS NOT NULL")
    with pytest.raises(Fail):
        indexes.statements("DROP TABLE x;")
    with pytest.raises(Fail):
        indexes.statements("CREATE INDEX x__y_index ON x (y);")
