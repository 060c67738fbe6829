"""Triggers, indexes, views and other objects of the ledger's database, compared by definition, not by name.

A trigger of the right name may do nothing; a strange one may swallow rows that are then acknowledged. So everything that
the database holds around the rows is read as text (tables, indexes, triggers, views; on PostgreSQL also columns,
constraints, rules, functions, policies) and compared with what the migrations make, kept in ``structure.json`` beside
them: made by :func:`read_structure` on a fresh ledger, which a test repeats.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from circles.foundation import errors

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from circles.foundation.errors import Finding

Structure = dict[str, str]
"""Kind and name → the normalised text of what it is."""
_SPACE = re.compile(r"\s+")
_SQLITE = "SELECT type || ' ' || name, coalesce(sql, '') || ' on ' || tbl_name FROM sqlite_master"
_POSTGRESQL = """
WITH home AS (SELECT relnamespace AS id FROM pg_class WHERE oid = 'entries'::regclass),
ours AS (SELECT c.* FROM pg_class c, home WHERE c.relnamespace = home.id AND NOT EXISTS
  (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e'))
SELECT 'relation ' || relname, concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, relispartition,
  relhasrules, CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END) FROM ours WHERE relkind NOT IN ('i', 'I')
UNION ALL SELECT 'column ' || relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull,
  attgenerated, attidentity, attcollation = 0 OR attcollation = 100, (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
  WHERE adrelid = attrelid AND adnum = attnum))
  FROM pg_attribute JOIN ours ON attrelid = ours.oid WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r'
UNION ALL SELECT 'constraint ' || relname || '.' || conname, concat_ws(' ', pg_get_constraintdef(pg_constraint.oid),
  convalidated) FROM pg_constraint JOIN ours ON conrelid = ours.oid WHERE contype NOT IN ('n', 't')
UNION ALL SELECT 'index ' || ours.relname, concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready, indislive)
  FROM pg_index JOIN ours ON indexrelid = ours.oid
UNION ALL SELECT 'trigger ' || relname || '.' || tgname, concat_ws(' ', pg_get_triggerdef(pg_trigger.oid, true), tgenabled)
  FROM pg_trigger JOIN ours ON tgrelid = ours.oid WHERE NOT tgisinternal
UNION ALL SELECT 'trigger ' || relname || '.' || p.proname, concat_ws(' ', tgtype, tgenabled)
  FROM pg_trigger JOIN ours ON tgrelid = ours.oid JOIN pg_proc p ON p.oid = tgfoid WHERE tgisinternal
UNION ALL SELECT 'rule ' || relname || '.' || rulename, concat_ws(' ', pg_get_ruledef(pg_rewrite.oid), ev_enabled)
  FROM pg_rewrite JOIN ours ON ev_class = ours.oid
UNION ALL SELECT 'policy ' || relname || '.' || polname, concat_ws(' ', polcmd, pg_get_expr(polqual, polrelid))
  FROM pg_policy JOIN ours ON polrelid = ours.oid
UNION ALL SELECT 'inheritance ' || relname, inhparent::regclass || ' ' || inhrelid::regclass
  FROM pg_inherits JOIN ours ON inhrelid = ours.oid OR inhparent = ours.oid
UNION ALL SELECT 'function ' || proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', concat_ws(' ', prokind,
  prosrc, prosecdef, provolatile, lanname, format_type(prorettype, NULL), proconfig::text, probin)
  FROM pg_proc p JOIN pg_language l ON l.oid = prolang JOIN home ON pronamespace = home.id WHERE NOT EXISTS
  (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
UNION ALL SELECT 'operator ' || oprname, oprcode::text FROM pg_operator, home WHERE oprnamespace = home.id AND NOT EXISTS
  (SELECT 1 FROM pg_depend d WHERE d.objid = pg_operator.oid AND d.deptype = 'e')
UNION ALL SELECT 'setting session_replication_role', current_setting('session_replication_role')
UNION ALL SELECT 'setting schema', CASE WHEN nspname = current_schema() THEN 'own' ELSE nspname END
  FROM pg_namespace JOIN home ON home.id = pg_namespace.oid
"""

_MARK = """
SELECT concat_ws(' ', current_setting('session_replication_role'), current_schema(), c.oid, c.xmin, c.relkind,
  (SELECT string_agg(concat_ws('.', t.oid, t.xmin, p.oid, p.xmin), ',' ORDER BY t.oid)
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = c.oid), '|',
  (SELECT string_agg(concat_ws('.', attnum, xmin), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid), '|',
  (SELECT string_agg(concat_ws('.', oid, xmin), ',' ORDER BY oid) FROM pg_rewrite WHERE ev_class = c.oid), '|',
  (SELECT string_agg(concat_ws('.', oid, xmin), ',' ORDER BY oid) FROM pg_policy WHERE polrelid = c.oid), '|',
  (SELECT string_agg(concat_ws('.', oid, xmin), ',' ORDER BY oid) FROM pg_constraint WHERE conrelid = c.oid), '|',
  (SELECT string_agg(concat_ws('.', indexrelid, xmin), ',' ORDER BY indexrelid) FROM pg_index WHERE indrelid = c.oid), '|',
  (SELECT string_agg(concat_ws('.', inhrelid, inhparent), ',') FROM pg_inherits WHERE inhparent = c.oid OR inhrelid = c.oid))
FROM pg_class c WHERE c.oid = 'entries'::regclass
"""


def mark(connection: Connection) -> str:
    """Return what changes with every change of what stands around the rows, at a fraction of the cost of reading it.

    On PostgreSQL the transactions that last wrote each entry of the catalogue about the table; on SQLite, whose
    structure is read in no time, nothing.
    """
    if connection.dialect.name == "sqlite":
        return ""
    return str(connection.exec_driver_sql(_MARK).scalar())


def read_structure(connection: Connection) -> Structure:
    """Return everything that the database holds around the rows, by kind and name; whitespace is normalised."""
    return _normalised(*_read(connection))


def _read(connection: Connection) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return the schema's name (PostgreSQL) and the text of everything, as the database gives it."""
    if connection.dialect.name == "sqlite":
        return "", frozenset((name, text) for name, text in connection.exec_driver_sql(_SQLITE))
    schema = str(connection.exec_driver_sql("SELECT current_schema()").scalar())
    return schema, frozenset((name, text) for name, text in connection.exec_driver_sql(_POSTGRESQL))


def _normalised(schema: str, given: frozenset[tuple[str, str]]) -> Structure:
    if not schema:
        return {name: _SPACE.sub(" ", text) for name, text in given}
    qualified = re.compile(rf'(?<![\w."])(?:{re.escape(schema)}|"{re.escape(schema)}")\.')
    return {name: _SPACE.sub(" ", qualified.sub("", text)) for name, text in given}


@cache
def expected_structure(dialect: str) -> Structure:
    """Return what the migrations make on ``sqlite`` or ``postgresql``."""
    text = resources.files("circles.plan.migrations").joinpath("structure.json").read_text(encoding="utf-8")
    found: dict[str, Structure] = json.loads(text)
    return found[dialect]


def structure_problems(connection: Connection, name: str) -> list[Finding]:
    """Return a finding for everything that is missing, altered, or there although no migration makes it."""
    differing = _differences(connection.dialect.name, *_read(connection))
    return [errors.error(code, name, value=key) for code, key in differing]


@lru_cache(maxsize=16)
def _differences(dialect: str, schema: str, given: frozenset[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return code and name of what differs; the same text, read before each commit, is compared once."""
    found, expected = _normalised(schema, given), expected_structure(dialect)
    return tuple(
        (_code(key, found, expected), key)
        for key in sorted(found.keys() | expected.keys())
        if found.get(key) != expected.get(key)
    )


def _code(key: str, found: Structure, expected: Structure) -> str:
    if key not in expected:
        return "ledger-extra"
    if key.startswith(("trigger", "function")):
        return "ledger-guard"
    return "ledger-altered" if key in found else "ledger-lacks"
