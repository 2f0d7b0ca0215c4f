"""Alertmanager's integrations, one for each kind of channel, in the form that Alertmanager 0.25 and later read.

Alertmanager 0.25 reads few secrets from files, so each place of a secret is filled by a function: with a placeholder in the
generated file, with the secret in the private copy from which Alertmanager is started.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from exporter.alerting import Channel
from exporter.labels import AGENT, CAMPAIGN, TENANT, TOPIC
from exporter.settings import Settings, SettingsError, secret
from provisioning import relay
from provisioning.endpoints import Endpoints
from provisioning.message import DASHBOARD, call, literal

SLACK_FILE: Final = "slack_webhook_url"
SMTP_FILE: Final = "smtp_password"
PLACEHOLDER: Final = "http://127.0.0.1:9/the-private-copy-of-this-file-has-the-address"
TOKEN: Final = "0:the-private-copy-of-this-file-has-the-secret"  # noqa: S105 - says that it is none
URL: Final = re.compile(r"https?://[^\s/]+\S*\Z")
IS_ADDRESS: Final = frozenset({"slack", "webhook", "teams", "discord", "sms"})
"""Kinds whose secret is an address."""

LONG: Final = (TENANT, AGENT, CAMPAIGN, TOPIC)
"""Labels that people write. Alertmanager adds each label to Opsgenie's details, which refuses more than 8000 characters."""

MOST: Final = 100
"""Alerts in one call of a webhook."""

Section = tuple[str, dict[str, object]]
Secrets = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Place:
    """What an integration is made from: `secret` gives that of a channel, or its placeholder."""

    settings: Settings
    endpoints: Endpoints
    secret: Secrets


def placeholder(settings: Settings) -> Secrets:
    """What stands for the secrets in generated files."""
    kinds: Mapping[str, str] = {channel.name: channel.kind for channel in settings.alerting.channels}
    return lambda name: PLACEHOLDER if kinds.get(name, "webhook") in IS_ADDRESS else TOKEN


def real(settings: Settings, environment: Mapping[str, str]) -> Secrets:
    """The secrets themselves. Raises SettingsError when one is missing or has the wrong form."""

    def read(name: str) -> str:
        alerting = settings.alerting
        if name == "webhook" and alerting.webhook_url_file is not None:
            place = "alerting.webhook_url_file"
            return address(secret(alerting.webhook_url_file, place), place)
        channel = next(item for item in alerting.channels if item.name == name)
        return channel_secret(channel, environment)

    return read


def channel_secret(channel: Channel, environment: Mapping[str, str]) -> str:
    """The secret of a channel from its file or variable; no message shows it."""
    place = f"alerting.channels {channel.name}"
    if channel.secret_file is not None:
        text = secret(channel.secret_file, f"{place}: secret_file")
    else:
        text = environment.get(channel.secret_variable, "").strip()
        if not text:
            raise SettingsError(f"{place}: the variable {channel.secret_variable} is not set; put the secret into it")
    if channel.kind in IS_ADDRESS:
        return address(text, place)
    if not re.fullmatch(r"\S+", text):
        raise SettingsError(f"{place}: the secret has a blank in it; write the key or token alone")
    return text


def address(text: str, place: str) -> str:
    """A secret that must be an address."""
    if not URL.match(text):
        raise SettingsError(f"{place}: what it holds is no address; write one that begins with https://")
    return text


def sections(integrations: Iterable[Section]) -> dict[str, list[dict[str, object]]]:
    """Integrations as a receiver lists them."""
    found: dict[str, list[dict[str, object]]] = {}
    for section, content in integrations:
        found.setdefault(section, []).append(content)
    return found


def built_in(name: str, place: Place) -> tuple[Section, ...]:
    """The integrations of one of the plain settings."""
    alerting = place.settings.alerting
    if name == "email":
        return _mail(name, alerting.email or "", place, resolved=True)
    if name == "slack":
        slack: dict[str, object] = {"api_url_file": place.endpoints.secret(SLACK_FILE)}
        if alerting.slack_channel:
            slack["channel"] = literal(alerting.slack_channel)
        return (("slack_configs", {**slack, **_slack_text(resolved=True)}),)
    return (("webhook_configs", {"url": place.secret("webhook"), "send_resolved": True, "max_alerts": MOST}),)


def integrations(channel: Channel, place: Place) -> tuple[Section, ...]:
    """The integrations of a channel; of mail by the relay there is one for each address."""
    if channel.kind == "email":
        return _mail(channel.name, channel.to, place, resolved=channel.resolved)
    return (_integration(channel, place),)


def _integration(channel: Channel, place: Place) -> Section:
    if channel.kind in relay.KINDS:
        url = f"http://{place.endpoints.relay}/{channel.name}"
        if channel.kind == "slack_bot":
            # Slack says no with status 200, which Alertmanager 0.25 counts as sent; the relay reads the answer.
            return "slack_configs", {"api_url": url, **_slack_text(resolved=channel.resolved)}
        return "webhook_configs", {"url": url, "max_alerts": MOST, "send_resolved": channel.resolved}
    name, content = KINDS[channel.kind](channel, place.secret(channel.name))
    return name, {**content, "send_resolved": channel.resolved}


def _mail(name: str, to: str, place: Place, *, resolved: bool) -> tuple[Section, ...]:
    if place.endpoints.mail_relayed:
        count = len(relay.addresses(to))
        return tuple(_relayed_mail(relay.path(name, one), place, resolved=resolved) for one in range(count))
    return (_direct_mail(to, place, resolved=resolved),)


def _relayed_mail(path: str, place: Place, *, resolved: bool) -> Section:
    # In the form for Slack Alertmanager fills in the texts, which it does in no webhook. The relay puts them into a mail.
    return "slack_configs", {
        "api_url": f"http://{place.endpoints.relay}/{path}",
        "send_resolved": resolved,
        "title": call("title"),
        "text": call("text"),
        "pretext": call("mail"),
    }


def _direct_mail(to: str, place: Place, *, resolved: bool) -> Section:
    alerting = place.settings.alerting
    mail: dict[str, object] = {
        "to": literal(to),
        "from": literal(alerting.smtp_from),
        "smarthost": alerting.smtp_host,
        "require_tls": alerting.smtp_require_tls,
        "send_resolved": resolved,
        "headers": {"Subject": call("title")},
        "text": call("text"),
        "html": call("mail"),
    }
    if alerting.smtp_username is not None:
        mail["auth_username"] = alerting.smtp_username
    if alerting.smtp_password_file is not None:
        mail["auth_password_file"] = place.endpoints.secret(SMTP_FILE)
    return "email_configs", mail


def _slack_text(*, resolved: bool) -> dict[str, object]:
    # The default fallback shows labels as markup, the default link leads to a page that Debian's Alertmanager lacks.
    title = call("slack.title")
    return {
        "send_resolved": resolved,
        "title": title,
        "title_link": DASHBOARD,
        "fallback": title,
        "text": call("slack.text"),
    }


def _slack(channel: Channel, secret: str) -> Section:
    to = {"channel": literal(channel.to)} if channel.to else {}
    return "slack_configs", {"api_url": secret, **to, **_slack_text(resolved=channel.resolved)}


def _webhook(_: Channel, secret: str) -> Section:
    return "webhook_configs", {"url": secret, "max_alerts": MOST}


def _pagerduty(channel: Channel, secret: str) -> Section:
    url = {"url": channel.url} if channel.url else {}
    severity = '{{ if match "^(critical|warning|info)$" .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}'
    return "pagerduty_configs", {
        "routing_key": secret,
        **url,
        "description": call("title"),
        "severity": severity,
        "class": "{{ .CommonLabels.alertname }}",
        "component": "{{ .CommonLabels.component }}",
        "group": "{{ .CommonLabels.domain }}",
        "client": "Watchfloor",
        "client_url": DASHBOARD,
        "details": {"text": call("text"), "firing": "", "resolved": ""},
    }


def _brief(label: str) -> str:
    return f'{{{{ template "watchfloor.short" (or .CommonLabels.{label} "") }}}}'


def _opsgenie(channel: Channel, secret: str) -> Section:
    url = {"api_url": channel.url} if channel.url else {}
    team = {"responders": [{"name": literal(channel.to), "type": "team"}]} if channel.to else {}
    priority = '{{ if eq .CommonLabels.severity "critical" }}P1{{ else if eq .CommonLabels.severity "info" }}P5{{ else }}P3{{ end }}'
    return "opsgenie_configs", {
        "api_key": secret,
        **url,
        **team,
        "message": call("title"),
        "description": call("text"),
        "source": "Watchfloor",
        "details": {label.name: _brief(label.name) for label in LONG},
        "tags": "{{ .CommonLabels.severity }},{{ .CommonLabels.domain }}",
        "priority": priority,
    }


def _discord(_: Channel, secret: str) -> Section:
    return "discord_configs", {"webhook_url": secret, "title": call("title"), "message": call("text")}


def _telegram(channel: Channel, secret: str) -> Section:
    url = {"api_url": channel.url} if channel.url else {}
    message = call("title") + "\n" + call("text")
    # Without markup no label can break the message, which Telegram would refuse as a whole.
    return "telegram_configs", {
        "bot_token": secret,
        **url,
        "chat_id": int(channel.to),
        "message": message,
        "parse_mode": "",
    }


KINDS: Final[Mapping[str, Callable[[Channel, str], Section]]] = {
    "slack": _slack,
    "webhook": _webhook,
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "discord": _discord,
    "telegram": _telegram,
}
