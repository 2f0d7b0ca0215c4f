"""The rule about budgets that are spent, or will be before their period ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from exporter.recommend.record import Category, Finding, Priority, Rule

if TYPE_CHECKING:
    from exporter.computed.facts import Facts

DAY: Final = 86_400.0
SOON: Final = 3 * DAY


def _overspent(facts: Facts) -> Iterator[Finding | None]:
    """Limit, spending, forecast and runway as the domain cost works them out (exporter/spending.py)."""
    # The computations import the rules, so they cannot be imported before them.
    from exporter.computed.cost import budgets
    from exporter.metrics.cost import BUDGET_FORECAST, BUDGET_LIMIT, BUDGET_RUNWAY, BUDGET_SPENT

    known: dict[tuple[str | None, ...], dict[str, float]] = defaultdict(dict)
    # Each reads weeks of rows; in the exporter they were worked out a moment ago.
    for value in facts.lately("budgets") or budgets(facts):
        if value.metric in (BUDGET_FORECAST, BUDGET_LIMIT, BUDGET_RUNWAY, BUDGET_SPENT):
            known[value.labels][value.metric.base] = value.value
    for labels, numbers in known.items():
        limit, spent = numbers.get(BUDGET_LIMIT.base), numbers.get(BUDGET_SPENT.base)
        if limit is None or spent is None:
            continue
        forecast, runway = numbers.get(BUDGET_FORECAST.base), numbers.get(BUDGET_RUNWAY.base)
        yield _finding(labels, limit, spent, forecast, runway)


def _finding(
    labels: tuple[str | None, ...], limit: float, spent: float, forecast: float | None, runway: float | None
) -> Finding | None:
    name, tenant, period = labels
    numbers = {"limit_usd": limit, "spent_usd": spent}
    if spent >= limit:
        priority, observed, sure = Priority.CRITICAL, spent, 1.0
        why = f"{spent:.2f} of {limit:.2f} US dollars of budget {name} are spent before its {period} is over."
    elif forecast is None or runway is None or forecast <= limit:
        return None
    else:
        priority = Priority.HIGH if runway <= SOON else Priority.MEDIUM
        # The pace of a week may change; the further the forecast lies above the limit, the less that matters.
        observed, sure = forecast, 1 - limit / (2 * forecast)
        numbers |= {"forecast_usd": forecast, "runway_seconds": runway}
        why = (
            f"At the pace of the last days {forecast:.2f} US dollars will be spent in the {period} of budget {name}, whose limit is "
            f"{limit:.2f}; it is reached in {runway / DAY:.1f} days."
        )
    return Finding(
        priority=priority,
        component="budget",
        confidence=sure,
        observed=observed,
        expected=limit,
        unit="usd",
        tenant=tenant,
        subject=name or "",
        numbers=numbers,
        why=why,
    )


RULES: Final = (
    Rule(
        name="budget_runs_out",
        category=Category.RESOURCE_OPTIMISATION,
        title="A budget does not last",
        issue="Spending goes over its limit before the period ends.",
        action="Look at the cost dashboard for what grew; use cheaper models, or raise the budget knowingly.",
        impact="No surprise at the end of the period.",
        needs={},
        find=_overspent,
    ),
)
