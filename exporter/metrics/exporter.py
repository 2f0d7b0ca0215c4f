"""Metrics of the exporter about itself."""

from typing import Final

from exporter.labels import COMPUTATION, DOMAIN, LABEL, METRIC, REASON, SCAN, VERSION, Label
from exporter.metric import Own


def _own(base: str, help: str, *labels: Label, unit: str = "", codes: tuple[str, ...] = ("H3",)) -> Own:
    return Own(base=f"exporter_{base}", help=help, domain="exporter", labels=labels, unit=unit, codes=codes)


DOMAIN_UP: Final = _own("domain_up", "Whether the last scrape gave this domain (1) or not (0).", DOMAIN)
DATABASE_UP: Final = _own("database_up", "Whether the last scrape reached the database (1) or not (0).", codes=("H1",))
SCRAPE_DURATION: Final = _own("scrape_duration_seconds", "Time that the last scrape took.", unit="seconds")
SNAPSHOT: Final = _own(
    "snapshot_timestamp_seconds",
    "Time, by the database's clock, of the snapshot that the last scrape read; what happened up to then is counted.",
    unit="seconds",
)
SCRAPES: Final = _own("scrapes_total", "Scrapes that read the database.")
SCRAPE_ERRORS: Final = _own("scrape_errors_total", "Scrapes in which this domain failed.", DOMAIN)
HORIZON_LAG: Final = _own("horizon_lag_seconds", "Age of the horizon up to which totals are sealed.", unit="seconds")
HORIZON_CAPPED: Final = _own(
    "horizon_capped", "Whether an open transaction held totals back beyond the cap (1) or not (0)."
)
TAIL_ROWS: Final = _own("tail_rows", "Rows after the horizon that the last scrape read.", DOMAIN)
SCAN_DURATION: Final = _own("scan_duration_seconds", "Time of one statement of the last scrape.", SCAN, unit="seconds")
SEAL_PROGRESS: Final = _own(
    "seal_progress_ratio", "Share of the first pass over all rows that is done.", DOMAIN, unit="ratio"
)
SEALED_ROWS: Final = _own("sealed_rows_total", "Rows in the sealed totals.", DOMAIN)
SERIES: Final = _own("series", "Series that the last scrape gave.", DOMAIN)
LABEL_OVERFLOW: Final = _own(
    "label_overflow", "Distinct values counted under 'other' because of the label's cap.", LABEL
)
REJECTED: Final = _own(
    "rejected_values_total", "Values left out because they are negative or not a number.", METRIC, REASON
)
STATE_SAVES: Final = _own("state_saves_total", "Times that sealed totals were written to disk.")
STATE_SAVE_ERRORS: Final = _own("state_save_errors_total", "Times that sealed totals could not be written to disk.")
STATE_AGE: Final = _own("state_age_seconds", "Age of the state file.", unit="seconds")
STATE_UP: Final = _own("state_up", "Whether a state metric's source answered (1) or not (0).", METRIC)
METRIC_MISSING: Final = _own(
    "metric_missing", "1 for each metric that the mapping cannot give, with the reason.", METRIC, REASON
)
FUTURE_ROWS: Final = _own("future_rows", "Rows whose event time is in the future; they count when it comes.", DOMAIN)
CLOCK_JUMPS: Final = _own("clock_jumps_total", "Times that the database's clock went back.")
NEWEST_ROW_AGE: Final = _own("newest_row_age_seconds", "Age of the newest row.", DOMAIN, unit="seconds")
BUILD_INFO: Final = _own("build_info", "Version of the exporter.", VERSION)
RECONCILED_AGE: Final = _own(
    "reconciliation_age_seconds",
    "Time since the least recently compared slice of sealed totals was compared with the table.",
    DOMAIN,
    unit="seconds",
)
RECONCILED_SLICES: Final = _own("reconciliation_slices", "Slices of time that sealed totals are made of.", DOMAIN)
RECONCILIATIONS: Final = _own("reconciliation_checks_total", "Slices of sealed totals compared with the table.", DOMAIN)
RECONCILED_ROWS: Final = _own(
    "reconciliation_rows_total",
    "Rows found behind the horizon that arrived late, changed, vanished or were purged.",
    DOMAIN,
    REASON,
)
REPAIRS: Final = _own(
    "reconciliation_repairs_total", "Slices in which sealed totals were raised to what the table holds.", DOMAIN
)
DIFFERENCE: Final = _own(
    "reconciliation_difference_rows",
    "Rows by which totals and table differ now: missing in the totals, surplus in the totals, or retained after a purge.",
    DOMAIN,
    REASON,
)
STATE_LOST: Final = _own(
    "state_lost", "Whether totals began anew from fewer rows than they had counted, within the last day (1) or not (0)."
)
COMPUTATION_UP: Final = _own(
    "computation_up", "Whether a computation in the background succeeded when it last ran (1) or not (0).", COMPUTATION
)
COMPUTATION_AGE: Final = _own(
    "computation_age_seconds", "Time since a computation last succeeded.", COMPUTATION, unit="seconds"
)
COMPUTATION_DURATION: Final = _own(
    "computation_duration_seconds", "Time that a computation took when it last ran.", COMPUTATION, unit="seconds"
)
LATE_PRICES: Final = _own(
    "late_prices",
    "Prices that changed for a time whose cost is counted already; totals are not wholly by them until they are read anew.",
    codes=("K1", "H3"),
)

METRICS: Final = (
    DOMAIN_UP, DATABASE_UP, SCRAPE_DURATION, SNAPSHOT, SCRAPES, SCRAPE_ERRORS, HORIZON_LAG, HORIZON_CAPPED, TAIL_ROWS,
    SCAN_DURATION, SEAL_PROGRESS, SEALED_ROWS, SERIES, LABEL_OVERFLOW, REJECTED, STATE_SAVES, STATE_SAVE_ERRORS,
    STATE_AGE, STATE_UP, METRIC_MISSING, FUTURE_ROWS, CLOCK_JUMPS, NEWEST_ROW_AGE, BUILD_INFO,
    RECONCILED_AGE, RECONCILED_SLICES, RECONCILIATIONS, RECONCILED_ROWS, REPAIRS, DIFFERENCE, STATE_LOST,
    COMPUTATION_UP, COMPUTATION_AGE, COMPUTATION_DURATION, LATE_PRICES,
)  # fmt: skip
