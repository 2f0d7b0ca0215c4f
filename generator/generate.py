"""Every file of the stack as bytes, from settings alone: the same settings give the same bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from exporter.settings import Settings


def build(
    settings: Settings, runtime: str = "native", environment: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Path below the output directory, and content, of each file. The environment only says whether a secret is given."""
    import alerts.escalation
    import alerts.grafana
    import dashboards
    from provisioning import alertmanager, grafana, grafana_watch, prometheus
    from provisioning.document import document
    from provisioning.endpoints import endpoints

    environment = os.environ if environment is None else environment
    places = endpoints(settings, runtime)
    files = {
        "prometheus/prometheus.yml": prometheus.config(settings, places),
    }
    for path, content in alertmanager.files(settings, places, environment).items():
        files[f"alertmanager/{path}"] = content
    for group in alerts.build(settings):
        if rules := group.content(settings):
            files[f"prometheus/rules/{group.domain}.yml"] = document(rules)
    if rules := alerts.escalation.content(settings):
        files["prometheus/rules/escalation.yml"] = document(rules)
    files["grafana/provisioning/alerting/rules.yaml"] = document(
        {"apiVersion": 1, **alerts.grafana.file(settings, grafana_watch.groups(settings))}
    )
    for path, content in grafana.files(settings, places).items():
        files[f"grafana/provisioning/{path}"] = content
    for name, content in dashboards.build(settings).items():
        files[f"grafana/dashboards/{name}"] = content
    return dict(sorted(files.items()))
