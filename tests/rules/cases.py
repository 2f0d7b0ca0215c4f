"""For each alert: series under which it fires, and series under which it is silent.

Values are written as promtool reads them, one sample each 10 seconds; `+N` means that a counter grows by N with each.
All numbers are exact in binary, because promtool 2.42 compares floats exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Series = dict[str, str]

WEEK: Final = 1008
"""Ten-minute steps in a week."""


@dataclass(frozen=True)
class Case:
    """Series with which the alert fires at a time, and with which it does not."""

    fires: Series
    silent: Series | None
    at: str = "10m"
    weekly: bool = False


CALLER: Final = 'tenant="acme",agent="ann",agent_type="voice"'
CAMPAIGN: Final = 'tenant="acme",campaign="spring"'
WHO: Final = 'tenant="acme",agent_type="voice"'


def _outcomes(failed: str, other: str) -> Series:
    return {
        f'calls_completed_total{{{CALLER},outcome="failed"}}': failed,
        f'calls_completed_total{{{CALLER},outcome="qualified"}}': other,
        'exporter_domain_up{domain="calls"}': "1",
    }


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


def _talks(**counters: str) -> Series:
    return {
        **{f"{name}{{{CALLER}}}": value for name, value in counters.items()},
        'exporter_domain_up{domain="conversations"}': "1",
    }


def _gauge(series: str, fires: str, silent: str) -> Case:
    return Case({series: fires}, {series: silent})


LATENCY: Final = "turn_latency_seconds"
LLM: Final = "llm_request_duration_seconds"
CALLS: Final = f"calls_initiated_total{{{CALLER}}}"
MISSING: Final = Case({CALLS: f"0+100x12 1200x{WEEK}"}, {CALLS: f"0+100x{WEEK + 12}"}, at="169h", weekly=True)

CASES: Final[dict[tuple[str, str], Case]] = {
    ("CallsFailing", "warning"): Case(_outcomes("+1", "+3"), _outcomes("0", "+3")),
    ("CallQueueBacklog", "warning"): _gauge(f"queued_calls{{{CAMPAIGN}}}", "64", "32"),
    ("CallQueueBacklog", "critical"): _gauge(f"queued_calls{{{CAMPAIGN}}}", "256", "128"),
    ("CallsMissing", "warning"): MISSING,
    ("CallsMissing", "critical"): MISSING,
    ("CampaignStalled", "warning"): Case(
        {f"campaign_status{{{CAMPAIGN}}}": "1", f"queued_calls{{{CAMPAIGN}}}": "8"},
        {
            f"campaign_status{{{CAMPAIGN}}}": "1",
            f"queued_calls{{{CAMPAIGN}}}": "8",
            f"calls_initiated_total{{{CAMPAIGN}}}": "+1",
        },
    ),
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
    ("QueueDepthHigh", "warning"): _gauge('queue_depth{queue="mail"}', "64", "32"),
    ("QueueDepthHigh", "critical"): _gauge('queue_depth{queue="mail"}', "256", "128"),
    ("UnpricedUsage", "warning"): Case(
        {'llm_unpriced_requests_total{model="m",reason="no_price"}': "+1"},
        {'llm_unpriced_requests_total{model="m",reason="no_price"}': "7"},
        at="15m",
    ),
    ("ExporterDown", "critical"): _gauge('up{job="watchfloor"}', "0", "1"),
    ("ExporterMissing", "critical"): Case({'up{job="prometheus"}': "1"}, {'up{job="watchfloor"}': "0"}),
    ("DatabaseDown", "critical"): _gauge("exporter_database_up", "0", "1"),
    ("DomainDown", "critical"): _gauge('exporter_domain_up{domain="calls"}', "0", "1"),
    ("ScrapeSlow", "warning"): _gauge("exporter_scrape_duration_seconds", "4.5", "4"),
    ("HorizonLagging", "warning"): _gauge("exporter_horizon_lag_seconds", "1024", "512"),
    ("HorizonLagging", "critical"): _gauge("exporter_horizon_lag_seconds", "4096", "2048"),
    ("HorizonCapped", "warning"): _gauge("exporter_horizon_capped", "1", "0"),
    ("DataStale", "warning"): _gauge('exporter_newest_row_age_seconds{domain="calls"}', "4096", "2048"),
    ("DataStale", "critical"): _gauge('exporter_newest_row_age_seconds{domain="calls"}', "32768", "4096"),
    ("StateNotSaved", "warning"): _gauge("exporter_state_save_errors_total", "+1", "7"),
    ("StateSourceDown", "warning"): _gauge('exporter_state_up{metric="queue_depth"}', "0", "1"),
    ("ClockJumped", "warning"): _gauge("exporter_clock_jumps_total", "+1", "7"),
    ("RowsFromTheFuture", "warning"): _gauge('exporter_future_rows{domain="calls"}', "2", "0"),
    ("LabelOverflow", "warning"): _gauge('exporter_label_overflow{label="agent"}', "3", "0"),
    ("ValuesRejected", "warning"): _gauge('exporter_rejected_values_total{metric="m",reason="negative"}', "+1", "7"),
    ("RowsBehindHorizon", "warning"): Case(
        {'exporter_reconciliation_rows_total{domain="calls",reason="late"}': "+1"},
        {
            'exporter_reconciliation_rows_total{domain="calls",reason="late"}': "7",
            'exporter_reconciliation_rows_total{domain="calls",reason="purged"}': "+1",
        },
    ),
    ("TotalsIncomplete", "warning"): Case(
        {'exporter_reconciliation_difference_rows{domain="calls",reason="missing"}': "3"},
        {
            'exporter_reconciliation_difference_rows{domain="calls",reason="missing"}': "0",
            'exporter_reconciliation_difference_rows{domain="calls",reason="surplus"}': "3",
            'exporter_reconciliation_difference_rows{domain="calls",reason="retained"}': "3",
        },
    ),
    ("ReconciliationBehind", "warning"): _gauge(
        'exporter_reconciliation_age_seconds{domain="calls"}', "131072", "65536"
    ),
    ("TotalsLost", "warning"): _gauge("exporter_state_lost", "1", "0"),
    ("RuleEvaluationFailing", "critical"): _gauge(
        'prometheus_rule_evaluation_failures_total{rule_group="g"}', "+1", "7"
    ),
    ("NotificationsFailing", "critical"): _gauge(
        'alertmanager_notifications_failed_total{integration="slack"}', "+1", "7"
    ),
    ("AlertsDropped", "critical"): _gauge("prometheus_notifications_dropped_total", "+1", "7"),
    ("AlertmanagerDown", "critical"): _gauge('up{job="alertmanager"}', "0", "1"),
    ("PrometheusReloadFailed", "warning"): _gauge("prometheus_config_last_reload_successful", "0", "1"),
    ("AlertmanagerReloadFailed", "warning"): _gauge("alertmanager_config_last_reload_successful", "0", "1"),
    # It must never be silent.
    ("Watchdog", "none"): Case({}, None),
}
