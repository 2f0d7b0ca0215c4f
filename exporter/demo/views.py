"""The views that `watchfloor views` made on the demo's tables: they go before their tables, and come again with their rights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from exporter.demo.database import Connection
from exporter.entity import VIEWS
from exporter.views import MARK

FOUND = f"""
SELECT format('%I.%I', '{VIEWS}', c.relname), format('CREATE VIEW %I.%I AS %s', '{VIEWS}', c.relname, pg_get_viewdef(c.oid)),
       ARRAY(SELECT format('GRANT %s ON %I.%I TO %I', privilege_type, '{VIEWS}', c.relname, r.rolname)
               FROM aclexplode(c.relacl) JOIN pg_roles AS r ON r.oid = grantee WHERE grantee <> c.relowner)
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'v' AND n.nspname = '{VIEWS}' AND obj_description(n.oid, 'pg_namespace') = '{MARK}'
"""


@contextmanager
def set_aside(connection: Connection) -> Iterator[None]:
    """Without the views meanwhile, in one transaction."""
    found = connection.execute(FOUND.encode()).fetchall()
    if found:
        connection.execute(f"DROP VIEW {', '.join(name for name, _, _ in found)}".encode())
    yield
    for _, made, rights in found:
        for statement in (made, *rights):
            connection.execute(statement.encode())
