"""Cost from usage and prices, inside the statements that count: recorded cost first, computed cost where there is none.

A row meets at most one rate card, because cards of one key never overlap: each card is a stretch of time between two
changes of any price of its key, and holds for each unit the price that began last. So a join can never count a row twice.

Which card a row gets (all in lower case):
- a price of provider P and model M is known as `P/M`, or as `M` where M begins with `P/` already;
- a row of provider P and model M looks for that name, then for a price of M that holds whoever sells it;
- a row without a provider finds a price by the model's name, or by `P/M`, if one provider alone sells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from exporter.engine.columns import Resolved, compile_sql
from exporter.engine.relation import relation as plain_relation
from exporter.engine.relation import seconds, view
from exporter.engine.resolve import Source
from exporter.engine.types import Type
from exporter.entities.cost import PRICE
from exporter.entity import Column
from exporter.mapping import ColumnSource
from exporter.prices import Price
from exporter.tariff import BAD_USAGE, COMPUTED, NO_PRICE, NO_USAGE, RECORDED, TARIFFS, WITHIN, Part, Tariff

OWN: Final = "wf_own"
"""The cards of prices with a provider, as statements call them."""
ANY: Final = "wf_any"
"""The cards of prices that hold whoever sells."""
NAME: Final = "wf_name"
"""What a row looks for."""
ROW: Final = "wf_row"
"""What was worked out of a row."""


def priced(sources: Mapping[str, Source], prices: tuple[Price, ...]) -> dict[str, Source]:
    """The sources with tokens counted apart, and cost, its source and the reason of unknown cost worked out.

    Prices of a file take the place of those in the database.
    """
    found = dict(sources)
    for tariff in TARIFFS:
        source = found.get(tariff.entity.name)
        if source is None:
            continue
        source = counted_apart(source)
        table = _listed(prices, source.dialect) if prices else _stored(sources.get(PRICE.name))
        found[tariff.entity.name] = _Pricing(tariff, source, table).priced()
    return found


def counted_apart(source: Source) -> Source:
    """Kinds of tokens that do not overlap, whatever the source counts into another."""
    counting = source.mapping.counting
    if counting is None:
        return source
    columns = dict(source.columns)
    for whole, how in (("input_tokens", counting.input), ("output_tokens", counting.output)):
        inside = [columns[name] for name in WITHIN[whole] if name in columns]
        if how == "inclusive" and whole in columns and inside:
            parts = " - ".join((_text(columns[whole]), *(f"coalesce({_text(part)}, 0)" for part in inside)))
            columns[whole] = _worked_out(source, source.entity[whole], parts, columns[whole].type)
    return replace(source, columns=columns)


class _Pricing:
    """Builds the columns of one entity. `prices` is a relation of prices, or None where none are known."""

    def __init__(self, tariff: Tariff, source: Source, prices: str | None) -> None:
        self.tariff, self.source = tariff, source
        # Without the columns that a cost cannot do without, no price is of any use.
        needed = (part.column for part in tariff.parts if not part.optional)
        usable = all(name in source.columns for name in (*needed, tariff.at))
        self.prices = prices if usable else None
        self.usage = {
            part: _text(source.columns[part.column]) for part in tariff.parts if part.column in source.columns
        }

    def priced(self) -> Source:
        """The source with its cost."""
        columns = dict(self.source.columns)
        recorded = columns.get("cost")
        if recorded is None and self.prices is None:
            return self.source
        computed = self._computed(recorded)
        lateral = self.prices is not None and self.source.dialect == "postgresql"
        cost = self._cost(recorded, f"{ROW}.computed" if lateral else computed)
        entity = self.tariff.entity
        if self.prices is not None:
            columns["cost"] = _worked_out(self.source, entity["cost"], cost, Type.EXACT)
            where = f"CASE WHEN {cost} IS NULL THEN NULL ELSE '{COMPUTED}' END"
            if recorded is not None:
                where = f"CASE WHEN {_text(recorded)} IS NOT NULL THEN '{RECORDED}' WHEN {cost} IS NOT NULL THEN '{COMPUTED}' END"
            columns["source"] = _worked_out(self.source, entity["source"], where, Type.TEXT)
        else:
            constant = ColumnSource(value=RECORDED)
            columns["source"] = Resolved(entity["source"], constant, Type.TEXT, "UTC", self.source.dialect)
        columns["reason"] = _worked_out(self.source, entity["reason"], self._reason(cost), Type.TEXT)
        found = replace(self.source, columns=columns, joined=self._join(computed) if self.prices is not None else "")
        return replace(found, parts=self._parts(found, recorded)) if lateral and recorded is not None else found

    def _parts(self, whole: Source, recorded: Resolved) -> tuple[Source, ...]:
        """Rows whose cost is recorded need no rate card, and looking cards up costs more than everything else."""
        entity, text = self.tariff.entity, _text(recorded)
        columns = {
            **whole.columns,
            "cost": _worked_out(self.source, entity["cost"], _money(recorded), Type.EXACT),
            "source": Resolved(entity["source"], ColumnSource(value=RECORDED), Type.TEXT, "UTC", self.source.dialect),
            "reason": _worked_out(self.source, entity["reason"], "CAST(NULL AS text)", Type.TEXT),
        }
        known = replace(whole, columns=columns, joined="", only=f"{text} IS NOT NULL")
        return known, replace(whole, only=f"{text} IS NULL")

    def _cost(self, recorded: Resolved | None, computed: str) -> str:
        known = [_money(recorded)] if recorded is not None else []
        known += [computed] if self.prices is not None else []
        return known[0] if len(known) == 1 else f"coalesce({', '.join(known)})"

    def _computed(self, recorded: Resolved | None) -> str:
        """The cost of a row's usage; NULL unless every part that was used is known and has a price."""
        given = f"{_text(recorded)} IS NOT NULL OR " if recorded is not None else ""
        parts = " + ".join(self._part(part, amount) for part, amount in self.usage.items())
        return f"CASE WHEN {given}{self._bad()} THEN NULL ELSE {parts} END"

    def _part(self, part: Part, amount: str) -> str:
        price = self._price(part.unit)
        number = f"CAST({amount} AS numeric)" if self.source.dialect == "postgresql" else amount
        cost = f"{number} * {price}"
        if part.instead and part.per == 1:
            cost = f"{number} * coalesce({price}, {self._price(part.instead)})"
        elif part.instead:
            cost = f"coalesce({cost}, {number} * {self._price(part.instead)} / {part.per})"
        known = f"coalesce({amount}, 0)" if part.optional else amount
        return f"CASE WHEN {known} = 0 THEN 0 ELSE {cost} END"

    def _price(self, unit: str) -> str:
        return f"coalesce({OWN}.wf_{unit}, {ANY}.wf_{unit})"

    def _bad(self) -> str:
        return " OR ".join(f"{amount} < 0" for amount in self.usage.values()) or "1 = 0"

    def _reason(self, cost: str) -> str:
        """Why a row's cost is not known: the source's own word, else what is lacking."""
        cases = [f"WHEN {cost} IS NOT NULL THEN NULL"]
        given = self.source.columns.get("reason")
        if given is not None:
            cases.append(f"WHEN coalesce({_words(given)}, '') <> '' THEN {_words(given)}")
        needed = [amount for part, amount in self.usage.items() if not part.optional]
        unknown = " OR ".join(f"{amount} IS NULL" for amount in needed) or "1 = 1"
        status = self.source.columns.get("status")
        if status is not None:
            # A failed request of which nothing is known is not billed as a rule, so it is not usage without a price.
            cases.append(f"WHEN ({unknown}) AND coalesce({_words(status)}, '') <> 'ok' THEN NULL")
        cases.append(f"WHEN {unknown} THEN '{NO_USAGE}'")
        if self.usage:
            cases.append(f"WHEN {self._bad()} THEN '{BAD_USAGE}'")
            nothing = " AND ".join(f"coalesce({amount}, 0) = 0" for amount in self.usage.values())
            cases.append(f"WHEN {nothing} THEN NULL")
        return f"CASE {' '.join(cases)} ELSE '{NO_PRICE}' END"

    def _join(self, computed: str) -> str:
        """The cards that a row meets. PostgreSQL works out names and cost once a row, SQLite has no words for that."""
        at, keys = self._moment(), self._keys()
        lateral = self.source.dialect == "postgresql"
        found = []
        if lateral:
            found.append(
                f"CROSS JOIN LATERAL (SELECT {keys[OWN]} AS own, {keys[ANY]} AS any_seller OFFSET 0) AS {NAME}"
            )
            keys = {OWN: f"{NAME}.own", ANY: f"{NAME}.any_seller"}
        for alias, keyed in ((OWN, _KEYED_OWN), (ANY, _KEYED_ANY)):
            cards = _cards(self.prices or "", keyed, self.tariff.units)
            if lateral:
                # PostgreSQL expects 100 rows of each of these functions where there is 1, and so looks cards up in a hash table;
                # it would expect 1 card otherwise, and try every card on every row.
                cards = f"SELECT cards.* FROM ({cards}) AS cards CROSS JOIN json_array_elements('[0]') AS one CROSS JOIN json_array_elements('[0]') AS other"
            found.append(
                f"LEFT JOIN ({cards}) AS {alias} ON {alias}.wf_key = {keys[alias]} "
                f"AND {alias}.wf_since <= {at} AND ({alias}.wf_until IS NULL OR {at} < {alias}.wf_until)"
            )
        if lateral:
            found.append(f"CROSS JOIN LATERAL (SELECT {computed} AS computed OFFSET 0) AS {ROW}")
        return " ".join(found)

    def _moment(self) -> str:
        """When a row's price must hold."""
        column, dialect = self.source.columns[self.tariff.at], self.source.dialect
        value = column.zoned() if dialect == "postgresql" else seconds(column)
        return _clean(compile_sql(value, dialect), dialect)

    def _keys(self) -> dict[str, str]:
        """Names by which a row looks for its cards."""
        columns = self.source.columns
        provider = f"lower(coalesce({_words(columns['provider'])}, ''))" if "provider" in columns else "''"
        model = f"'{self.tariff.model}'"
        if "model" in columns:
            model = f"lower(coalesce(nullif({_words(columns['model'])}, ''), '{self.tariff.model}'))"
        return {OWN: f"CASE {provider} WHEN '' THEN '/' || {model} ELSE {_full(provider, model)} END", ANY: model}


_FULL: Final = "CASE WHEN substr({model}, 1, length({provider}) + 1) = {provider} || '/' THEN {model} ELSE {provider} || '/' || {model} END"


def _full(provider: str, model: str) -> str:
    return _FULL.format(provider=provider, model=model)


_KEYED_OWN: Final = f"""
wf_named AS (SELECT provider, model, {_full("provider", "model")} AS name, unit, price, since, until FROM wf_prices WHERE provider <> ''),
wf_aliases AS (SELECT provider, '/' || model AS alias FROM wf_named UNION SELECT provider, '/' || name FROM wf_named),
wf_sole AS (SELECT alias, max(provider) AS provider FROM wf_aliases GROUP BY alias HAVING count(*) = 1),
wf_keyed AS (
    SELECT name AS wf_key, unit, price, since, until FROM wf_named
    UNION SELECT alias, unit, price, since, until FROM wf_named JOIN wf_sole
        ON wf_sole.provider = wf_named.provider AND alias IN ('/' || model, '/' || name)
)"""
_KEYED_ANY: Final = "wf_keyed AS (SELECT model AS wf_key, unit, price, since, until FROM wf_prices WHERE provider = '')"


def _cards(prices: str, keyed: str, units: Iterable[str]) -> str:
    """Rate cards: one row for each key and stretch of time in which no price of the key changes."""
    values = ", ".join(f"max(CASE WHEN unit = '{unit}' THEN price END) AS wf_{unit}" for unit in units)
    return f"""WITH wf_prices AS ({prices}), {keyed},
wf_points AS (SELECT wf_key, since AS point FROM wf_keyed UNION SELECT wf_key, until FROM wf_keyed WHERE until IS NOT NULL),
wf_stretches AS (SELECT wf_key, point, lead(point) OVER (PARTITION BY wf_key ORDER BY point) AS next FROM wf_points),
wf_ranked AS (
    SELECT wf_keyed.wf_key, point, next, unit, price,
        row_number() OVER (PARTITION BY wf_keyed.wf_key, point, unit ORDER BY since DESC, price DESC) AS place
    FROM wf_stretches JOIN wf_keyed ON wf_keyed.wf_key = wf_stretches.wf_key AND since <= point AND (until IS NULL OR point < until)
)
SELECT wf_key, point AS wf_since, next AS wf_until, {values} FROM wf_ranked WHERE place = 1 GROUP BY wf_key, point, next"""


def _stored(source: Source | None) -> str | None:
    """The price table as a relation of provider, model, unit, price, since and until."""
    if source is None or source.missing(PRICE[name] for name in ("model", "unit", "price", "valid_from")):
        return None
    if source.dialect == "postgresql":
        inner = f"({_clean(view(source, PRICE.columns), source.dialect)}) AS p"
    else:
        inner, _ = plain_relation(source, "p", None, None, None)
    return (
        f"SELECT lower(coalesce(provider, '')) AS provider, lower(model) AS model, unit, price, valid_from AS since, valid_to AS until "
        f"FROM {inner} WHERE price IS NOT NULL AND valid_from IS NOT NULL"
    )


def _listed(prices: tuple[Price, ...], dialect: str) -> str:
    """The prices of a file as such a relation."""
    return (
        "SELECT column1 AS provider, column2 AS model, column3 AS unit, column4 AS price, column5 AS since, "
        f"{'CAST(column6 AS timestamptz)' if dialect == 'postgresql' else 'column6'} AS until "
        f"FROM (VALUES {', '.join(_rows(prices, dialect))}) AS listed"
    )


def _rows(prices: tuple[Price, ...], dialect: str) -> Iterator[str]:
    for price in prices:
        times = (
            None if time is None else _time(time.timestamp(), time.isoformat(), dialect)
            for time in (price.since, price.until)
        )
        since, until = (time or "NULL" for time in times)
        usd = f"CAST({price.usd:f} AS numeric)" if dialect == "postgresql" else f"{price.usd:f}"
        yield f"({_quote(price.provider)}, {_quote(price.model)}, {_quote(price.unit)}, {usd}, {since}, {until})"


def _time(epoch: float, iso: str, dialect: str) -> str:
    return f"TIMESTAMPTZ {_quote(iso)}" if dialect == "postgresql" else repr(epoch)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _worked_out(source: Source, column: Column, sql: str, kind: Type) -> Resolved:
    """A column that is an expression over others."""
    return Resolved(column, ColumnSource(sql=sql), kind, "UTC", source.dialect)


def _text(column: Resolved) -> str:
    """The column's number as text of a statement."""
    return _clean(compile_sql(column.number(), column.dialect), column.dialect)


def _words(column: Resolved) -> str:
    return _clean(compile_sql(column.words(), column.dialect), column.dialect)


def _money(column: Resolved) -> str:
    """Recorded cost in the type of computed cost."""
    text = _text(column)
    return f"CAST({text} AS numeric)" if column.dialect == "postgresql" and column.type is Type.BINARY else text


def _clean(text: str, dialect: str) -> str:
    """Text that will be compiled once more: the driver's own marks are doubled then."""
    return text.replace("%%", "%") if dialect == "postgresql" else text
