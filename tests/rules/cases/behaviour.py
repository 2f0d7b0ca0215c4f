"""Cases of behaviour."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, Case, Series

TALKS: Final = f"conversations_started_total{{{CALLER}}}"
STEADY: Final[Series] = {TALKS: "0+10x1200"}


def _plan(used: str, allowed: str) -> Series:
    labels = 'tenant="acme",plan="pro",kind="calls"'
    return {
        f"plan_used{{{labels}}}": used,
        f"plan_limit{{{labels}}}": allowed,
        'exporter_domain_up{domain="behaviour"}': "1",
    }


CASES: Final[dict[tuple[str, str], Case]] = {
    ("PlanLimitNear", "warning"): Case(_plan("896", "1024"), _plan("768", "1024")),
    ("PlanLimitNear", "critical"): Case(_plan("1024", "1024"), _plan("1023", "1024")),
    ("UsageSpike", "warning"): Case({TALKS: "0+10x1000 10040+40x200"}, STEADY, at="169h", weekly=True),
    ("UsageLow", "warning"): Case({TALKS: "0+10x1020 10202+2x200"}, STEADY, at="180h", weekly=True),
}
