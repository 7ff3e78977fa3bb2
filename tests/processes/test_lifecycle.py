"""Update, uninstall and reinstall leave a database as they should."""

import re

import pytest
from crmsuite import databases, logcheck, odooproc
from crmsuite.paths import CONFIG, install_order

from . import catalog

UNINSTALL = """
def main(env, name):
    module = env["ir.module.module"].search([("name", "=", name)])
    module.button_immediate_uninstall()
"""
# What Odoo leaves behind any module; no table, column or running part is among it.
LEFT_BY_ODOO = (
    # Notes of foreign keys have no external id, and uninstalling goes by these. The
    # key itself goes with its column; a reinstallation takes the note up again.
    re.compile(r'^\+ ir_model_constraint: .*_fkey"'),
    # Every module that extends a mixin notes the models of others that inherit it;
    # the models go, the names of the notes stay, with nothing behind them.
    re.compile(r'^\+ ir_model_data: .*"model_inherit__'),
    # Choices of a mixin's fields are noted under the mixin's module, one note for each
    # model that inherits it; the same holds for them.
    re.compile(r'^\+ ir_model_data: .*"selection__crm_\w+", .*"module": "mail"'),
    # A new database has this key from before its field is known; whoever extends
    # `ir.rule` first makes it what Odoo's own field says.
    re.compile(r"constraint: rule_group_rel rule_group_rel_group_id_fkey "),
)
ORPHANS = """
    SELECT c.relname || '.' || a.attname
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN ir_model m ON replace(m.model, '.', '_') = c.relname
     WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND NOT EXISTS (SELECT FROM ir_model_fields f
                        WHERE f.model_id = m.id AND f.name = a.attname)"""


def run_odoo(suite, database: str, what: str, *args: str) -> None:
    """Run an Odoo process to its end; its log must be clean."""
    log = odooproc.log_path(f"processes-{what}")
    conf = odooproc.write_conf(suite.ground, database)
    args = [*args, "--stop-after-init", "--no-http"]
    odooproc.run(suite.ground, conf, args, what, log)
    allowed = logcheck.read_allowed(CONFIG / "log_allow.txt")
    assert not logcheck.check(log, allowed)


@pytest.fixture
def core(suite):
    """Return the name of a database as it was before our modules came."""
    name = databases.temporary_name(suite.ground, "core")
    databases.clone(suite.ground.server, databases.core_template(suite.ground), name)
    yield name
    databases.drop(suite.ground.server, name)


def test_update_changes_nothing(suite, database):
    modules = install_order()
    schema = catalog.schema(suite, database)
    settings = catalog.configuration(suite, database)
    records = catalog.records_of(suite, database, modules)
    run_odoo(suite, database, "update", "-u", ",".join(modules))
    assert not catalog.difference(schema, catalog.schema(suite, database))
    after = catalog.configuration(suite, database)
    assert not catalog.difference(settings, after)
    after = catalog.records_of(suite, database, modules)
    assert not catalog.difference(records, after)


def test_uninstall_leaves_nothing(suite, database, core):
    modules = install_order()
    full = catalog.schema(suite, database)
    orphans = suite.sql(database, ORPHANS)
    for module in reversed(modules):
        suite.run(database, UNINSTALL, module)
        assert suite.sql(database, ORPHANS) == orphans, f"columns left by {module}"
    left = catalog.difference(
        catalog.schema(suite, core), catalog.schema(suite, database), LEFT_BY_ODOO
    )
    assert not left, "\n".join(left)
    left = catalog.difference(
        catalog.configuration(suite, core),
        catalog.configuration(suite, database),
        LEFT_BY_ODOO,
    )
    assert not left, "\n".join(left)
    run_odoo(suite, database, "reinstall", "-i", ",".join(modules))
    again = catalog.difference(full, catalog.schema(suite, database))
    assert not again, "\n".join(again)
