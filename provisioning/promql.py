"""PromQL from metric objects: a few functions that return strings, so that no query repeats a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from exporter.labels import Label
from exporter.metric import Distribution, Metric

RATE_INTERVAL: Final = "$__rate_interval"
Matchers = Mapping[Label | str, str]


def quote(value: str) -> str:
    """A PromQL string literal."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


LAP: Final = "1ms"


def lapped(span: str) -> str:
    """A window over a span of time that has the sample which stands at the span's beginning; the span may have a step, as in 30d:1h.

    Prometheus leaves this sample out from version 3 on. History has one at each midnight, and a day of which only the last one
    is seen grew by nothing that anybody knows; with samples every 6 h a third is added for the quarter that is not seen. The
    lap's own share is 1.2 in a hundred million of a day's increase.
    """
    length, colon, step = span.partition(":")
    if length.startswith("$"):
        length = f"${{{length[1:]}}}"
    return f"{length}{LAP}{colon}{step}"


def span(window: str) -> str:
    """The length of time that a window is over, without its step."""
    return window.partition(":")[0].removesuffix(LAP)


RANGE: Final = lapped("$__range")
"""Window over a panel's whole time range."""


def selector(metric: Metric, matchers: Matchers | None = None, series: str | None = None) -> str:
    """The metric's series (or its `_bucket`, `_sum`, `_count`) with matchers.

    A matcher's value is compared for equality unless it begins with an operator: `=~`, `!~` or `!=`.
    """
    parts = []
    for label, value in (matchers or {}).items():
        name = metric.require([label])[0]
        operator = next((mark for mark in ("=~", "!~", "!=") if value.startswith(mark)), "")
        parts.append(f"{name}{operator or '='}{quote(value.removeprefix(operator))}")
    return f"{series or metric.name}{{{', '.join(parts)}}}" if parts else series or metric.name


def by(metric: Metric, labels: Iterable[Label | str]) -> str:
    """` by (a, b)` for labels that the metric has, or nothing."""
    names = metric.require(labels)
    return f" by ({', '.join(names)})" if names else ""


def bucket(metric: Distribution, bound: float, matchers: Matchers | None = None) -> str:
    """The bucket of one of a distribution's bounds, whether its text is 1.0, as we write it, or 1."""
    text = repr(float(bound))
    whole = text.removesuffix(".0")
    le = whole.replace(".", "\\.") + ("(\\.0)?" if whole != text else "")
    chosen = selector(metric, matchers, metric.bucket).removeprefix(metric.bucket).strip("{}")
    return f"{metric.bucket}{{{chosen + ', ' if chosen else ''}le=~{quote(le)}}}"


def rate(
    metric: Metric, window: str = RATE_INTERVAL, labels: Iterable[Label | str] = (), matchers: Matchers | None = None
) -> str:
    """Per-second rate of a counter, summed over all labels but those given."""
    return f"sum{by(metric, labels)} (rate({selector(metric, matchers)}[{window}]))"


def increase(
    metric: Metric, window: str = RANGE, labels: Iterable[Label | str] = (), matchers: Matchers | None = None
) -> str:
    """Increase of a counter over a window, summed over all labels but those given."""
    return f"sum{by(metric, labels)} (increase({selector(metric, matchers)}[{window}]))"


def total(metric: Metric, labels: Iterable[Label | str] = (), matchers: Matchers | None = None) -> str:
    """Sum of a gauge over all labels but those given."""
    return f"sum{by(metric, labels)} ({selector(metric, matchers)})"


def ratio(numerator: str, denominator: str, least: float = 0.0) -> str:
    """A quotient that is absent, and not NaN, where the denominator is 0 or below `least`."""
    enough = f">= {least:g}" if least else "> 0"
    return f"({numerator}) / ({denominator} {enough})"


def share_of(part: str, whole: str, least: float = 0.0) -> str:
    """A quotient that is 0 where the part has no series though the whole has, absent below `least` of the whole."""
    return ratio(f"{part} or 0 * {whole}", whole, least)


def quantile(
    q: float,
    metric: Distribution,
    window: str = RATE_INTERVAL,
    labels: Iterable[Label | str] = (),
    matchers: Matchers | None = None,
) -> str:
    """A quantile over all series, `le` kept in the aggregation."""
    names = ", ".join((*metric.require(labels), "le"))
    return f"histogram_quantile({q:g}, sum by ({names}) (rate({selector(metric, matchers, metric.bucket)}[{window}])))"


def mean(
    metric: Distribution,
    window: str = RATE_INTERVAL,
    labels: Iterable[Label | str] = (),
    matchers: Matchers | None = None,
) -> str:
    """Mean of a distribution over a window: sum of values by their count."""
    group = by(metric, labels)
    return ratio(
        f"sum{group} (rate({selector(metric, matchers, metric.sum)}[{window}]))",
        f"sum{group} (rate({selector(metric, matchers, metric.count)}[{window}]))",
    )


def share_above(
    metric: Distribution,
    bound: float,
    window: str = RATE_INTERVAL,
    labels: Iterable[Label | str] = (),
    matchers: Matchers | None = None,
) -> str:
    """Share of values above one of the metric's bounds."""
    group = by(metric, labels)
    # Prometheus 2 exposes le="1", Prometheus 3 le="1.0": the pattern reads both.
    number = f"{bound:g}".replace(".", "\\.")
    le = f"{number}(\\.0)?"
    chosen = selector(metric, matchers, metric.bucket).removeprefix(metric.bucket).strip("{}")
    bucket = f"{metric.bucket}{{{chosen + ', ' if chosen else ''}le=~{quote(le)}}}"
    return "1 - " + ratio(
        f"sum{group} (rate({bucket}[{window}]))",
        f"sum{group} (rate({selector(metric, matchers, metric.count)}[{window}]))",
    )
