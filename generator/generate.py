"""Every file of the stack as bytes, from settings alone: the same settings give the same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from exporter.settings import Settings

if TYPE_CHECKING:
    from provisioning.grafana_contacts import Names

LOCK: Final = "grafana/names.json"
"""Names that Grafana may have of ours: it keeps what files no longer have until it is told to delete it."""


def build(
    settings: Settings,
    runtime: str = "native",
    environment: Mapping[str, str] | None = None,
    known: Names | None = None,
) -> dict[str, bytes]:
    """Path below the output directory, and content, of each file. The environment only says whether a secret is given.

    `known` are the names that earlier files in the same place had.
    """
    import alerts.grafana
    import dashboards
    from provisioning import alertmanager, grafana, grafana_contacts, grafana_watch, prometheus
    from provisioning.document import document
    from provisioning.endpoints import endpoints

    environment = os.environ if environment is None else environment
    places = endpoints(settings, runtime)
    files = {
        "prometheus/prometheus.yml": prometheus.config(settings, places),
    }
    for path, data in alertmanager.files(settings, places, environment).items():
        files[f"alertmanager/{path}"] = data
    for name, content in rules(settings).items():
        files[f"prometheus/rules/{name}.yml"] = document(content)
    files["grafana/provisioning/alerting/rules.yaml"] = document(
        {"apiVersion": 1, **alerts.grafana.file(settings, grafana_watch.groups(settings))}
    )
    contacts, names = grafana_contacts.file(settings, places, environment, known)
    files["grafana/provisioning/alerting/contacts.yaml"] = document({"apiVersion": 1, **contacts})
    files[LOCK] = (json.dumps((names | known if known else names).content(), indent=2) + "\n").encode()
    for path, data in grafana.files(settings, places).items():
        files[f"grafana/provisioning/{path}"] = data
    boards = dashboards.build(settings)
    files |= {f"grafana/dashboards/{name}": data for name, data in boards.items()}
    if settings.tenant_folders.tenants:
        from dashboards import tenants

        files |= {f"grafana/tenants/{path}": data for path, data in tenants.build(settings, boards)}
    if settings.imports.directory.is_dir():
        from generator.importing import output

        files |= output.files(settings)
    return dict(sorted(files.items()))


def rules(settings: Settings) -> dict[str, dict[str, Any]]:
    """The content of every rule file that is not empty, by its name."""
    import alerts.escalation

    found = {group.domain: group.content(settings) for group in alerts.build(settings)}
    found["escalation"] = alerts.escalation.content(settings)
    return {name: content for name, content in found.items() if content}


def known_names(out: Path) -> Names:
    """What the files in an output directory have told Grafana so far."""
    from provisioning.grafana_contacts import Names

    try:
        content = json.loads((out / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Names()
    return Names.read(content) if isinstance(content, dict) else Names()
