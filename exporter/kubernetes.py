"""The settings of `generate --target kubernetes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field, field_validator

from exporter.sections import Model

PART: Final = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


class Kubernetes(Model):
    """Where the manifests put things, and by which labels the cluster's programs find them."""

    namespace: str = Field(
        "monitoring", pattern=PART, description="Namespace of every resource.", examples=["monitoring"]
    )
    image: str = Field(
        "watchfloor:0.1.0",
        pattern=r"^[a-z0-9][a-zA-Z0-9._:/@-]*$",
        description="Image of the exporter, built from our Dockerfile.",
        examples=["registry.example.org/watchfloor:0.1.0"],
    )
    labels: Mapping[str, str] = Field(
        {},
        description="Labels by which the operator selects rules, monitors and Alertmanager configurations.",
        examples=[{"release": "kube-prometheus-stack"}],
    )
    prometheus_url: str = Field(
        "http://prometheus-operated:9090",
        pattern=r"^https?://[^/]",
        description="Prometheus as Grafana's pod reaches it.",
    )
    alertmanager_url: str = Field(
        "http://alertmanager-operated:9093",
        pattern=r"^https?://[^/]",
        description="Alertmanager as Grafana's pod reaches it.",
    )

    @field_validator("labels")
    @classmethod
    def _labels(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        import re

        for name, text in value.items():
            if not re.fullmatch(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", name):
                raise ValueError(f"{name[:80]!r} is no name of a label; write one such as release")
            if not re.fullmatch(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", text):
                raise ValueError(
                    f"{name}: {text[:80]!r} is no value of a label; use up to 63 letters, digits, -, _ and ."
                )
        return value
