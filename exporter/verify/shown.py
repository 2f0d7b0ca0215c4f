"""What an exporter or a Prometheus shows, as tables of samples."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from exporter.metric import Distribution, Metric
from exporter.metrics.exporter import DOMAIN_UP, SNAPSHOT
from exporter.verify.fields import VerifyError
from exporter.verify.recount import Key, key

SAMPLE: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?\Z")
LABEL: Final = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
ESCAPE: Final = re.compile(r"\\(.)")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY: Final = 86400
SLOT: Final = 900
TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """Samples by metric, the domains that the exporter itself says it cannot give, and when it read its database."""

    tables: dict[str, dict[Key, float]] = field(default_factory=dict)
    down: frozenset[str] = frozenset()
    moments: tuple[datetime, ...] = ()


def sample_names(metric: Metric) -> tuple[str, ...]:
    """Names of the samples of a metric."""
    return (metric.bucket, metric.sum, metric.count) if isinstance(metric, Distribution) else (metric.name,)


def shown(metrics: Iterable[Metric], samples: Iterable[tuple[str, dict[str, str], float]]) -> Shown:
    """Samples of these metrics by metric; labels that a metric does not have are left out."""
    owner = {name: metric for metric in metrics for name in sample_names(metric)}
    known = {metric.base: {*metric.label_names, "le"} for metric in owner.values()}
    tables: dict[str, dict[Key, float]] = {}
    down = set()
    moments = []
    for name, labels, value in samples:
        if name == DOMAIN_UP.name and not value:
            down.add(labels.get("domain", ""))
        if name == SNAPSHOT.name:
            moments.append(_instant(value))
        metric = owner.get(name)
        if metric is None:
            continue
        mine = known[metric.base]
        place = key(name, ((n, _bound(v) if n == "le" else v) for n, v in labels.items() if n in mine))
        table = tables.setdefault(metric.base, {})
        if place in table:
            raise VerifyError(
                f"{name} is there twice with the labels {dict(place[1])}; more than one exporter is scraped"
            )
        table[place] = value
    return Shown(tables, frozenset(down), tuple(sorted(moments)))


def _instant(stamp: float) -> datetime:
    """A time stamp to the microsecond, which a floating-point number of seconds holds until the year 2242."""
    return EPOCH + timedelta(microseconds=round(stamp * 1_000_000))


def _bound(text: str) -> str:
    return repr(float(text))


def read_text(metrics: Iterable[Metric], text: str) -> Shown:
    """The samples of a text exposition."""
    return shown(metrics, _samples(text))


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        match = SAMPLE.match(line)
        if match is None:
            raise VerifyError(f"the exporter gives a line that is no sample: {line[:80]}")
        labels = {label: ESCAPE.sub(_unescape, word) for label, word in LABEL.findall(match[2] or "")}
        yield match[1], labels, float(match[3])


def _unescape(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def scrape(url: str) -> str:
    """The text of one scrape of a running exporter. `url` may leave out /metrics."""
    import requests

    address = url if url.rstrip("/").endswith("metrics") else url.rstrip("/") + "/metrics"
    try:
        answer = requests.get(address, headers={"Accept": "text/plain"}, timeout=60)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise VerifyError(f"the exporter at {address} does not answer: {_reason(error)}") from None
    answer.encoding = "utf-8"
    return answer.text


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus, or what speaks its API, and the job under which it scrapes the exporter."""

    url: str
    job: str

    def at(self, metrics: tuple[Metric, ...], instant: float) -> Shown:
        """What it shows at an instant."""
        names = "|".join(
            [DOMAIN_UP.name, SNAPSHOT.name, *(name for metric in metrics for name in sample_names(metric))]
        )
        found = self._query(f'{{__name__=~"{names}",job="{self.job}"}}', instant)
        return shown(metrics, ((item["metric"]["__name__"], item["metric"], float(item["value"][1])) for item in found))

    def last_scrape(self) -> tuple[float, float]:
        """When it scraped last, and how long that took."""
        now = datetime.now(UTC).timestamp()
        up = f'up{{job="{self.job}"}}'
        found = self._query(f"timestamp({up}) and {up} == 1", now)
        if not found:
            raise VerifyError(f"{self.url} has no successful scrape of job {self.job} in the last minutes")
        instant = max(float(item["value"][1]) for item in found)
        return instant, self.duration(instant) or 0.0

    def snapshots(self) -> list[tuple[float, datetime]]:
        """When it scraped in the last minutes, and the snapshot that was shown then.

        None of an exporter that tells of none, and none of several exporters, which are scraped at different times.
        """
        found = self._query(f'{SNAPSHOT.name}{{job="{self.job}"}}[5m]', datetime.now(UTC).timestamp())
        return (
            []
            if len(found) != 1
            else sorted((float(stamp), _instant(float(value))) for item in found for stamp, value in item["values"])
        )

    def duration(self, instant: float) -> float | None:
        """How long the scrape at exactly this instant took; None when the samples of the instant are no scrape's."""
        found = self._query(f'scrape_duration_seconds{{job="{self.job}"}}[1s]', instant)
        exact = [float(v) for item in found for t, v in item["values"] if abs(float(t) - instant) < 0.001]
        return max(exact) if exact else None

    def instants(self, metrics: tuple[Metric, ...], number: int, seed: int, days: int) -> list[float]:
        """Instants of samples, at random over the days that have any; fewer where there are not enough."""
        name = self._witness(metrics)
        now = datetime.now(UTC).timestamp()
        choice = random.Random(seed)  # noqa: S311 - a sample, not a secret
        found = self._times(name, now - days * DAY, now, DAY)
        instants: set[float] = set()
        for _ in range(number * TRIES if found else 0):
            end = choice.choice(found)
            slots = self._times(name, end - DAY + SLOT, end, SLOT)
            stamps = self._stamps(name, choice.choice(slots)) if slots else []
            if stamps:
                instants.add(choice.choice(stamps))
            if len(instants) >= number:
                break
        return sorted(instants)

    def _witness(self, metrics: tuple[Metric, ...]) -> str:
        """The counter with the fewest series: its samples show when there are any."""
        names = "|".join(metric.name for metric in metrics if metric.type == "counter")
        names = names or "|".join(name for metric in metrics for name in sample_names(metric))
        match = f'{{__name__=~"{names}",job="{self.job}"}}'
        found = self._query(f"count by (__name__) ({match})", datetime.now(UTC).timestamp())
        if not found:
            raise VerifyError(f"{self.url} has no samples of job {self.job}; say which job it is with --job")
        return str(min(found, key=lambda item: float(item["value"][1]))["metric"]["__name__"])

    def _stamps(self, name: str, end: float) -> list[float]:
        found = self._query(f'{name}{{job="{self.job}"}}[{SLOT}s]', end)
        return sorted({float(stamp) for item in found for stamp, _ in item["values"]})

    def _times(self, name: str, start: float, end: float, step: int) -> list[float]:
        """Ends of the steps that have samples."""
        query = f'sum(count_over_time({name}{{job="{self.job}"}}[{step}s]))'
        data = {"query": query, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": str(step)}
        return [float(stamp) for item in self._ask("query_range", data) for stamp, _ in item["values"]]

    def _query(self, query: str, instant: float) -> list[Any]:
        return self._ask("query", {"query": query, "time": f"{instant:.3f}"})

    def _ask(self, path: str, data: dict[str, str]) -> list[Any]:
        import requests

        try:
            answer = requests.post(f"{self.url.rstrip('/')}/api/v1/{path}", data=data, timeout=120)
            body = answer.json()
        except requests.RequestException as error:
            raise VerifyError(f"Prometheus at {self.url} does not answer: {_reason(error)}") from None
        if body.get("status") != "success":
            raise VerifyError(f"Prometheus at {self.url} refuses a query: {body.get('error', answer.status_code)}")
        result: list[Any] = body["data"]["result"]
        return result


def _reason(error: Exception) -> str:
    """Words for an error of requests without its inner objects."""
    response = getattr(error, "response", None)
    return f"status {response.status_code}" if response is not None else type(error).__name__
