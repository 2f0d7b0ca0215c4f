"""Cases of exporter."""

from __future__ import annotations

from typing import Final

from tests.rules.case import Case, gauge

CASES: Final[dict[tuple[str, str], Case]] = {
    ("ExporterDown", "critical"): gauge('up{job="watchfloor"}', "0", "1"),
    ("ExporterMissing", "critical"): Case({'up{job="prometheus"}': "1"}, {'up{job="watchfloor"}': "0"}),
    ("DatabaseDown", "critical"): gauge("exporter_database_up", "0", "1"),
    ("DomainDown", "critical"): gauge('exporter_domain_up{domain="calls"}', "0", "1"),
    ("ScrapeSlow", "warning"): gauge("exporter_scrape_duration_seconds", "4.5", "4"),
    ("HorizonLagging", "warning"): gauge("exporter_horizon_lag_seconds", "1024", "512"),
    ("HorizonLagging", "critical"): gauge("exporter_horizon_lag_seconds", "4096", "2048"),
    ("HorizonCapped", "warning"): gauge("exporter_horizon_capped", "1", "0"),
    ("DataStale", "warning"): gauge('exporter_newest_row_age_seconds{domain="calls"}', "4096", "2048"),
    ("DataStale", "critical"): gauge('exporter_newest_row_age_seconds{domain="calls"}', "32768", "4096"),
    ("StateNotSaved", "warning"): gauge("exporter_state_save_errors_total", "+1", "7"),
    ("StateSourceDown", "warning"): gauge('exporter_state_up{metric="queue_depth"}', "0", "1"),
    ("ClockJumped", "warning"): gauge("exporter_clock_jumps_total", "+1", "7"),
    ("RowsFromTheFuture", "warning"): gauge('exporter_future_rows{domain="calls"}', "2", "0"),
    ("LabelOverflow", "warning"): gauge('exporter_label_overflow{label="agent"}', "3", "0"),
    ("ValuesRejected", "warning"): gauge('exporter_rejected_values_total{metric="m",reason="negative"}', "+1", "7"),
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
    ("ReconciliationBehind", "warning"): gauge(
        'exporter_reconciliation_age_seconds{domain="calls"}', "131072", "65536"
    ),
    ("ComputationFailing", "warning"): gauge('exporter_computation_up{computation="visitors"}', "0", "1"),
    ("TotalsLost", "warning"): gauge("exporter_state_lost", "1", "0"),
    ("RuleEvaluationFailing", "critical"): gauge(
        'prometheus_rule_evaluation_failures_total{rule_group="g"}', "+1", "7"
    ),
    ("NotificationsFailing", "critical"): gauge(
        'alertmanager_notifications_failed_total{integration="slack"}', "+1", "7"
    ),
    ("AlertsDropped", "critical"): gauge("prometheus_notifications_dropped_total", "+1", "7"),
    ("AlertmanagerDown", "critical"): gauge('up{job="alertmanager"}', "0", "1"),
    ("PrometheusReloadFailed", "warning"): gauge("prometheus_config_last_reload_successful", "0", "1"),
    ("AlertmanagerReloadFailed", "warning"): gauge("alertmanager_config_last_reload_successful", "0", "1"),
    ("ScrapeGaps", "warning"): Case({'up{job="watchfloor"}': "1x75 0x7 1x40"}, {'up{job="watchfloor"}': "1"}, at="15m"),
    ("ExporterStale", "critical"): Case(
        {"exporter_scrapes_total": "7", "exporter_database_up": "1"},
        {"exporter_scrapes_total": "7", "exporter_database_up": "0"},
    ),
    ("RulesMissed", "warning"): gauge('prometheus_rule_group_iterations_missed_total{rule_group="g"}', "+1", "7"),
    ("AlertmanagersSplit", "warning"): Case(
        {
            'alertmanager_cluster_members{instance="a"}': "1",
            'up{job="alertmanager",instance="a"}': "1",
            'up{job="alertmanager",instance="b"}': "1",
        },
        {'up{job="alertmanager",instance="a"}': "1", 'up{job="alertmanager",instance="b"}': "0"},
    ),
    ("AlertmanagersDiffer", "warning"): Case(
        {'alertmanager_config_hash{instance="a"}': "1", 'alertmanager_config_hash{instance="b"}': "2"},
        {'alertmanager_config_hash{instance="a"}': "2", 'alertmanager_config_hash{instance="b"}': "2"},
    ),
    ("AlertmanagerNotSaving", "warning"): gauge("alertmanager_nflog_maintenance_errors_total", "+1", "7"),
    ("PrometheusNotSaving", "warning"): gauge("prometheus_tsdb_wal_writes_failed_total", "+1", "7"),
    ("DeadmanDown", "warning"): gauge('up{job="deadman"}', "0", "1"),
    # It must never be silent.
    ("Watchdog", "none"): Case({}, None),
}
