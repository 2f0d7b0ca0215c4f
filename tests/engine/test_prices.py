"""Cost from prices: every rule of matching and counting on both databases, held against decimals worked out by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exporter.doctor import examine
from exporter.mapping import load
from exporter.metrics import CATALOGUE
from exporter.metrics.cost import LLM_COST, LLM_UNPRICED
from exporter.metrics.pipeline import LLM_REQUESTS, LLM_TOKENS
from exporter.schema import apply, statements
from exporter.settings import Settings
from exporter.sources.database import connect
from exporter.verify.verifier import Verifier
from tests.conftest import Postgres
from tests.engine.rig import Rig, mapped, settings
from tests.samples import Samples

LLM_METRICS: Final = (LLM_COST, LLM_UNPRICED, LLM_REQUESTS, LLM_TOKENS)
T0: Final = datetime(2026, 3, 1, tzinfo=UTC)
CHANGE: Final = datetime(2026, 3, 10, tzinfo=UTC)

PRICES: Final = (
    # provider, model, unit, price, from, to
    ("openai", "gpt-4o", "input_token", "0.000005", T0, CHANGE),
    ("openai", "gpt-4o", "input_token", "0.0000025", CHANGE, None),
    ("openai", "gpt-4o", "cached_input_token", "0.00000125", T0, None),
    ("openai", "gpt-4o", "output_token", "0.00001", T0, None),
    ("azure", "azure/gpt-4o", "input_token", "0.000003", T0, None),
    ("azure", "azure/gpt-4o", "output_token", "0.000012", T0, None),
    ("OpenRouter", "openai/gpt-4o", "input_token", "0.5", T0, None),
    ("OpenRouter", "openai/gpt-4o", "output_token", "0.5", T0, None),
    ("google", "thinker", "input_token", "0.000001", T0, None),
    ("google", "thinker", "output_token", "0.000002", T0, None),
    ("google", "thinker", "reasoning_token", "0.000003", T0, None),
    ("google", "thinker", "audio_input_token", "0.000007", T0, None),
    ("google", "thinker", "audio_output_token", "0.000009", T0, None),
    ("google", "thinker", "cache_write_token", "0.0000011", T0, None),
    (None, "house", "input_token", "0.0000001", T0, None),
    (None, "house", "output_token", "0.0000001", T0, None),
    # Two prices at once: the one that began last is taken.
    ("acme", "doubled", "input_token", "0.001", T0, None),
    ("acme", "doubled", "input_token", "0.002", CHANGE, None),
    ("acme", "doubled", "output_token", "0", T0, None),
    # Sold by two: without a provider nobody knows whose price it is.
    ("one", "shared", "input_token", "0.01", T0, None),
    ("one", "shared", "output_token", "0.01", T0, None),
    ("two", "shared", "input_token", "0.02", T0, None),
    ("two", "shared", "output_token", "0.02", T0, None),
    ("deepgram", "stt", "second", "0.0000717", T0, None),
    ("minutes", "stt", "minute", "0.006", T0, None),
    ("elevenlabs", "tts", "character", "0.00003", T0, None),
)  # fmt: skip


def llm(provider: str | None, model: str, when: datetime = CHANGE, **columns: Any) -> dict[str, Any]:
    """A request to a language model."""
    return {
        "provider": provider,
        "model": model,
        "status": "ok",
        "ended_at": when,
        "input_tokens": 100,
        "output_tokens": 10,
        **columns,
    }


BEFORE = CHANGE - timedelta(microseconds=1000)
# Name: row, cost (None: not known), source or reason.
LLM: Final[dict[str, tuple[dict[str, Any], str | None, str]]] = {
    "recorded cost wins": (llm("openai", "gpt-4o", cost_usd="0.5"), "0.5", "recorded"),
    "recorded 0 is a cost": (llm("openai", "gpt-4o", cost_usd="0"), "0", "recorded"),
    "before the change": (llm("openai", "gpt-4o", BEFORE), "0.0006", "computed"),
    "at the change": (llm("openai", "gpt-4o"), "0.00035", "computed"),
    "cached": (llm("openai", "gpt-4o", cached_input_tokens=1000), "0.0016", "computed"),
    "reasoning as output": (llm("openai", "gpt-4o", reasoning_tokens=5), "0.0004", "computed"),
    "reasoning by its own price": (llm("google", "thinker", reasoning_tokens=5), "0.000135", "computed"),
    "audio and cache writes": (
        llm("google", "thinker", audio_input_tokens=10, audio_output_tokens=10, cache_write_tokens=10),
        "0.000291",
        "computed",
    ),
    "provider in capitals": (llm("OpenAI", "GPT-4o"), "0.00035", "computed"),
    "provider in the model's name": (llm("azure", "azure/gpt-4o"), "0.00042", "computed"),
    "provider before the name": (llm("azure", "gpt-4o"), "0.00042", "computed"),
    "name alone with provider in it": (llm(None, "azure/gpt-4o"), "0.00042", "computed"),
    "name alone, one seller": (llm(None, "thinker"), "0.00012", "computed"),
    "name alone, two sellers": (llm(None, "shared"), None, "no_price"),
    "name alone that two keys fit": (llm(None, "openai/gpt-4o"), None, "no_price"),
    "whose name is another's key": (llm("openai", "openai/gpt-4o"), "0.00035", "computed"),
    "reseller": (llm("openrouter", "openai/gpt-4o"), "55", "computed"),
    "another seller": (llm("bedrock", "gpt-4o"), None, "no_price"),
    "price for any seller": (llm("self-hosted", "house"), "0.000011", "computed"),
    "overlap": (llm("acme", "doubled"), "0.2", "computed"),
    "before the overlap": (llm("acme", "doubled", BEFORE), "0.1", "computed"),
    "before any price": (llm("openai", "gpt-4o", T0 - timedelta(days=1)), None, "no_price"),
    "a part without a price": (llm("azure", "gpt-4o", cached_input_tokens=1), None, "no_price"),
    "a part that was not used": (llm("azure", "gpt-4o", cached_input_tokens=0), "0.00042", "computed"),
    "no usage": (llm("openai", "gpt-4o", input_tokens=None), None, "no_usage"),
    "nothing used": (llm("unheard of", "of", input_tokens=0, output_tokens=0), "0", "computed"),
    "negative usage": (llm("openai", "gpt-4o", input_tokens=-1), None, "bad_usage"),
    "failed without usage": (llm("openai", "gpt-4o", input_tokens=None, status="error"), None, ""),
    "failed with usage": (llm("openai", "gpt-4o", status="error"), "0.00035", "computed"),
    "a reason that the source gives": (llm("unheard of", "of", unpriced_reason="free tier"), None, "free tier"),
    "a price for what the source could not price": (
        llm("openai", "gpt-4o", unpriced_reason="no_price"),
        "0.00035",
        "computed",
    ),
}
SPEECH: Final = (
    ("stt_requests", {"provider": "deepgram", "audio_seconds": 10.5}, "0.00075285"),
    ("stt_requests", {"provider": "minutes", "audio_seconds": 90}, "0.009"),
    ("stt_requests", {"provider": "nobody", "audio_seconds": 90}, None),
    ("tts_requests", {"provider": "elevenlabs", "characters": 100}, "0.003"),
)


def rows() -> list[tuple[str, dict[str, Any]]]:
    """Every row with its table; the tenant tells which it is."""
    found = [("llm_requests", {"tenant": name, **row}) for name, (row, _, _) in LLM.items()]
    found += [
        (table, {"tenant": f"speech {n}", "status": "ok", "ended_at": CHANGE, **row})
        for n, (table, row, _) in enumerate(SPEECH)
    ]
    return found


def fill(
    connection: Any,
    mark: str,
    adapt: Callable[[Any], Any],
    *,
    priced: bool,
    only: Sequence[tuple[str, dict[str, Any]]] | None = None,
) -> None:
    """Write prices and rows."""
    wanted = list(rows() if only is None else only)
    if priced:
        wanted += [
            (
                "prices",
                dict(zip(("provider", "model", "unit", "price_usd", "valid_from", "valid_to"), price, strict=True)),
            )
            for price in PRICES
        ]
    for number, (table, row) in enumerate(wanted):
        full = {"id": str(number), **row}
        sql = f"INSERT INTO {table} ({', '.join(full)}) VALUES ({', '.join(mark for _ in full)})"
        connection.execute(sql, tuple(map(adapt, full.values())))
    connection.commit()


def written(value: Any) -> Any:
    """As sqlite3 programs write it."""
    if isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    return float(value) if isinstance(value, str) and value.replace(".", "").isdigit() else value


def price_file(path: Path) -> Path:
    """The same prices as a file."""
    entries = [
        {"provider": provider or "", "model": model, "valid_from": since, "valid_to": until, "usd": {unit: price}}
        for provider, model, unit, price, since, until in PRICES
    ]
    path.write_text(yaml.safe_dump({"version": 1, "prices": entries}), encoding="utf-8")
    return path


@pytest.fixture(params=["postgresql", "sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Kind of database."""
    return str(request.param)


@pytest.fixture(params=["table", "file"])
def place(request: pytest.FixtureRequest) -> str:
    """Where the prices are."""
    return str(request.param)


@pytest.fixture
def of(dialect: str, place: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings for a database with these rows."""
    more = {"prices": {"file": str(price_file(tmp_path / "prices.yml"))}} if place == "file" else {}
    if dialect == "sqlite":
        path = tmp_path / "app.db"
        with closing(sqlite3.connect(path)) as connection:
            apply(connection, "sqlite")
            fill(connection, "?", written, priced=place == "table")
        return settings(f"sqlite:///{path}", tmp_path / "state.json", **more)
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        fill(connection, "%s", lambda value: value, priced=place == "table")
    return settings(postgres.url, tmp_path / "state.json", **more)


def scraped(of: Settings, *, kept: bool = False) -> Samples:
    """One scrape; of an exporter that reads and writes its state file, if it is kept."""
    url = of.database.url
    assert url is not None
    rig = Rig(of, lambda: connect(url.get_secret_value(), 3.0))
    if kept:
        rig.collector.once(lambda _, __: None)
    found = rig.settled()
    if kept:
        rig.close()
    assert not rig.lines or not [line for line in rig.lines if "wf_" in line or "domain cost" in line], rig.lines
    return Samples(tuple((name, dict(labels), value) for (name, labels), value in found.items()))


def test_every_rule(of: Settings, dialect: str) -> None:
    """Cost, its source and the reason of unknown cost of each row; exact in PostgreSQL."""
    found = scraped(of)
    costs = found.sum("llm_cost_usd_total", "tenant", "source")
    reasons = found.sum("llm_unpriced_requests_total", "tenant", "reason")
    exact: Callable[[str], Any] = (
        (lambda value: float(Decimal(value))) if dialect == "postgresql" else lambda v: pytest.approx(float(v))
    )
    assert costs == {(name, word): exact(cost) for name, (_, cost, word) in LLM.items() if cost is not None}
    assert reasons == {(name, word): 1 for name, (_, cost, word) in LLM.items() if cost is None and word}
    speech = found.sum("stt_cost_usd_total", "tenant", "source") | found.sum("tts_cost_usd_total", "tenant", "source")
    assert speech == {
        (f"speech {n}", "computed"): exact(cost) for n, (_, _, cost) in enumerate(SPEECH) if cost is not None
    }
    assert found.sum("stt_unpriced_requests_total", "tenant", "reason") == {("speech 2", "no_price"): 1}
    assert found.sum("llm_requests_total")[()] == len(LLM), "prices never make a row count twice"


def test_verify_agrees(of: Settings) -> None:
    """The second opinion, which looks each price up on its own, comes to the same."""
    url = of.database.url
    assert url is not None
    verifier = Verifier(of, load(of.database), lambda: connect(url.get_secret_value(), 3.0), CATALOGUE, lambda _: None)
    try:
        verifier.here(lambda _, __: None)
    finally:
        verifier.close()
    assert not verifier.report.problems
    assert [c.differences for c in verifier.report.comparisons] == [()]
    assert "llm_cost_usd_total" not in verifier.report.unverifiable
    assert sum(c.series for c in verifier.report.comparisons) > 60


def test_doctor_names_overlaps(of: Settings) -> None:
    """Prices that hold at the same time are a finding with both prices in it."""
    url = of.database.url
    assert url is not None
    database = connect(url.get_secret_value(), 3.0)
    report = examine(of, load(of.database), database)
    database.close()
    (problem,) = [line for line in report.problems if "prices" in line]
    assert problem.startswith(
        "two prices of acme, doubled, input_token hold from 2026-03-10: 0.001 since 2026-03-01 and 0.002;"
    )


INCLUSIVE: Final = """
version: 1
name: test
entities:
  price:
    table: prices
    columns: {provider: provider, model: model, unit: unit, price: price_usd, valid_from: valid_from, valid_to: valid_to}
  llm_request:
    table: llm_requests
    counting: COUNTING
    columns:
      tenant: tenant
      provider: provider
      model: model
      status: status
      ended_at: ended_at
      input_tokens: input_tokens
      cached_input_tokens: cached_input_tokens
      output_tokens: output_tokens
      reasoning_tokens: reasoning_tokens
"""
COUNTED: Final = {
    # input 1000 of which 400 cached, output 100 of which 50 reasoning; prices 2.5, 1.25 and 10 per million
    "inclusive": (
        {"input": 600, "cached_input": 400, "output": 50, "reasoning": 50},
        "0.003",
        {("more cached", "bad_usage"): 1},
    ),
    "exclusive": ({"input": 1000, "cached_input": 400, "output": 100, "reasoning": 50}, "0.0045", {}),
    "{input: inclusive}": (
        {"input": 600, "cached_input": 400, "output": 100, "reasoning": 50},
        "0.0035",
        {("more cached", "bad_usage"): 1},
    ),
}


@pytest.mark.parametrize("counting", COUNTED)
def test_counting(postgres: Postgres, tmp_path: Path, counting: str) -> None:
    """What a source counts into input and output is taken out once, in tokens and in cost; more parts than whole is an error."""
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        fill(connection, "%s", lambda value: value, priced=True, only=())
        usage = {"cached_input_tokens": 400, "output_tokens": 100, "reasoning_tokens": 50}
        for name, tokens in (("whole", 1000), ("more cached", 300)):
            row = {"id": name, "tenant": name, **llm("openai", "gpt-4o"), "input_tokens": tokens, **usage}
            sql = f"INSERT INTO llm_requests ({', '.join(row)}) VALUES ({', '.join('%s' for _ in row)})"
            connection.execute(sql.encode(), tuple(row.values()))
    mapping = mapped(INCLUSIVE.replace("COUNTING", counting))
    rig = Rig(settings(postgres.url, tmp_path / "state.json"), lambda: connect(postgres.url, 3.0), mapping)
    found = Samples(tuple((name, dict(labels), value) for (name, labels), value in rig.settled().items()))
    tokens_by_kind, cost, reasons = COUNTED[counting]
    assert found.sum("llm_tokens_total", "kind", tenant="whole") == {(kind,): n for kind, n in tokens_by_kind.items()}
    assert found.sum("llm_cost_usd_total", tenant="whole") == {(): float(cost)}
    assert found.sum("llm_unpriced_requests_total", "tenant", "reason") == reasons
    verifier = Verifier(rig.settings, mapping, lambda: connect(postgres.url, 3.0), LLM_METRICS, lambda _: None)
    try:
        verifier.here(lambda _, __: None)
    finally:
        verifier.close()
    assert [c.differences for c in verifier.report.comparisons] == [()]
    assert not verifier.report.unverifiable


def test_a_price_that_comes_late(postgres: Postgres, tmp_path: Path) -> None:
    """A price for rows that are counted already is told and changes nothing; a new reading has it. One for the future is not late."""
    with postgres.connect() as connection:
        for statement in statements("postgresql"):
            connection.execute(statement.encode())
        row = {"id": "a", "tenant": "a", **llm("late", "model")}
        sql = f"INSERT INTO llm_requests ({', '.join(row)}) VALUES ({', '.join('%s' for _ in row)})"
        connection.execute(sql.encode(), tuple(row.values()))
    of = settings(postgres.url, tmp_path / "state.json")
    before = scraped(of, kept=True)
    assert before.sum("llm_unpriced_requests_total", "reason") == {("no_price",): 1}
    assert before.sum("exporter_late_prices") == {(): 0}
    later = datetime.now(UTC) + timedelta(days=1)
    with postgres.connect() as connection:
        connection.execute(
            b"INSERT INTO prices (id, provider, model, unit, price_usd, valid_from) VALUES ('f', 'late', 'model', 'minute', 1, %s)",
            (later,),
        )
    assert scraped(of, kept=True).sum("exporter_late_prices") == {(): 0}
    with postgres.connect() as connection:
        for unit in ("input_token", "output_token"):
            connection.execute(
                b"INSERT INTO prices (id, provider, model, unit, price_usd, valid_from) VALUES (%s, 'late', 'model', %s, 0.01, %s)",
                (unit, unit, T0),
            )
    for _ in range(2):  # The second exporter knows it from the state file only.
        noticed = scraped(of, kept=True)
        assert noticed.sum("exporter_late_prices") == {(): 2}
        assert noticed.sum("llm_unpriced_requests_total", "reason") == {("no_price",): 1}
    database = connect(postgres.url, 3.0)
    (problem,) = [line for line in examine(of, load(of.database), database).problems if "counted already" in line]
    database.close()
    assert "(late, model, input_token; late, model, output_token)" in problem
    fresh = scraped(settings(postgres.url, tmp_path / "other.json"))
    assert fresh.sum("exporter_late_prices") == {(): 0}
    assert fresh.sum("llm_cost_usd_total", "source") == {("computed",): 1.1}
    assert not fresh.sum("llm_unpriced_requests_total")
