"""alertmanager.yml from the routing table, readable by Alertmanager 0.25 and later.

Secrets stay in files of the secrets directory. Alertmanager 0.25 cannot read a webhook's URL from a file, so the generated
file holds a placeholder and `secrets` gives a private copy with the real URL, from which Alertmanager is then started.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from exporter.settings import Settings, SettingsError, duration, secret
from provisioning.document import document
from provisioning.endpoints import Endpoints
from provisioning.imported import branches
from provisioning.prometheus import CA_FILE, PASSWORD_FILE
from provisioning.routing import (
    DEFAULT,
    HEARTBEAT,
    INHIBITIONS,
    NOWHERE,
    PEOPLE,
    ROUTES,
    SLACK_URL,
    Inhibition,
    Route,
    channels,
)  # fmt: skip

SLACK_FILE: Final = "slack_webhook_url"
SMTP_FILE: Final = "smtp_password"
PRIVATE_FILE: Final = "alertmanager.yml"
PLACEHOLDER: Final = "http://127.0.0.1:9/the-private-copy-of-this-file-has-the-address"
FLAGS: Final = ("--data.maintenance-interval=10s",)
"""Without it a killed Alertmanager forgets silences and notifies twice (DESIGN.md, timing)."""

URL: Final = re.compile(r"https?://[^\s/]+\S*\Z")

TITLE: Final = (
    '{{ if eq .Status "firing" }}{{ .CommonLabels.severity | toUpper }}{{ else }}RESOLVED{{ end }}: {{ .GroupLabels.alertname }}'
    "{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}"
)
LINK: Final = "{{ with (index .Alerts 0).Annotations.dashboard_url }}{{ . }}{{ end }}"
# Slack reads &, < and > as markup: a label's value must not become a link or a mention.
TEXT: Final = (
    "{{ range $i, $a := .Alerts }}{{ if lt $i 20 }}"
    '{{ with $a.Annotations.description }}{{ . | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}'
    "{{ end }}\n{{ with $a.Annotations.dashboard_url }}<{{ . }}|Dashboard> {{ end }}"
    "{{ with $a.Annotations.runbook_url }}Runbook: {{ . }}{{ end }}\n{{ end }}{{ end }}"
    "{{ if gt (len .Alerts) 20 }}and more: {{ len .Alerts }} in all{{ end }}"
)


def config(settings: Settings, endpoints: Endpoints, environment: Mapping[str, str]) -> bytes:
    """The file; it holds no secret."""
    return document(_content(settings, endpoints, environment, PLACEHOLDER))


def secrets(settings: Settings, environment: Mapping[str, str], endpoints: Endpoints) -> dict[str, str]:
    """Name and content of every file that belongs into the secrets directory, mode 0600.

    Raises SettingsError when a file that the settings name cannot be read.
    """
    alerting, exporter, ways = settings.alerting, settings.exporter, channels(settings, environment)
    files: dict[str, str] = {}
    if ways.slack:
        path = alerting.slack_webhook_url_file
        url = secret(path, "alerting.slack_webhook_url_file") if path else environment[SLACK_URL].strip()
        files[SLACK_FILE] = _url(url, "alerting.slack_webhook_url_file" if path else SLACK_URL)
    if alerting.smtp_password_file is not None:
        files[SMTP_FILE] = secret(alerting.smtp_password_file, "alerting.smtp_password_file")
    if exporter.basic_auth is not None:
        files[PASSWORD_FILE] = secret(exporter.basic_auth.password_file, "exporter.basic_auth.password_file")
    if exporter.tls is not None:
        files[CA_FILE] = secret(exporter.tls.cert_file, "exporter.tls.cert_file") + "\n"
    if alerting.webhook_url_file is not None:
        url = _url(secret(alerting.webhook_url_file, "alerting.webhook_url_file"), "alerting.webhook_url_file")
        files[PRIVATE_FILE] = document(_content(settings, endpoints, environment, url)).decode()
    return files


def config_file(settings: Settings, endpoints: Endpoints, generated: str) -> str:
    """The file to start Alertmanager with: the generated one, or the private copy when a webhook is configured."""
    return endpoints.secret(PRIVATE_FILE) if settings.alerting.webhook_url_file is not None else generated


def literal(text: str) -> str:
    """Text that Alertmanager's template engine prints as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _content(
    settings: Settings, endpoints: Endpoints, environment: Mapping[str, str], webhook: str
) -> dict[str, object]:
    people = _people(settings, endpoints, environment, webhook)
    receivers: list[dict[str, object]] = [{"name": PEOPLE, **people}] if people else []
    root = DEFAULT if people else _silent(DEFAULT)
    routes = [_child(route if people or route.receiver != PEOPLE else _silent(route)) for route in ROUTES]
    other = branches(settings)
    content: dict[str, object] = {
        "route": {**_timing(root), "routes": [*other["routes"], *routes]},
        "inhibit_rules": [*(_inhibition(rule) for rule in INHIBITIONS), *other["inhibit_rules"]],
        "receivers": [*receivers, {"name": HEARTBEAT}, *([] if people else [{"name": NOWHERE}]), *other["receivers"]],
    }
    return {**content, "time_intervals": other["time_intervals"]} if other["time_intervals"] else content


def _people(
    settings: Settings, endpoints: Endpoints, environment: Mapping[str, str], webhook: str
) -> dict[str, list[dict[str, object]]]:
    ways = channels(settings, environment)
    configs: dict[str, list[dict[str, object]]] = {}
    if ways.email:
        configs["email_configs"] = [_email(settings, endpoints)]
    if ways.slack:
        configs["slack_configs"] = [_slack(settings, endpoints)]
    if ways.webhook:
        configs["webhook_configs"] = [{"url": webhook, "send_resolved": True, "max_alerts": 100}]
    return configs


def _email(settings: Settings, endpoints: Endpoints) -> dict[str, object]:
    alerting = settings.alerting
    mail: dict[str, object] = {
        "to": literal(alerting.email or ""),
        "from": literal(alerting.smtp_from),
        "smarthost": alerting.smtp_host,
        "require_tls": alerting.smtp_require_tls,
        "send_resolved": True,
        "headers": {"Subject": TITLE},
    }
    if alerting.smtp_username is not None:
        mail["auth_username"] = alerting.smtp_username
    if alerting.smtp_password_file is not None:
        mail["auth_password_file"] = endpoints.secret(SMTP_FILE)
    return mail


def _slack(settings: Settings, endpoints: Endpoints) -> dict[str, object]:
    slack: dict[str, object] = {"api_url_file": endpoints.secret(SLACK_FILE)}
    if settings.alerting.slack_channel:
        slack["channel"] = literal(settings.alerting.slack_channel)
    # The default fallback shows labels as markup, the default link leads to a page that Debian's Alertmanager lacks.
    return {**slack, "send_resolved": True, "title": TITLE, "title_link": LINK, "fallback": TITLE, "text": TEXT}


def _silent(route: Route) -> Route:
    return Route(route.severity, NOWHERE, route.group_by, route.group_wait, route.group_interval, route.repeat_interval)


def _timing(route: Route) -> dict[str, object]:
    return {
        "receiver": route.receiver,
        "group_by": list(route.group_by),
        "group_wait": duration(route.group_wait),
        "group_interval": duration(route.group_interval),
        "repeat_interval": duration(route.repeat_interval),
    }


def _child(route: Route) -> dict[str, object]:
    return {"matchers": _matchers({"severity": route.severity}), **_timing(route)}


def _inhibition(rule: Inhibition) -> dict[str, object]:
    content: dict[str, object] = {"source_matchers": _matchers(rule.source), "target_matchers": _matchers(rule.target)}
    return {**content, "equal": list(rule.equal)} if rule.equal else content


def _matchers(labels: Mapping[str, str]) -> list[str]:
    return [f'{name}="{value}"' for name, value in labels.items()]


def _url(text: str, place: str) -> str:
    if not URL.match(text):
        raise SettingsError(f"{place}: what it holds is no address; write one that begins with https://")
    return text
