"""What the user should know about who hears of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exporter.settings import Settings
from provisioning.recipients import missing
from provisioning.routing import NOWHERE
from provisioning.tree import receivers, silent, tree

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
    return (*lacking, *unheard)
