"""The section of the settings that says which Grafana to apply to, and how to reach it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from exporter.sections import Model, Seconds


class Grafana(Model):
    """A Grafana with an HTTP API, here or elsewhere. Secrets come from files or the environment."""

    url: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description="Grafana that plan, apply and pull work on.",
        examples=["https://grafana.example.org"],
    )
    token_file: Path | None = Field(
        None, description="File with the token of a service account.", examples=["/run/secrets/grafana_token"]
    )
    username: str | None = Field(
        None, description="User for basic authentication, without a token.", examples=["admin"]
    )
    password_file: Path | None = Field(
        None, description="File with that user's password.", examples=["/run/secrets/grafana_password"]
    )
    organisation: int | None = Field(
        None, ge=1, description="Number of the organisation; unset for the user's own.", examples=[1]
    )
    owner: str = Field(
        "watchfloor",
        pattern=r"^[a-z][a-z0-9-]{0,29}$",
        description="Name under which Grafana keeps what is ours; another name for a second installation.",
    )
    editable: bool = Field(default=False, description="Let people edit new alerting objects in Grafana.")
    proxy: str | None = Field(
        None,
        description="Proxy to reach Grafana by; unset for HTTPS_PROXY and HTTP_PROXY.",
        examples=["http://proxy:3128"],
    )
    ca_file: Path | None = Field(
        None, description="Certificates of a private authority, PEM.", examples=["/etc/ssl/private-ca.pem"]
    )
    timeout: Seconds = Field(30.0, gt=0, description="Longest wait for one answer.")
    attempts: int = Field(5, ge=1, le=20, description="How often a request is tried while Grafana is busy or away.")
