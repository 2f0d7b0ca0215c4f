"""Numbers of experiments on panels against plain SQL, and against SciPy's own tests over the visitors one by one."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import fmean
from typing import Any, Final

import pytest

from tests.kpi.rig import TENANTS, Place, close, windows

pytestmark = [pytest.mark.stack, pytest.mark.slow]

MEASURES: Final = ("engagement", "conversion", "duration", "satisfaction")
RANGED: Final = {
    "Conversion": "avg(converted::int)",
    "Engagement": "avg(engaged::int)",
    "Duration": "avg(duration_seconds)",
    "Satisfaction": "avg(satisfaction)",
}


def visitors(place: Place, tenant: str) -> tuple[str, dict[str, list[tuple[float, ...]]]]:
    """The name of a tenant's experiment, and by variant the measures of the visitors that count."""
    ((name, planned),) = place.rows("SELECT name, planned_visitors FROM experiments WHERE tenant = %s", tenant)
    seen: dict[str, list[Any]] = defaultdict(list)
    for visitor, variant, engaged, converted, seconds, content, at in place.rows(
        """SELECT visitor_id, variant, engaged::int, converted::int, duration_seconds, satisfaction, exposed_at
           FROM experiment_exposures WHERE tenant = %s ORDER BY exposed_at""",
        tenant,
    ):
        seen[visitor].append((variant, engaged, converted, seconds, content, at))
    pure = {visitor: rows for visitor, rows in seen.items() if len({row[0] for row in rows}) == 1}
    first = sorted(pure, key=lambda visitor: (pure[visitor][0][5], visitor))[:planned]
    arms: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for visitor in first:
        rows = pure[visitor]
        measures = (
            max(r[1] for r in rows),
            max(r[2] for r in rows),
            fmean(r[3] for r in rows),
            fmean(r[4] for r in rows),
        )
        arms[rows[0][0]].append(tuple(float(one) for one in measures))
    return name, arms


def shown(place: Place, tenant: str, ref: str) -> dict[tuple[str, str], float]:
    """A column of the table of measures, by variant and measure."""
    found = place.values("experiments", "Measures", ref=ref, now=True, tenant=tenant)
    return {(dict(key)["variant"], dict(key)["kind"]): value for key, value in found.items()}


@pytest.mark.parametrize("tenant", TENANTS)
def test_means_and_effects(demo: Place, tenant: str) -> None:
    """By visitor; each person counts once, whoever saw both variants not at all."""
    _, arms = visitors(demo, tenant)
    means, effects = shown(demo, tenant, "A"), shown(demo, tenant, "B")
    for index, measure in enumerate(MEASURES):
        wanted = {variant: fmean(row[index] for row in rows) for variant, rows in arms.items()}
        for variant, mean in wanted.items():
            assert close(means[variant, measure], mean)
        assert close(effects["B", measure], wanted["B"] - wanted["A"])
        assert ("A", measure) not in effects


@pytest.mark.parametrize("tenant", TENANTS)
def test_intervals_and_p_values(demo: Place, tenant: str) -> None:
    """Welch's test by SciPy over the values themselves; the test of shares by the formula of the textbooks."""
    from scipy import stats

    _, arms = visitors(demo, tenant)
    low, high, p = (shown(demo, tenant, ref) for ref in "CDE")
    for index, measure in enumerate(MEASURES):
        a, b = ([row[index] for row in arms[variant]] for variant in "AB")
        if index < 2:
            pooled = (sum(a) + sum(b)) / (len(a) + len(b))
            error = math.sqrt(pooled * (1 - pooled) * (1 / len(a) + 1 / len(b)))
            wanted = 2 * stats.norm.sf(abs(fmean(b) - fmean(a)) / error)
            apart = math.sqrt(fmean(a) * (1 - fmean(a)) / len(a) + fmean(b) * (1 - fmean(b)) / len(b))
            ends = [fmean(b) - fmean(a) + sign * stats.norm.ppf(0.975) * apart for sign in (-1, 1)]
        else:
            result = stats.ttest_ind(b, a, equal_var=False)
            wanted, ends = result.pvalue, list(result.confidence_interval(0.95))
        assert close(p["B", measure], float(wanted), within=1e-7)
        assert close(low["B", measure], float(ends[0]), within=1e-7)
        assert close(high["B", measure], float(ends[1]), within=1e-7)


@pytest.mark.parametrize("tenant", TENANTS)
def test_measures_in_a_range(demo: Place, tenant: str) -> None:
    """How the variants did in the time range, by each time that one was shown."""
    for title, number in RANGED.items():
        for days, since in windows(demo.end):
            rows = demo.rows(
                f"""SELECT experiment, variant, {number} FROM experiment_exposures
                    WHERE tenant = %s AND exposed_at > %s AND exposed_at <= %s GROUP BY 1, 2""",
                tenant, since, demo.end,
            )  # fmt: skip
            found = demo.values("experiments", title, days=days, tenant=tenant)
            by_variant = {(dict(key)["experiment"], dict(key)["variant"]): value for key, value in found.items()}
            assert by_variant.keys() == {(name, variant) for name, variant, _ in rows}
            assert all(close(by_variant[name, variant], float(wanted)) for name, variant, wanted in rows)


@pytest.mark.parametrize("tenant", TENANTS)
def test_visitors_and_plan(demo: Place, tenant: str) -> None:
    """Visitors by variant, progress, and what the table of plans says."""
    name, arms = visitors(demo, tenant)
    found = demo.values("experiments", "Verdicts", now=True, tenant=tenant)
    assert {dict(key)["variant"]: value for key, value in found.items()} == {v: len(rows) for v, rows in arms.items()}
    ((planned, primary),) = demo.rows(
        "SELECT planned_visitors, primary_metric FROM experiments WHERE tenant = %s", tenant
    )
    progress = demo.value("experiments", "Progress", now=True, tenant=tenant)
    assert close(progress, sum(len(rows) for rows in arms.values()) / planned)
    (row,) = demo.table("experiments", "Experiments", days=60, tenant=tenant)
    assert (row["Experiment"], row["Planned visitors"], row["Decided by"]) == (name, planned, primary)


def test_without_rows_nothing_is_known(nothing: Place) -> None:
    """No answer, neither 0 nor NaN."""
    for title in ("Winners", "Running", "Too early"):
        assert nothing.value("experiments", title, now=True) is None
    for title in ("Progress", "Verdicts", "Measures", *RANGED):
        assert nothing.values("experiments", title, now=True) == {}
    assert nothing.table("experiments", "Experiments") == []
