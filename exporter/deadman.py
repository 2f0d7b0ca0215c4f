"""The settings of the dead man's switch, which raises the alarm when heartbeats of the alert system stop."""

from __future__ import annotations

from pydantic import Field

from exporter.sections import Model, Seconds


class Deadman(Model):
    """The process that expects heartbeats."""

    enabled: bool = Field(default=True, description="Send heartbeats to it, and run it with the stack.")
    host: str = Field("127.0.0.1", min_length=1, description="Address that it listens on.")
    port: int = Field(9880, ge=1, le=65535, description="Port that it listens on.")
    url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+[^\s]*$",
        description="Its address when it runs elsewhere, which is safer: then a lost machine is noticed too.",
        examples=["http://watch.example.org:9880"],
    )
    timeout: Seconds = Field(60.0, ge=30, description="Raise the alarm when no heartbeat came for so long.")
    repeat: Seconds = Field(3600.0, ge=60, description="Raise it again after this time of silence.")
