"""Cases of conversations."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, Case, Series, gauge


def _talks(**counters: str) -> Series:
    return {
        **{f"{name}{{{CALLER}}}": value for name, value in counters.items()},
        'exporter_domain_up{domain="conversations"}': "1",
    }


CASES: Final[dict[tuple[str, str], Case]] = {
    ("SuccessRateLow", "warning"): Case(
        _talks(conversation_goals_achieved_total="+2", conversation_goals_known_total="+4"),
        _talks(conversation_goals_achieved_total="+4", conversation_goals_known_total="+4"),
    ),
    ("ConfidenceLow", "warning"): Case(
        _talks(answer_confidence_ratio_sum="+2", answer_confidence_ratio_count="+4"),
        _talks(answer_confidence_ratio_sum="+3", answer_confidence_ratio_count="+4"),
    ),
    ("HandoffRateHigh", "warning"): Case(
        _talks(conversation_handoffs_total="+2", conversations_ended_total="+4"),
        _talks(conversation_handoffs_total="+1", conversations_ended_total="+4"),
    ),
    ("GoalCompleted", "info"): gauge(f"conversation_goals_achieved_total{{{CALLER}}}", "+1", "7"),
}
