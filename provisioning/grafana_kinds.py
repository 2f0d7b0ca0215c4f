"""Grafana's integrations, one for each kind of channel, with the exact names of its settings (Grafana 11 to 13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from exporter.alerting import Channel
from exporter.settings import Settings, SettingsError, secret
from provisioning import recipients
from provisioning.alertmanager import heartbeat_url
from provisioning.contact import MOST, address, channel_secret
from provisioning.endpoints import Endpoints
from provisioning.grafana import escape
from provisioning.message import call
from provisioning.routing import HEARTBEAT, PEOPLE, SLACK_URL

VARIABLE: Final = "WATCHFLOOR_CHANNEL_"
LOOKS_OTHERWISE: Final = re.compile(
    r"[-+]?(\d[\d_]*\.?\d*(e[-+]?\d+)?|0x[0-9a-f]+|inf(inity)?|nan)\Z|(t|f|true|false)\Z", re.IGNORECASE
)
"""Grafana turns the value of a variable into a number or a boolean when it looks like one."""

DASHBOARD: Final = "{{ with (index .Alerts 0).Annotations.dashboard_url }}{{ . }}{{ end }}"


@dataclass(frozen=True, slots=True)
class Way:
    """One integration of a contact point."""

    name: str
    type: str
    settings: Mapping[str, object]
    resolved: bool = True


def variable(name: str) -> str:
    """The variable of Grafana's process that holds the secret of a channel."""
    return VARIABLE + name.upper().replace("-", "_")


def environment(settings: Settings, given: Mapping[str, str]) -> dict[str, str]:
    """Variables that Grafana's process needs to tell anybody: secrets of channels, and the mail server.

    Raises SettingsError when a secret is missing, or would reach Grafana as something else.
    """
    alerting, found = settings.alerting, dict[str, str]()
    for name in recipients.built_in(settings, given):
        if name == "slack":
            path = alerting.slack_webhook_url_file
            url = secret(path, "alerting.slack_webhook_url_file") if path else given[SLACK_URL].strip()
            found[variable(name)] = address(url, SLACK_URL)
        elif name == "webhook" and alerting.webhook_url_file is not None:
            found[variable(name)] = address(secret(alerting.webhook_url_file, "alerting.webhook_url_file"), name)
    for channel in alerting.channels:
        if channel.kind not in ("email", "sms"):
            found[variable(channel.name)] = _whole(channel, channel_secret(channel, given))
    return {**found, **_mail(settings)}


def integrations(
    name: str, settings: Settings, endpoints: Endpoints, environment: Mapping[str, str]
) -> tuple[Way, ...]:
    """The integrations of a receiver; none for one that nobody hears."""
    if name == HEARTBEAT:
        url = heartbeat_url(settings, endpoints)
        return (Way(name, "webhook", {"url": escape(url), "httpMethod": "POST"}),) if url else ()
    channel = next((item for item in settings.alerting.channels if item.name == name), None)
    if channel is not None and channel.kind == "sms":
        url = escape(f"http://{endpoints.relay}/{channel.name}")
        return (Way(name, "webhook", {"url": url, "httpMethod": "POST", "maxAlerts": MOST}, channel.resolved),)
    if channel is not None:
        kind, content = KINDS[channel.kind](channel, f"${variable(channel.name)}")
        return (Way(name, kind, content, channel.resolved),)
    names = recipients.bundle(settings, environment) if name == PEOPLE else (name,)
    return tuple(_built_in(one, settings) for one in names)


def _built_in(name: str, settings: Settings) -> Way:
    alerting = settings.alerting
    if name == "email":
        return Way(name, "email", _addresses(alerting.email or ""))
    if name == "slack":
        to = {"recipient": escape(alerting.slack_channel)} if alerting.slack_channel else {}
        return Way(name, "slack", {"url": f"${variable(name)}", **to, **SLACK_TEXT})
    return Way(name, "webhook", {"url": f"${variable(name)}", "httpMethod": "POST", "maxAlerts": MOST})


def _addresses(to: str) -> dict[str, object]:
    addresses = ";".join(part.strip() for part in to.split(","))
    return {"addresses": escape(addresses), "singleEmail": True, "subject": call("title"), "message": call("text")}


def _mail(settings: Settings) -> dict[str, str]:
    alerting = settings.alerting
    if not alerting.email and not any(channel.kind == "email" for channel in alerting.channels):
        return {}
    sender = re.search(r"<([^<>]+)>", alerting.smtp_from)
    password = alerting.smtp_password_file
    optional = {
        "GF_SMTP_USER": alerting.smtp_username,
        "GF_SMTP_PASSWORD": secret(password, "alerting.smtp_password_file") if password else None,
    }
    return {
        "GF_SMTP_ENABLED": "true",
        "GF_SMTP_HOST": alerting.smtp_host,
        "GF_SMTP_FROM_ADDRESS": sender[1] if sender else alerting.smtp_from,
        "GF_SMTP_FROM_NAME": "Watchfloor",
        "GF_SMTP_STARTTLS_POLICY": "MandatoryStartTLS" if alerting.smtp_require_tls else "OpportunisticStartTLS",
        **{name: value for name, value in optional.items() if value},
    }


def _whole(channel: Channel, text: str) -> str:
    if LOOKS_OTHERWISE.match(text):
        raise SettingsError(
            f"alerting.channels {channel.name}: Grafana takes this secret for a number; use another key for it"
        )
    return text


SLACK_TEXT: Final[Mapping[str, object]] = {"title": call("slack.title"), "text": call("slack.text")}
Made = tuple[str, dict[str, object]]


def _slack(channel: Channel, variable_: str) -> Made:
    return "slack", {"url": variable_, **({"recipient": escape(channel.to)} if channel.to else {}), **SLACK_TEXT}


def _slack_bot(channel: Channel, variable_: str) -> Made:
    url = {"endpointUrl": escape(channel.url)} if channel.url else {}
    return "slack", {"token": variable_, "recipient": escape(channel.to), **url, **SLACK_TEXT}


def _email(channel: Channel, variable_: str) -> Made:
    del variable_
    return "email", _addresses(channel.to)


def _webhook(channel: Channel, variable_: str) -> Made:
    del channel
    return "webhook", {"url": variable_, "httpMethod": "POST", "maxAlerts": MOST}


def _pagerduty(channel: Channel, variable_: str) -> Made:
    return "pagerduty", {
        "integrationKey": variable_,
        **({"url": escape(channel.url)} if channel.url else {}),
        "severity": '{{ if match "^(critical|warning|info)$" .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}',
        "class": "{{ .CommonLabels.alertname }}",
        "component": "{{ .CommonLabels.component }}",
        "group": "{{ .CommonLabels.domain }}",
        "summary": call("title"),
        "client": "Watchfloor",
        "client_url": DASHBOARD,
        "details": {"text": call("text")},
    }


def _opsgenie(channel: Channel, variable_: str) -> Made:
    return "opsgenie", {
        "apiKey": variable_,
        **({"apiUrl": escape(channel.url.rstrip("/") + "/v2/alerts")} if channel.url else {}),
        "message": call("title"),
        "description": call("text"),
        "autoClose": True,
        "sendTagsAs": "tags",
        **({"responders": [{"name": escape(channel.to), "type": "team"}]} if channel.to else {}),
    }


def _teams(channel: Channel, variable_: str) -> Made:
    del channel
    return "teams", {"url": variable_, "title": call("title"), "message": call("text")}


def _discord(channel: Channel, variable_: str) -> Made:
    del channel
    return "discord", {"url": variable_, "title": call("title"), "message": call("text")}


def _telegram(channel: Channel, variable_: str) -> Made:
    return "telegram", {
        "bottoken": variable_,
        "chatid": channel.to,
        "message": call("title") + "\n" + call("text"),
        "parse_mode": "None",
    }


KINDS: Final[Mapping[str, Callable[[Channel, str], Made]]] = {
    "slack": _slack,
    "slack_bot": _slack_bot,
    "email": _email,
    "webhook": _webhook,
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "teams": _teams,
    "discord": _discord,
    "telegram": _telegram,
}
