"""Rules on SQL in dashboards: it can be read, and it only reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from dashboards.compiler.read import Json, annotation_queries, mapping, text, variables
from generator.checks.model import Fault, File, Level, Project, Rule, panel_name, shown, title
from generator.checks.queries import query_text, source_type, targets

DIALECTS: Final = {
    "postgres": "postgres", "grafana-postgresql-datasource": "postgres", "mysql": "mysql", "mssql": "tsql", "frser-sqlite-datasource": "sqlite",
    "grafana-clickhouse-datasource": "clickhouse", "vertamedia-clickhouse-datasource": "clickhouse", "grafana-bigquery-datasource": "bigquery",
    "grafana-snowflake-datasource": "snowflake", "grafana-athena-datasource": "athena", "grafana-redshift-datasource": "redshift",
}  # fmt: skip
MACRO: Final = re.compile(r"\$(__\w+)")
VARIABLE: Final = re.compile(r"\$\{\w+(?::[^}]*)?\}|\[\[\w+(?::\w+)?\]\]|\$(?!\w*\$)[A-Za-z_]\w*")
LENGTH: Final = 50_000
NESTED: Final = 40
WRITES: Final = (
    "Insert", "Update", "Delete", "Merge", "Create", "Drop", "Alter", "TruncateTable", "Copy", "Command", "Set", "Into", "Lock", "Grant",
    "Revoke", "Transaction", "Commit", "Rollback", "Use", "Kill", "LoadData", "Attach", "Detach", "Refresh", "Analyze", "Cache", "Export",
)  # fmt: skip
READS: Final = (
    "Select",
    "Union",
    "Intersect",
    "Except",
    "SetOperation",
    "Subquery",
    "Values",
    "Describe",
    "Show",
    "Pragma",
    "Table",
    "Paren",
)
EFFECTS: Final = frozenset({
    "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "pg_read_file",
    "pg_read_binary_file", "pg_ls_dir", "pg_logical_emit_message", "pg_advisory_lock", "pg_advisory_xact_lock", "pg_switch_wal",
    "pg_create_restore_point", "pg_promote", "pg_drop_replication_slot", "pg_notify", "pg_file_write", "lo_import", "lo_export", "lo_create",
    "lo_unlink", "lo_from_bytea", "lo_put", "dblink", "dblink_exec", "dblink_connect", "setval", "nextval", "set_config", "query_to_xml",
    "sleep", "benchmark", "load_file", "get_lock", "load_extension", "writefile", "xp_cmdshell", "openrowset", "opendatasource",
})  # fmt: skip
"""Functions that change something, hold others up or leave the database."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with where it stands."""

    said: str
    dialect: str
    place: str
    entry: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a statement."""

    syntax: str = ""
    writes: str = ""


def statements(file: File) -> Iterator[Statement]:
    """Every SQL statement of a dashboard."""
    board = title(file)
    for panel in shown(file):
        for target in targets(panel):
            said = text(target.get("rawSql")) or (
                text(target.get("queryText")) if "sqlite" in source_type(file, panel, target) else ""
            )
            if said.strip():
                place = f"panel {panel_name(panel)!r}, query {text(target.get('refId')) or '?'}"
                yield Statement(
                    said, _dialect(source_type(file, panel, target)), place, (board, text(panel.get("title")))
                )
    for one in annotation_queries(file.data):
        said = text(mapping(one.get("target")).get("rawSql")) or text(one.get("rawQuery"))
        kind = _kind(one)
        if said.strip() and (kind in DIALECTS or "rawSql" in mapping(one.get("target"))):
            yield Statement(
                said, _dialect(kind), f"annotation {text(one.get('name'))!r}", (board, text(one.get("name")))
            )
    for one in variables(file.data):
        said = query_text(one) or text(mapping(one.get("query")).get("rawSql"))
        if said.strip() and one.get("type") == "query" and _kind(one) in DIALECTS:
            yield Statement(
                said, _dialect(_kind(one)), f"variable {text(one.get('name'))!r}", (board, text(one.get("name")))
            )


def _kind(one: Json) -> str:
    return text(mapping(one.get("datasource")).get("type"))


def _dialect(kind: str) -> str:
    return DIALECTS.get(kind, "postgres" if not kind else "")


@lru_cache(maxsize=4096)
def verdict(said: str, dialect: str) -> Verdict:
    """What is wrong with a statement."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", said)
    if len(said) > LENGTH or max(_depth(bare)) > NESTED or len(bare.split()) > LENGTH // 10:
        return Verdict(f"it is larger than any that is read (over {LENGTH} characters or {NESTED} brackets deep)")
    from sqlglot.errors import SqlglotError

    from generator.checks.statement import parse

    try:
        parsed = parse(_plain(said), dialect)
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, IndexError, KeyError) as error:
        return Verdict(_reason(error))
    if not parsed:
        return Verdict("it holds no statement")
    if len(parsed) > 1:
        return Verdict(writes=f"it holds {len(parsed)} statements; a panel sends one")
    return Verdict(writes=_writes(parsed[0]))


def _depth(said: str) -> Iterator[int]:
    depth = 0
    yield 0
    for letter in said:
        depth += (letter in "([") - (letter in ")]")
        yield depth
    yield len(re.findall(r"\bcase\b", said, re.IGNORECASE)) // 4


def _plain(said: str) -> str:
    """The statement with names in the places of Grafana's macros and variables."""
    return VARIABLE.sub("wf_variable", MACRO.sub(r"\1", said))


def _reason(error: Exception) -> str:
    errors = getattr(error, "errors", None)
    if errors:
        first = errors[0]
        near = " ".join(str(first.get("highlight") or "").split())[:60]
        return f"{str(first.get('description') or 'it cannot be read').rstrip('. ')[:120]}, at line {first.get('line')}{f', near {near!r}' if near else ''}"
    return " ".join(str(error).split())[:160] or type(error).__name__


def _writes(tree: Any) -> str:
    """What a statement does beside reading; empty when it only reads."""
    if type(tree).__name__ not in READS:
        return f"it is {_called(tree)} and no query"
    for node in tree.walk():
        kind = type(node).__name__
        if kind in WRITES:
            return f"it holds {_called(node)}"
        name = str(node.name).casefold() if kind == "Anonymous" else ""
        if name in EFFECTS:
            return f"it calls {name}, which does more than read"
    return ""


def _called(node: Any) -> str:
    words = {
        "Lock": "FOR UPDATE or FOR SHARE, which locks rows",
        "Into": "SELECT INTO, which makes a table",
        "TruncateTable": "TRUNCATE",
    }
    kind = type(node).__name__
    return words.get(kind) or (
        str(node.this).split()[0].upper()[:20] if kind == "Command" and str(node.this).split() else kind.upper()
    )


def syntax(file: File, _: Project) -> Iterator[Fault]:
    """SQL that can be read."""
    for one in statements(file):
        wrong = verdict(one.said, one.dialect).syntax
        if wrong:
            level: Level | None = None if one.dialect == "postgres" else "warning"
            yield Fault(one.place, f"its SQL cannot be read: {wrong}", one.entry, level=level)


def read_only(file: File, _: Project) -> Iterator[Fault]:
    """SQL that changes nothing."""
    for one in statements(file):
        wrong = verdict(one.said, one.dialect).writes
        if wrong:
            yield Fault(one.place, f"its SQL does not only read: {wrong}", one.entry)


RULES: Final = (
    Rule(
        id="sql-syntax", title="SQL can be read", kinds=("dashboard",), find=syntax,
        why="A statement that the database refuses shows an error instead of rows. Macros and variables of Grafana stand for names; other dialects than PostgreSQL's give a warning only.",
        remedy="Correct the statement; the reason says where the parser stopped.",
    ),
    Rule(
        id="sql-read-only", title="SQL of dashboards only reads", kinds=("dashboard",), find=read_only,
        why="Everybody who may look at a dashboard runs its statements, again and again; none of them may change, lock or stop anything.",
        remedy="Use one SELECT without INTO, without FOR UPDATE and without functions that have effects.",
    ),
)  # fmt: skip
