"""Cases of agents."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, Case, Series, gauge


def _tasks(failed: str, late: str, done: str) -> Series:
    return {
        f'agent_tasks_ended_total{{{CALLER},task="t",status="failed"}}': failed,
        f'agent_tasks_ended_total{{{CALLER},task="t",status="timeout"}}': late,
        f'agent_tasks_ended_total{{{CALLER},task="t",status="completed"}}': done,
        f'agent_tasks_ended_total{{{CALLER},task="t",status="unknown"}}': "+64",
        'exporter_domain_up{domain="agents"}': "1",
    }


def _advice(priority: str) -> str:
    return f'recommendation_confidence_ratio{{recommendation="r",rule="r",priority="{priority}",tenant="acme",agent="ann"}}'


CASES: Final[dict[tuple[str, str], Case]] = {
    ("AgentTasksFailing", "warning"): Case(_tasks("+1", "+1", "+14"), _tasks("+1", "0", "+15")),
    ("AgentInactive", "warning"): gauge(f"agent_idle_seconds{{{CALLER}}}", "90000", "86400"),
    ("AgentConfigurationIncomplete", "info"): gauge(f"agent_configured_ratio{{{CALLER}}}", "0.75", "0.8125"),
    ("AgentConfigurationStale", "info"): gauge(f"agent_configuration_age_seconds{{{CALLER}}}", "2592001", "2592000"),
    ("RecommendationCritical", "info"): Case({_advice("critical"): "0.875"}, {_advice("high"): "0.875"}),
}
