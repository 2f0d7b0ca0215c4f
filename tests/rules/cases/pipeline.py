"""Cases of pipeline."""

from __future__ import annotations

from typing import Final

from tests.rules.case import CALLER, WHO, Case, Series, gauge


def _steps(failed: str, fine: str) -> Series:
    return {
        f'llm_requests_total{{{CALLER},model="m",status="error"}}': failed,
        f'llm_requests_total{{{CALLER},model="m",status="ok"}}': fine,
        'exporter_domain_up{domain="pipeline"}': "1",
    }


def _times(metric: str, labels: str, **buckets: str) -> Series:
    names = {key.removeprefix("le_").replace("_", "."): value for key, value in buckets.items()}
    return {
        **{f'{metric}_bucket{{{labels},le="{bound}"}}': value for bound, value in names.items()},
        f'{metric}_bucket{{{labels},le="+Inf"}}': "+4",
        f"{metric}_count{{{labels}}}": "+4",
        'exporter_domain_up{domain="pipeline"}': "1",
    }


LATENCY: Final = "turn_latency_seconds"
LLM: Final = "llm_request_duration_seconds"

CASES: Final[dict[tuple[str, str], Case]] = {
    ("ErrorRateHigh", "warning"): Case(_steps("+1", "+31"), _steps("+1", "+63")),
    ("ErrorRateHigh", "critical"): Case(_steps("+1", "+7"), _steps("+1", "+31")),
    ("AgentErrorRateHigh", "warning"): Case(_steps("+1", "+7"), _steps("+1", "+15")),
    ("ResponseTimeHigh", "warning"): Case(
        _times(LATENCY, WHO, le_0_8="0", le_1="+4"), _times(LATENCY, WHO, le_0_65="0", le_0_8="+4")
    ),
    ("ResponseTimeHigh", "critical"): Case(
        _times(LATENCY, WHO, le_1_2="0", le_1_5="+4"), _times(LATENCY, WHO, le_0_8="0", le_1_2="+4")
    ),
    ("ModelResponseTimeHigh", "warning"): Case(
        _times(LLM, 'model="m"', le_0_8="0", le_1="+4"), _times(LLM, 'model="m"', le_0_65="0", le_0_8="+4")
    ),
    ("SlowResponses", "warning"): Case(
        _times(LATENCY, WHO, le_5="+3", le_7="+4"), _times(LATENCY, WHO, le_5="+4", le_7="+4")
    ),
    ("QueueDepthHigh", "warning"): gauge('queue_depth{queue="mail"}', "64", "32"),
    ("QueueDepthHigh", "critical"): gauge('queue_depth{queue="mail"}', "256", "128"),
}
