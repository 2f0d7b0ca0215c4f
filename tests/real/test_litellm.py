"""1560 real requests to language models in LiteLLM's tables: what the exporter and Prometheus say of them.

What equality means: counts, tokens and buckets are equal as whole numbers. LiteLLM stores time stamps in whole
milliseconds, so durations are equal to those of the rows as stored, and to those of the data set within one
millisecond a request (half of one for each of the two stamps). Cost is equal, as the nearest binary number, to the
exact decimal sum of tokens times price.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exporter.metrics import pipeline
from exporter.settings import load as load_settings
from tests.conftest import Postgres
from tests.processes import exporter, prometheus
from tests.real import litellm
from tests.real.conftest import NewDatabase
from tests.real.data import expected
from tests.real.once import scrape
from tests.samples import Samples

pytestmark = [pytest.mark.shared, pytest.mark.stack]

EXPECTED = "exgentic_agent_llm_spans"
DURATION = pipeline.LLM_DURATION


@dataclass(frozen=True)
class Loaded:
    """A database with the requests and what is read of it, at the exporter and in Prometheus."""

    database: Postgres
    places: dict[str, Samples]


@pytest.fixture(scope="module")
def loads(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Loaded]]:
    """The requests loaded twice: with the price list as it is, and with names that it knows.

    The sessions are in another zone than the stamps, which are UTC by LiteLLM's convention alone.
    """
    folder = tmp_path_factory.mktemp("litellm")
    databases = {}
    for name, aliases in (("unpriced", {}), ("priced", litellm.ALIASES)):
        databases[name] = new_database(time_zone="Asia/Kolkata")
        with databases[name].connect() as connection:
            litellm.load(connection, aliases)
    settings = {"database": {"preset": "litellm"}}
    with (
        exporter(folder / "unpriced", databases["unpriced"].url, settings) as unpriced,
        exporter(folder / "priced", databases["priced"].url, settings) as priced,
        prometheus(folder, {"unpriced": unpriced.url, "priced": priced.url}) as scraped,
    ):
        yield {
            name: Loaded(databases[name], {"exporter": found.samples(), "prometheus": scraped.samples(name)})
            for name, found in (("unpriced", unpriced), ("priced", priced))
        }


@pytest.fixture(scope="module", params=["exporter", "prometheus"])
def place(request: pytest.FixtureRequest) -> str:
    """Where the samples are read."""
    return str(request.param)


@pytest.fixture
def unpriced(loads: dict[str, Loaded], place: str) -> Samples:
    """Samples of the load without prices."""
    return loads["unpriced"].places[place]


@pytest.fixture
def priced(loads: dict[str, Loaded], place: str) -> Samples:
    """Samples of the load with prices."""
    return loads["priced"].places[place]


@pytest.fixture(scope="module")
def stored(loads: dict[str, Loaded]) -> list[tuple[Any, ...]]:
    """Model, status and duration in seconds of every row as the database has it."""
    with loads["unpriced"].database.connect() as connection:
        found = connection.execute(
            'SELECT model, status, "startTime", "endTime" FROM public."LiteLLM_SpendLogs"'
        ).fetchall()
    return [
        (model, status, Decimal(round((end - start).total_seconds() * 1000)) / 1000)
        for model, status, start, end in found
    ]


def test_stamps_without_a_zone() -> None:
    """A third of the stamps have no zone; the epoch seconds beside them say that they are UTC, as the loader takes them."""
    found = litellm.spans()
    for edge in ("start", "end"):
        assert sum(datetime.fromisoformat(span[f"{edge}_time_iso"]).tzinfo is None for span in found) == 582
        differences = (litellm.instant(span[f"{edge}_time_iso"]).timestamp() - span[f"{edge}_time_s"] for span in found)
        assert max(map(abs, differences)) < 0.00001


def test_requests_by_model_and_status(unpriced: Samples) -> None:
    """Requests equal those of the data set, for each model and status."""
    wanted = expected(EXPECTED)
    recount = Counter((span["request_model"], "error" if span["is_error"] else "ok") for span in litellm.spans())
    found = unpriced.sum("llm_requests_total", "model", "status")
    assert found == recount
    assert unpriced.sum("llm_requests_total", "model") == {(model,): count for model, count in wanted["models"].items()}
    assert sum(found.values()) == wanted["rows"] == 1560
    assert sum(count for (_, status), count in found.items() if status == "error") == wanted["errors"] == 101
    assert unpriced.sum("llm_requests_total", "tenant", "agent", "provider") == {
        ("swebench", "claude_code", "azure"): 1560
    }


def test_errors(unpriced: Samples) -> None:
    """Every failure is an error of the language model, its class unknown because the proxy recorded none."""
    assert unpriced.sum("errors_total", "component", "type") == {("llm", "unknown"): 101}


def test_tokens_by_model_and_kind(unpriced: Samples) -> None:
    """Tokens equal those of the data set to the last one."""
    recount: Counter[tuple[str, str]] = Counter()
    for span in litellm.spans():
        for kind in ("input", "output"):
            recount[span["request_model"], kind] += span[f"{kind}_tokens"]
    found = unpriced.sum("llm_tokens_total", "model", "kind")
    assert found == recount
    wanted = expected(EXPECTED)
    by_kind = unpriced.sum("llm_tokens_total", "kind")
    assert by_kind == {("input",): wanted["input_tokens"], ("output",): wanted["output_tokens"]}
    assert by_kind == {("input",): 44434404, ("output",): 350317}


def test_durations_are_of_successful_requests(unpriced: Samples, stored: list[tuple[Any, ...]]) -> None:
    """Failures, which are stored with a duration of 0, are in no bucket; the sum is that of the stored rows."""
    wanted = expected(EXPECTED)
    good = [(model, seconds) for model, status, seconds in stored if status == "success"]
    assert unpriced.value(DURATION.count) == len(good) == wanted["rows"] - wanted["errors"] == 1459
    assert {seconds for _, status, seconds in stored if status == "failure"} == {0}
    for (model,), total in unpriced.sum(DURATION.sum, "model").items():
        assert total == float(sum(seconds for name, seconds in good if name == model))
    assert abs(unpriced.value(DURATION.sum) - wanted["duration_ms_sum"] / 1000) <= 0.001 * len(good)


def test_every_bucket(unpriced: Samples, stored: list[tuple[Any, ...]]) -> None:
    """Every bucket of every model holds the stored rows up to its bound, the bound included."""
    thresholds = load_settings(environment={}).thresholds.bounds()
    bounds = [*DURATION.upper_bounds(thresholds), float("inf")]
    for model in expected(EXPECTED)["models"]:
        firsts = Counter(
            bisect_left(bounds, float(seconds))
            for name, status, seconds in stored
            if (name, status) == (model, "success")
        )
        recount = {
            (str(model), float(bound)): sum(firsts[first] for first in range(index + 1))
            for index, bound in enumerate(bounds)
        }
        found = unpriced.sum(DURATION.bucket, "model", "le", model=model)
        assert {(name, float(bound)): count for (name, bound), count in found.items()} == recount


def test_longest_request(unpriced: Samples) -> None:
    """The longest request, of 144.5 s, is in the bucket of 150 s and not in that of 60 s."""
    assert 60 < expected(EXPECTED)["duration_ms_max"] / 1000 < 150
    assert unpriced.value(DURATION.bucket, le="60.0") < unpriced.value(DURATION.bucket, le="150.0") == 1459


def test_no_time_to_first_token(unpriced: Samples) -> None:
    """Requests that were not streamed have no first token: the metric is absent, not 0."""
    assert not unpriced.sum(pipeline.LLM_TIME_TO_FIRST_TOKEN.count)


def test_unknown_prices_are_counted(unpriced: Samples) -> None:
    """Without a price under the model's exact name every request that used tokens is unpriced, and there is no cost of 0."""
    assert not set(litellm.ALIASES) & set(litellm.prices())
    ok = unpriced.sum("llm_requests_total", "model", status="ok")
    assert unpriced.sum("llm_unpriced_requests_total", "model", reason="no_price") == ok
    assert unpriced.value("llm_unpriced_requests_total") == 1459
    assert "llm_cost_usd_total" not in unpriced.names()


def test_cost_by_model(priced: Samples) -> None:
    """Cost equals tokens times price, computed in decimals from the data set, and nothing is unpriced."""
    listed, cost = litellm.prices(), dict.fromkeys(((model,) for model in litellm.ALIASES), Decimal(0))
    for span in litellm.spans():
        price = listed[litellm.ALIASES[span["request_model"]]]
        cost[span["request_model"],] += span["input_tokens"] * price.input + span["output_tokens"] * price.output
    assert priced.sum("llm_cost_usd_total", "model") == {model: float(total) for model, total in cost.items()}
    assert "llm_unpriced_requests_total" not in priced.names()


def test_prices_change_nothing_else(loads: dict[str, Loaded], place: str) -> None:
    """Both loads differ in cost alone."""
    prefixes = ("llm_requests", "llm_tokens", "llm_request_duration", "errors")
    left, right = (loads[name].places[place].table(prefixes) for name in ("unpriced", "priced"))
    assert left == right
    assert len(left) > 50


def test_prometheus_has_what_the_exporter_shows(loads: dict[str, Loaded]) -> None:
    """Every series of the domain is in Prometheus with the same labels and value."""
    for loaded in loads.values():
        tables = [samples.table(("llm_", "errors_")) for samples in loaded.places.values()]
        assert tables[0] == tables[1]


def test_stamps_are_utc(unpriced: Samples) -> None:
    """The newest row is as old as the data set's last request in UTC, whatever zone the database's sessions are in."""
    last = litellm.instant(expected(EXPECTED)["last_end"]).timestamp()
    assert abs(unpriced.value("exporter_newest_row_age_seconds", domain="pipeline") - (time.time() - last)) < 120


def test_sessions(loads: dict[str, Loaded], tmp_path: Path) -> None:
    """A user's own SQL turns LiteLLM's sessions into conversations: 31 of them."""
    mapping = Path(__file__).parent / "mappings" / "litellm_sessions.yml"
    samples = scrape(tmp_path, loads["priced"].database.url, {"mapping": str(mapping)})
    found = samples.sum("conversations_started_total", "tenant", "agent", "channel")
    assert (
        found
        == {("swebench", "claude_code", "api"): expected(EXPECTED)["sessions"]}
        == {("swebench", "claude_code", "api"): 31}
    )
