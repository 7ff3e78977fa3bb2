"""What is in a database, as lines of text that two states can be compared by."""

# Everything `pg_dump -s` writes that a module can change.
SCHEMA = {
    "relation": """
        SELECT c.relkind::text || ' ' || c.relname
          FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
           AND c.relkind IN ('r', 'v', 'm', 'S', 'f', 'p')""",
    "column": """
        SELECT c.relname || '.' || a.attname || ' '
               || format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
               || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '')
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm')
           AND a.attnum > 0 AND NOT a.attisdropped""",
    "comment": """
        SELECT c.relname || '.' || coalesce(a.attname, '') || ' ' || d.description
          FROM pg_description d
          JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind <> 'i'""",
    "constraint": """
        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "index": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "function": """
        SELECT pg_get_functiondef(p.oid)
          FROM pg_proc p
         WHERE p.pronamespace = 'public'::regnamespace AND p.prokind IN ('f', 'p')""",
    "trigger": """
        SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
    "view": """
        SELECT viewname || ' ' || definition FROM pg_views
         WHERE schemaname = 'public'""",
}
# Tables of configuration, compared whole: a module may add rows without external id.
CONFIGURATION = (
    *("ir_act_client", "ir_act_report_xml", "ir_act_server", "ir_act_url"),
    *("ir_act_window", "ir_act_window_view", "ir_asset", "ir_config_parameter"),
    *("ir_cron", "ir_default", "ir_filters", "ir_model"),
    *("ir_model_access", "ir_model_constraint", "ir_model_data", "ir_model_fields"),
    *("ir_model_fields_selection", "ir_model_inherit", "ir_model_relation"),
    *("ir_module_category", "ir_rule", "ir_sequence", "ir_ui_menu", "ir_ui_view"),
    *("res_groups", "res_groups_implied_rel", "res_groups_privilege"),
    *("res_groups_users_rel", "rule_group_rel", "ir_ui_menu_group_rel"),
    *("ir_ui_view_group_rel", "mail_message_subtype", "mail_activity_type"),
)
# Columns that say when, not what.
WHEN = (
    "arch_prev",
    "write_date",
    "write_uid",
    "create_date",
    "lastcall",
    "nextcall",
    "call_at",
)


def schema(suite, database: str) -> set[str]:
    """Return the schema of a database, a line per object."""
    return {
        f"{kind}: {text}"
        for kind, query in SCHEMA.items()
        for (text,) in suite.sql(database, query)
    }


def configuration(suite, database: str) -> set[str]:
    """Return the rows of the tables of configuration, a line per row."""
    return {
        f"{table}: {text}"
        for table in CONFIGURATION
        for text in rows(suite, database, table)
    }


def rows(suite, database: str, table: str) -> list[str]:
    """Return the rows of a table as text, without when they were written."""
    query = f"SELECT (to_jsonb(t) - %s::text[])::text FROM {table} t"
    return [text for (text,) in suite.sql(database, query, [list(WHEN)])]


def records_of(suite, database: str, modules: list[str]) -> set[str]:
    """Return the rows with an external id of some modules, a line per row."""
    models = suite.sql(
        database,
        "SELECT DISTINCT model FROM ir_model_data WHERE module = ANY(%s)",
        [modules],
    )
    lines = set()
    for (model,) in models:
        table = TABLES.get(model, model.replace(".", "_"))
        found = suite.sql(
            database,
            f"""SELECT (to_jsonb(t) - %s::text[])::text FROM {table} t
                  JOIN ir_model_data d ON d.res_id = t.id
                 WHERE d.model = %s AND d.module = ANY(%s)""",
            [list(WHEN), model, modules],
        )
        lines |= {f"{model}: {text}" for (text,) in found}
    return lines


# Models whose table is not called like them.
TABLES = {
    "ir.actions.act_window": "ir_act_window",
    "ir.actions.act_window.view": "ir_act_window_view",
    "ir.actions.client": "ir_act_client",
    "ir.actions.report": "ir_act_report_xml",
    "ir.actions.server": "ir_act_server",
    "ir.actions.act_url": "ir_act_url",
}


def difference(before: set[str], after: set[str], known=()) -> list[str]:
    """Return lines that came (+) or went (-), without those known to."""
    changes = [f"- {line}" for line in before - after]
    changes += [f"+ {line}" for line in after - before]
    return sorted(
        change[:400]
        for change in changes
        if not any(pattern.search(change) for pattern in known)
    )
