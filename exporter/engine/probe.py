"""Which slices of a tail are still as they were read: asked of PostgreSQL in one pass that reads no label.

Let A be the rows of a slice that a first snapshot saw, if all were written by transactions below `known`, the oldest
that was open then (a slice with a younger row is read again). In a later snapshot let B be the rows of the slice below
`known`. Whatever is below it had ended by the first snapshot. So a version of a row (what `xmin` stamps; it never
changes, and vacuum only removes what no snapshot sees) that is in B was committed before the first snapshot, and not
yet deleted in it: B is a part of A. If B has as many rows as A, it is A; if the slice has no other rows either, its
rows are those that were read, and so are the numbers made of them. An update is a new version, a delete makes B
smaller, a late commit is not below `known`.

That holds for numbers that depend on the row alone: plain columns of a plain table, whose definition stayed the same
(`GUARD`), and as long as it is the same server process that counts transactions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from exporter.engine.columns import Resolved, compile_sql
from exporter.engine.resolve import Source
from exporter.engine.types import Type

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.sql.elements import ColumnElement
else:
    from exporter.later import sqlalchemy as sa

TICK: Final = timedelta(microseconds=1)
"""PostgreSQL's time stamps have no finer parts."""

FAR: Final = 1 << 30
"""Numbers of transactions are compared by their last 32 bits, which tell the order of those that are not farther apart."""

OLDEST: Final = "txid_snapshot_xmin(txid_current_snapshot()) & 4294967295"
"""The oldest transaction that is open in the snapshot; see `exporter.sources.transaction.MOMENT`."""

LASTING: Final = (Type.ZONED, Type.NAIVE, Type.WHOLE, Type.BINARY, Type.EXACT, Type.FLAG, Type.TEXT)
"""Types whose values always look and add up the same: no enumeration, whose words can be renamed."""

# Catalogue rows of the transaction's snapshot. An alteration of a column, dropped and added ones included, writes a new
# version of its row here. What policies, partitions or rules do to rows is not looked into: those tables are left out.
GUARD: Final = """
SELECT wanted.name, relation.oid::bigint, relation.relfilenode::bigint, pg_postmaster_start_time(),
       (SELECT min(backend_start) FROM pg_stat_get_activity(pg_backend_pid())),
       (SELECT string_agg(part.attnum || ':' || part.xmin, ' ' ORDER BY part.attnum)
          FROM pg_attribute AS part WHERE part.attrelid = relation.oid)
  FROM unnest(%(names)s::text[]) AS wanted(name) JOIN pg_class AS relation ON relation.oid = to_regclass(wanted.name)
 WHERE relation.relkind = 'r' AND NOT relation.relrowsecurity AND NOT relation.relhassubclass
   AND coalesce((SELECT amname FROM pg_am WHERE oid = relation.relam), 'heap') = 'heap'
   AND has_table_privilege(relation.oid, 'SELECT')
"""


def guarded(source: Source) -> str:
    """The source's table as `GUARD` wants its name."""
    parts = (source.mapping.table or "").rsplit(".", 1)
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def can_last(source: Source, at: Resolved, columns: Iterable[Resolved]) -> bool:
    """Whether numbers by this event time depend on nothing but rows of a table."""
    plain = source.mapping.table is not None and source.mapping.where is None
    stamped = at.type in (Type.ZONED, Type.NAIVE) and at.source.format is None
    read = all(not c.varies or (c.source.sql is None and c.type in LASTING) for c in (at, *columns))
    return source.dialect == "postgresql" and plain and stamped and read


def probe(source: Source, at: Resolved) -> str:
    """The statement: for each slice of `slots` its rows, those below `known`, and those below the oldest that is open."""
    known: ColumnElement[Any] = sa.cast(sa.bindparam("known", type_=sa.types.NullType()), sa.Text)
    oldest: ColumnElement[Any] = sa.cast(sa.literal_column(OLDEST), sa.Text)
    statement = source.select_from(at.slot().label("slot"), sa.func.count(), _below(known), _below(oldest)).where(
        at.compare("lower", ">"), at.compare("upper", "<=")
    )
    return compile_sql(statement.group_by(sa.literal_column("1")), source.dialect)


def below(transaction: int) -> dict[str, Any]:
    """The parameter for rows below a transaction."""
    return {"known": str(transaction & 0xFFFFFFFF)}


def _below(number: ColumnElement[Any]) -> ColumnElement[Any]:
    class Xid(sa.types.UserDefinedType[int]):
        cache_ok = True

        def get_col_spec(self, **_: Any) -> str:
            return "xid"

    # A subquery is worked out once and not for every row.
    age = sa.select(sa.func.age(sa.cast(number, Xid))).scalar_subquery()
    return sa.func.count().filter(sa.func.age(sa.literal_column("xmin")) > age)
