"""prometheus.yml: what is scraped, which rules are read, who is told."""

from __future__ import annotations

from typing import Final

from exporter.settings import Settings, duration
from provisioning.document import document
from provisioning.endpoints import Endpoints

JOB: Final = "watchfloor"
INSTANCE: Final = "watchfloor"
"""Fixed, so that backfilled history and every later exporter continue the same series."""

PASSWORD_FILE: Final = "exporter_password"  # noqa: S105 - the name of a file
CA_FILE: Final = "exporter_ca.pem"
CLOCK_BACK: Final = "1h"
"""How far a clock may go back. Without a window Prometheus refuses samples of the time before, of new series and after a restart too."""

FLAGS: Final = ("--rules.alert.resend-delay=10s",)
"""Flags on which the time of delivery rests (DESIGN.md, timing)."""


def config(settings: Settings, endpoints: Endpoints) -> bytes:
    """The file, with paths relative to its own directory."""
    stack = settings.stack
    alertmanagers = list(endpoints.alertmanagers[: stack.alertmanagers])
    return document(
        {
            "global": {
                "scrape_interval": duration(stack.scrape_interval),
                "scrape_timeout": duration(stack.scrape_timeout),
                "evaluation_interval": duration(stack.evaluation_interval),
            },
            "rule_files": ["rules/*.yml"],
            # After a clock went back, series that are new and a Prometheus that is restarted go on.
            "storage": {"tsdb": {"out_of_order_time_window": CLOCK_BACK}},
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": alertmanagers}]}]},
            "scrape_configs": [
                _exporter(settings, endpoints),
                {"job_name": "prometheus", "static_configs": [{"targets": [endpoints.prometheus]}]},
                {"job_name": "alertmanager", "static_configs": [{"targets": alertmanagers}]},
                *_deadman(settings, endpoints),
            ],
        }
    )


def _deadman(settings: Settings, endpoints: Endpoints) -> list[dict[str, object]]:
    """The dead man's switch of this stack; one that runs elsewhere is watched from there."""
    if not settings.deadman.enabled or settings.deadman.url is not None:
        return []
    return [{"job_name": "deadman", "static_configs": [{"targets": [endpoints.deadman]}]}]


def _exporter(settings: Settings, endpoints: Endpoints) -> dict[str, object]:
    job: dict[str, object] = {"job_name": JOB}
    if settings.exporter.tls is not None:
        job["scheme"] = "https"
        job["tls_config"] = {"ca_file": endpoints.secret(CA_FILE)}
    if settings.exporter.basic_auth is not None:
        job["basic_auth"] = {
            "username": settings.exporter.basic_auth.username,
            "password_file": endpoints.secret(PASSWORD_FILE),
        }
    job["static_configs"] = [{"targets": [endpoints.exporter], "labels": {"instance": INSTANCE}}]
    return job
