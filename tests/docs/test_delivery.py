"""The page on delivery says what was measured, with the intervals that are in force."""

from __future__ import annotations

import json
from dataclasses import asdict

from bench.publish import PAGE, RESULTS, page
from exporter.settings import Settings
from provisioning import timing
from provisioning.routing import ROUTES


def test_the_tables_are_those_of_the_results() -> None:
    """`python -m bench.publish` would change nothing."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_what_was_measured_is_what_is_generated() -> None:
    """Other intervals or routes need a new run of bench.alerting."""
    measured = json.loads((RESULTS / "alerting.json").read_text())
    stack = Settings().stack
    assert measured["intervals"] == {name: getattr(stack, name) for name in measured["intervals"]}
    routes = {route.severity: json.loads(json.dumps(asdict(route))) for route in ROUTES}
    assert measured["routes"] == routes


def test_every_measured_delay_is_within_its_bound() -> None:
    """Fifty crossings for each severity and receiver, none lost, none later than the formula says, none beyond the promise."""
    rows = json.loads((RESULTS / "alerting.json").read_text())["rows"]
    assert {(row["severity"], row["receiver"]) for row in rows} == {
        (severity, receiver) for severity in ("critical", "warning", "info") for receiver in ("slack", "hook", "mail")
    }
    for row in rows:
        bound = timing.bound(Settings(), row["severity"], row["for"]).total
        assert row["crossings"] >= 50
        assert row["lost"] == 0
        assert row["max"] <= bound <= timing.LIMITS[row["severity"]]


def test_no_fault_of_one_machine_loses_an_alert() -> None:
    """Only a Prometheus elsewhere with a clock far behind does; that, and every loss of sight, is told in time."""
    rows = json.loads((RESULTS / "faults.json").read_text())["rows"]
    lost = {row["fault"] for row in rows if not row["delivered"]}
    assert lost == {"Prometheus' clock 300 s behind Alertmanager's"}
    told = [row for row in rows if row["fault"].endswith("it is told")]
    assert {"exporter", "database", "Prometheus", "Alertmanager", "relay"} <= {row["fault"].split()[0] for row in told}
    assert all(row["delay"] <= row["limit"] <= 120 for row in told)
