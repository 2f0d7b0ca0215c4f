"""Cost by prices, a second time and as plainly as can be: for each row and unit, look the price up on its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from exporter.mapping import ColumnSource
from exporter.prices import Price
from exporter.tariff import TARIFFS, WITHIN, Part, Tariff
from exporter.verify.fields import FLOATS, NUMERIC, Field, quote
from exporter.verify.rows import Rows

BIGINT: Final = "20"
TEXT: Final = "25"


def with_cost(rows: Rows, stored: Rows | None, listed: tuple[Price, ...]) -> Rows:
    """The rows with cost, its source and the reason of unknown cost, as fields. Listed prices take the place of stored ones."""
    tariff = next((tariff for tariff in TARIFFS if tariff.entity is rows.entity), None)
    if tariff is None:
        return rows
    rows = _apart(rows)
    needed = {tariff.at, *(part.column for part in tariff.parts if not part.optional)}
    prices = None
    if needed <= rows.fields.keys():
        prices = _listed(listed, sqlite=rows.sqlite) if listed else _stored(stored)
    recorded = rows.fields.get("cost")
    if recorded is None and prices is None:
        return rows
    computed = _computed(tariff, rows, prices) if prices is not None else "NULL"
    fields = dict(rows.fields)
    amount = "NULL"
    if recorded is not None:
        amount = (
            f"CAST({recorded.number()} AS numeric)"
            if recorded.type in FLOATS and not rows.sqlite
            else f"({recorded.number()})"
        )
    cost = f"CASE WHEN {amount} IS NOT NULL THEN {amount} ELSE {computed} END"
    if prices is not None:
        fields["cost"] = _field(rows, "cost", cost, NUMERIC)
        fields["source"] = _field(
            rows,
            "source",
            f"CASE WHEN {amount} IS NOT NULL THEN 'recorded' WHEN {computed} IS NOT NULL THEN 'computed' END",
            TEXT,
        )
    else:
        fields["source"] = _field(rows, "source", "'recorded'", TEXT)
    fields["reason"] = _field(rows, "reason", _reason(tariff, rows, cost), TEXT)
    return replace(rows, fields=fields)


def _field(rows: Rows, name: str, text: str, kind: str) -> Field:
    return Field(rows.entity[name], ColumnSource(sql=text), f"({text})", kind, "UTC", rows.sqlite)


def _apart(rows: Rows) -> Rows:
    """Token counts that do not contain each other."""
    fields = dict(rows.fields)
    for whole, inclusive in rows.inclusive.items():
        if inclusive and whole in fields:
            parts = "".join(f" - COALESCE({fields[name].number()}, 0)" for name in WITHIN[whole] if name in rows.fields)
            fields[whole] = _field(rows, whole, fields[whole].number() + parts, fields[whole].type or BIGINT)
    return replace(rows, fields=fields)


def _amounts(tariff: Tariff, rows: Rows) -> dict[Part, str]:
    return {part: rows.fields[part.column].number() for part in tariff.parts if part.column in rows.fields}


def _computed(tariff: Tariff, rows: Rows, prices: str) -> str:
    terms = []
    for part, amount in _amounts(tariff, rows).items():
        exact = amount if rows.sqlite else f"CAST({amount} AS numeric)"
        price = f"({_price(tariff, part.unit, rows, prices)})"
        other = f"({_price(tariff, part.instead, rows, prices)})" if part.instead else "NULL"
        shared = f"{exact} * {other}" + (f" / {part.per}" if part.per != 1 else "")
        zero = f"{amount} = 0" + (f" OR {amount} IS NULL" if part.optional else "")
        terms.append(f"CASE WHEN {zero} THEN 0 WHEN {amount} > 0 THEN COALESCE({exact} * {price}, {shared}) END")
    return f"({' + '.join(terms)})"


def _reason(tariff: Tariff, rows: Rows, cost: str) -> str:
    amounts = _amounts(tariff, rows)
    lacking = [f"{amounts[part]} IS NULL" if part in amounts else "1 = 1" for part in tariff.parts if not part.optional]
    lacking = lacking if amounts else ["1 = 1"]
    given = f"NULLIF({rows.fields['reason'].words()}, '')" if "reason" in rows.fields else "NULL"
    failed = f"COALESCE({rows.fields['status'].words()}, '') <> 'ok'" if "status" in rows.fields else "1 = 0"
    negative = " OR ".join(f"{amount} < 0" for amount in amounts.values()) or "1 = 0"
    used = " OR ".join(f"{amount} > 0" for amount in amounts.values()) or "1 = 0"
    return (
        f"CASE WHEN ({cost}) IS NOT NULL THEN NULL WHEN {given} IS NOT NULL THEN {given} "
        f"WHEN {' OR '.join(lacking)} THEN CASE WHEN {failed} THEN NULL ELSE 'no_usage' END "
        f"WHEN {negative} THEN 'bad_usage' WHEN {used} THEN 'no_price' END"
    )


def _price(tariff: Tariff, unit: str, rows: Rows, prices: str) -> str:
    """The price of a unit for a row: its provider's before one that holds whoever sells, the one that began last first."""
    provider = f"LOWER(COALESCE({rows.fields['provider'].words()}, ''))" if "provider" in rows.fields else "''"
    model = quote(tariff.model)
    if "model" in rows.fields:
        model = f"LOWER(COALESCE(NULLIF({rows.fields['model'].words()}, ''), {quote(tariff.model)}))"
    name = _name(provider, model)
    sellers = (
        f"(SELECT COUNT(DISTINCT px_provider) FROM ({prices.replace('pv_', 'px_')}) AS px "
        f"WHERE px_provider <> '' AND {model} IN (px_model, {_name('px_provider', 'px_model')}))"
    )
    moment = moment_of(rows.fields[tariff.at])
    return (
        f"SELECT pv_price FROM ({prices}) AS pv WHERE pv_unit = {quote(unit)} AND pv_since <= {moment} "
        f"AND (pv_until IS NULL OR {moment} < pv_until) AND (pv_provider = '' AND pv_model = {model} OR "
        f"pv_provider <> '' AND {provider} <> '' AND {_name('pv_provider', 'pv_model')} = {name} OR "
        f"pv_provider <> '' AND {provider} = '' AND {model} IN (pv_model, {_name('pv_provider', 'pv_model')}) AND {sellers} = 1) "
        "ORDER BY CASE pv_provider WHEN '' THEN 2 ELSE 1 END, pv_since DESC, pv_price DESC LIMIT 1"
    )


def _name(provider: str, model: str) -> str:
    return f"CASE WHEN SUBSTR({model}, 1, LENGTH({provider}) + 1) = {provider} || '/' THEN {model} ELSE {provider} || '/' || {model} END"


def moment_of(field: Field) -> str:
    """A time that can be compared with those of prices: an instant, in SQLite seconds since 1970."""
    if not field.sqlite:
        return f"to_timestamp({field.text} / {field.scale}.0)" if field.scale else field.time()
    if field.scale:
        return f"({field.text} / {field.scale}.0)"
    return f"(strftime('%s', {field.text}) - strftime('%S', {field.text}) + strftime('%f', {field.text}))"


def _stored(rows: Rows | None) -> str | None:
    if rows is None or any(name not in rows.fields for name in ("model", "unit", "price", "valid_from")):
        return None
    fields = rows.fields
    provider = f"LOWER(COALESCE({fields['provider'].words()}, ''))" if "provider" in fields else "''"
    until = moment_of(fields["valid_to"]) if "valid_to" in fields else "NULL"
    price = fields["price"].number()
    select = (
        f"SELECT {provider} AS pv_provider, LOWER({fields['model'].words()}) AS pv_model, {fields['unit'].words()} AS pv_unit, "
        f"{price if rows.sqlite else f'CAST({price} AS numeric)'} AS pv_price, {moment_of(fields['valid_from'])} AS pv_since, {until} AS pv_until"
    )
    return f"{select} FROM {rows.only([fields['price'].counts(price)])}"


def _listed(prices: tuple[Price, ...], *, sqlite: bool) -> str:
    def time(iso: str, epoch: float) -> str:
        return repr(epoch) if sqlite else f"CAST({quote(iso)} AS timestamptz)"

    return " UNION ALL ".join(
        f"SELECT {quote(one.provider)} AS pv_provider, {quote(one.model)} AS pv_model, {quote(one.unit)} AS pv_unit, "
        f"{one.usd:f} AS pv_price, {time(one.since.isoformat(), one.since.timestamp())} AS pv_since, "
        + (
            time(one.until.isoformat(), one.until.timestamp())
            if one.until
            else ("NULL" if sqlite else "CAST(NULL AS timestamptz)")
        )
        + " AS pv_until"
        for one in prices
    )
