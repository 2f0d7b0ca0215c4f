"""Service level objectives of the settings: how much of the budget of errors is used, and how fast it burns.

Windows, burn rates and names of the recordings are those of the SRE workbook (chapter 5, table 5-8) and of Sloth. Numbers are
worked out as fractions and written as decimals, so that a budget of 1 % is 0.01 and nothing near it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, cast

from alerts.query import held_series
from alerts.rule import Alert, Group, Recording, Severity
from exporter.labels import LABELS, Label
from exporter.metric import Distribution, Metric
from exporter.settings import Settings
from exporter.slo import Slo
from provisioning.promql import Matchers, bucket, by, quote, selector

DOMAIN: Final = "slos"
SLO: Final = Label("slo", "Service level objective of the settings.", 100)
HOURS: Final = {"5m": Fraction(1, 12), "30m": Fraction(1, 2), "1h": Fraction(1), "2h": Fraction(2), "6h": Fraction(6), "1d": Fraction(24), "3d": Fraction(72)}  # fmt: skip
SLOW: Final = ("2h", "6h", "1d", "3d")
"""Windows in which a minute more or less changes nothing."""
ERROR: Final = "sli_error"
EVENTS: Final = "sli_events"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows that must both burn: the long one shows that it matters, the short one that it still goes on.

    `share` of the period's budget is used up in the long window at this rate.
    """

    severity: Severity
    long: str
    short: str
    share: Fraction

    def burn(self, days: int) -> Fraction:
        """How many times as fast as the budget allows."""
        return self.share * days * 24 / HOURS[self.long]

    def limit(self, slo: Slo) -> Fraction:
        """The share of bad events at this rate; from 1 on it can never be exceeded."""
        return self.burn(slo.period_days) * Fraction(slo.budget)


PAIRS: Final = (
    Pair(Severity.CRITICAL, "1h", "5m", Fraction(2, 100)),
    Pair(Severity.CRITICAL, "6h", "30m", Fraction(5, 100)),
    Pair(Severity.WARNING, "1d", "2h", Fraction(10, 100)),
    Pair(Severity.WARNING, "3d", "6h", Fraction(10, 100)),
)


def group(settings: Settings) -> Group:
    """Recordings and alerts of all objectives; nothing without any."""
    recordings = tuple(one for slo in settings.slos for one in (*_windows(slo, quick=True), *_facts(slo)))
    slow = tuple(one for slo in settings.slos for one in (*_windows(slo, quick=False), *_period(slo)))
    return Group(DOMAIN, recordings, tuple(_alerts(settings)), slow)


def exact(value: Fraction) -> str:
    """A number in PromQL without rounding: a decimal, or a quotient where no decimal is exact."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    whole = value * rest
    text = format((Decimal(whole.numerator) / Decimal(whole.denominator)).normalize(), "f")
    return text if rest == 1 else f"({text} / {rest})"


def bad_share(slo: Slo, window: str) -> str:
    """The share of events in a window that were bad; absent without events, 0 when none was bad."""
    metric, grouping = _metric(slo.metric), _by(slo)
    events = f"sum{grouping} (rate({_events(slo)}[{window}]))"
    if isinstance(metric, Distribution) and slo.below is not None:
        good = f"sum{grouping} (rate({bucket(metric, slo.below, cast(Matchers, slo.where))}[{window}]))"
        return f"({events} - {good}) / ({events} > 0)"
    counted = _metric(slo.bad_metric) if slo.bad_metric else metric
    bad = _series(counted, {**slo.where, **slo.bad})
    return f"(sum{grouping} (rate({bad}[{window}])) or 0 * {events}) / ({events} > 0)"


def recorded(slo: Slo, subject: str, operation: str) -> str:
    """The series of one objective."""
    return f"{name(slo, subject, operation)}{{{SLO.name}={quote(slo.name)}}}"


def name(slo: Slo, subject: str, operation: str) -> str:
    """The name of a recording, which all objectives share."""
    return _recording(slo, subject, operation, "").name


def _metric(base: str) -> Metric:
    from exporter.metrics import CATALOGUE

    return next(metric for metric in CATALOGUE if metric.base == base)


def _series(metric: Metric, matchers: Mapping[str, str]) -> str:
    """What counts the events of a metric."""
    return selector(metric, cast(Matchers, matchers), metric.count if isinstance(metric, Distribution) else None)


def _events(slo: Slo) -> str:
    return _series(_metric(slo.metric), slo.where)


def _by(slo: Slo) -> str:
    return by(_metric(slo.metric), slo.by)


def _recording(slo: Slo, subject: str, operation: str, query: str) -> Recording:
    return Recording(
        metric=_metric(slo.metric), by=(SLO,), constant={SLO: slo.name}, subject=subject, operation=operation, query=lambda _: query,
    )  # fmt: skip


def _windows(slo: Slo, *, quick: bool) -> Iterator[Recording]:
    """What the alerts compare, for each window, and how many events there were in the long ones."""
    for window in HOURS:
        if (window in SLOW) is not quick:
            yield _recording(slo, ERROR, f"ratio_rate{window}", bad_share(slo, window))
    for pair in PAIRS:
        if (pair.long in SLOW) is not quick:
            events = f"sum{_by(slo)} (increase({_events(slo)}[{pair.long}]))"
            yield _recording(slo, EVENTS, f"increase{pair.long}", events)


def _facts(slo: Slo) -> Iterator[Recording]:
    """What was promised, and how fast the budget burns at this moment."""
    budget = exact(Fraction(slo.budget))
    yield _recording(slo, "objective", "ratio", f"vector({exact(Fraction(slo.share))})")
    yield _recording(slo, "error_budget", "ratio", f"vector({budget})")
    yield _recording(slo, "time_period", "days", f"vector({slo.period_days})")
    yield _recording(slo, "current_burn_rate", "ratio", f"{recorded(slo, ERROR, 'ratio_rate5m')} / {budget}")


def _period(slo: Slo) -> Iterator[Recording]:
    """The whole period, counted from the events themselves: busy hours weigh more than quiet ones."""
    operation = f"ratio_rate{slo.period_days}d"
    yield _recording(slo, ERROR, operation, bad_share(slo, f"{slo.period_days}d"))
    burnt = f"{recorded(slo, ERROR, operation)} / {exact(Fraction(slo.budget))}"
    yield _recording(slo, "period_burn_rate", "ratio", burnt)
    left = f"1 - {recorded(slo, 'period_burn_rate', 'ratio')}"
    yield _recording(slo, "period_error_budget_remaining", "ratio", left)


def conditions(slo: Slo, severity: Severity) -> Iterator[str]:
    """For each pair of windows, when both burn too fast. A limit that no share can exceed is left out."""
    domain = _metric(slo.metric).domain
    for pair in PAIRS:
        limit = pair.limit(slo)
        if pair.severity is severity and limit < 1:
            long, short = (
                f"{held_series(recorded(slo, ERROR, f'ratio_rate{window}'), domain)} > {exact(limit)}"
                for window in (pair.long, pair.short)
            )
            events = f"{held_series(recorded(slo, EVENTS, f'increase{pair.long}'), domain)} >= {slo.least_events}"
            yield f"({long} and {short} and {events})"


def _alerts(settings: Settings) -> Iterator[Alert]:
    for severity, alert, summary in (
        (Severity.CRITICAL, "ErrorBudgetBurnsFast", "The error budget of an objective burns fast."),
        (Severity.WARNING, "ErrorBudgetBurns", "The error budget of an objective will not last."),
    ):
        found = [one for slo in settings.slos for one in conditions(slo, severity)]
        if found:
            yield _alert(alert, severity, summary, " or ".join(found), settings)


def _alert(alert: str, severity: Severity, summary: str, expr: str, settings: Settings) -> Alert:
    names = {label for slo in settings.slos for label in slo.by}
    labels = tuple(label for label in LABELS if label.name in names)
    of = "".join(f"{{{{ if $labels.{one} }}}}, {one} {{{{ $labels.{one} }}}}{{{{ end }}}}" for one in sorted(names))
    return Alert(
        name=alert,
        severity=severity,
        expr=expr,
        summary=summary,
        description=f"{{{{ $value | humanizePercentage }}}} of the events of objective {{{{ $labels.slo }}}}{of} were bad.",
        value="{{ $value | humanizePercentage }}",
        unit="ratio",
        limit="burn rates " + " or ".join(_rates(severity, settings)),
        keep=120,
        by=(SLO, *labels),
        dashboard="slos",
        no_data="While the domain cannot be read the last known value stands for 1h; without events the alert ends.",
    )


def _rates(severity: Severity, settings: Settings) -> Iterator[str]:
    """The burn rates of the alert, for each length of period that there is."""
    periods = sorted({slo.period_days for slo in settings.slos})
    for days in periods:
        for pair in PAIRS:
            if pair.severity is severity:
                rate = float(pair.burn(days))
                yield f"{rate:.4g} in {pair.long}" + (f" ({days} days)" if len(periods) > 1 else "")
