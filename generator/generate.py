"""Every file of the stack as bytes, from settings alone: the same settings give the same bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from exporter.settings import Settings


def build(
    settings: Settings, runtime: str = "native", environment: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Path below the output directory, and content, of each file. The environment only says whether a secret is given."""
    import alerts
    import dashboards
    from provisioning import alertmanager, grafana, prometheus
    from provisioning.document import document
    from provisioning.endpoints import endpoints

    environment = os.environ if environment is None else environment
    places = endpoints(settings, runtime)
    files = {
        "prometheus/prometheus.yml": prometheus.config(settings, places),
        "alertmanager/alertmanager.yml": alertmanager.config(settings, places, environment),
    }
    for group in alerts.build(settings):
        files[f"prometheus/rules/{group.domain}.yml"] = document(group.content(settings))
    for path, content in grafana.files(settings, places).items():
        files[f"grafana/provisioning/{path}"] = content
    for name, content in dashboards.build(settings).items():
        files[f"grafana/dashboards/{name}"] = content
    if settings.imports.directory.is_dir():
        from generator.importing import output

        files |= output.files(settings)
    return dict(sorted(files.items()))
