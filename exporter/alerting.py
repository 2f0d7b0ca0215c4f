"""The settings of alerting: who hears of alerts."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from exporter.sections import Model


class Alerting(Model):
    """Who hears of alerts. Secrets come from files or the environment."""

    email: str | None = Field(
        None,
        pattern=r"^[^@\s,]+@[^@\s,]+(, *[^@\s,]+@[^@\s,]+)*$",
        description="Receiver of mail; several with commas between.",
        examples=["ops@example.org"],
    )
    smtp_host: str = Field(
        "127.0.0.1:25",
        pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}$",
        description="host:port of the mail server.",
        examples=["mail.example.org:587"],
    )
    smtp_from: str = Field("watchfloor@localhost", description="Sender of mail.")
    smtp_username: str | None = Field(None, description="User name at the mail server.", examples=["watchfloor"])
    smtp_password_file: Path | None = Field(
        None, description="File with the password at the mail server.", examples=["/run/secrets/smtp_password"]
    )
    smtp_require_tls: bool = Field(default=True, description="Send mail over TLS only.")
    slack_webhook_url_file: Path | None = Field(
        None, description="File with the URL of a Slack webhook.", examples=["/run/secrets/slack_webhook_url"]
    )
    slack_channel: str | None = Field(
        None, description="Slack channel, if not the webhook's own.", examples=["#alerts"]
    )
    webhook_url_file: Path | None = Field(
        None, description="File with the URL of a generic webhook.", examples=["/run/secrets/webhook_url"]
    )
    runbook_url: str | None = Field(
        None,
        description="Where alerts/runbooks is served, for links; without it links are the path itself.",
        examples=["https://git.example.org/watchfloor/alerts/runbooks"],
    )
