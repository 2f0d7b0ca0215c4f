"""What the user should know about who hears of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exporter.settings import Settings
from provisioning.recipients import bundle, missing
from provisioning.routing import NOWHERE, PEOPLE
from provisioning.tree import SEVERITY, find, receivers, silent, tree

GIVEN_BY: Final = {
    "email": "ALERT_EMAIL",
    "slack": "SLACK_WEBHOOK_URL",
    "webhook": "alerting.webhook_url_file",
}


def notices(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """One sentence each; empty when all is well."""
    root = tree(settings, environment)
    lacking = tuple(
        f"The settings of alerting name {name}, which is not configured: set {GIVEN_BY[name]}."
        for name in missing(settings, environment)
    )
    if root.receiver == NOWHERE and len(receivers(root)) <= 2:
        return (
            *lacking,
            "Alerts go nowhere: set ALERT_EMAIL, SLACK_WEBHOOK_URL or alerting.webhook_url_file to be told of them.",
        )
    unheard = tuple(f"{words[0].upper()}{words[1:]}." for words in silent(root))
    told = {one.receiver for one in find(root, {SEVERITY: "critical"})} - {NOWHERE}
    if told and all(_is_mail(name, settings, environment) for name in told):
        return (
            *lacking,
            *unheard,
            "Alerts go by e-mail alone: Alertmanager 0.25 loses mail that a server refuses late; add Slack or a webhook.",
        )
    return (*lacking, *unheard)


def _is_mail(name: str, settings: Settings, environment: Mapping[str, str]) -> bool:
    if name == PEOPLE:
        return bundle(settings, environment) == ("email",)
    return name == "email" or any(one.name == name and one.kind == "email" for one in settings.alerting.channels)
