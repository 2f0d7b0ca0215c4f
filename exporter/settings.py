"""Settings: one optional file `watchfloor.yml` and the environment, checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError, field_validator, model_validator

from exporter.alerting import Alerting
from exporter.business import Benchmarks, Projection, Roi
from exporter.deadman import Deadman
from exporter.duration import duration, seconds
from exporter.errors import SettingsError, secret
from exporter.folders import TenantFolders
from exporter.history.section import History, HistoryStep
from exporter.kubernetes import Kubernetes
from exporter.mistakes import explain
from exporter.relay import Relay
from exporter.remote import Grafana
from exporter.sections import (
    BasicAuth,
    Budget,
    Content,
    Database,
    Demo,
    Exporter,
    HttpState,
    Imports,
    Model,
    Prices,
    RedisState,
    Satisfaction,
    Seconds,
    Stack,
    StateSource,
    Tls,
)  # fmt: skip
from exporter.slo import Objectives
from exporter.slo import check as check_slos
from exporter.suppression import Acknowledgement, Maintenances, Silences
from exporter.suppression import check as check_suppression
from exporter.thresholds import Threshold, Thresholds

__all__ = [
    "DEMO_STATES", "ENVIRONMENT", "FILE", "SECRETS", "Alerting", "BasicAuth", "Budget", "Content", "Database", "Demo", "Exporter", "Grafana", "History", "HistoryStep", "HttpState", "Imports",
    "Model", "Prices", "RedisState", "Satisfaction", "Seconds", "Settings", "SettingsError", "Stack", "StateSource", "Threshold", "Thresholds", "Tls",
    "database_url", "duration", "load", "read_file", "required_url", "seconds", "secret",
]  # fmt: skip

FILE: Final = "watchfloor.yml"
DEMO_STATES: Final = "WATCHFLOOR_DEMO_STATES"
"""Variable by which a demo stack tells its exporter where the live workload serves its state."""


class Settings(Model):
    """Everything that can be set."""

    namespace: str = Field(
        "",
        pattern=r"^([a-z][a-z0-9]*(_[a-z0-9]+)*)?$",
        description="Prefix of every metric name.",
        examples=["acme"],
    )
    time_zone: str = Field("UTC", description="Zone of days, weekdays and hours, such as Europe/Paris.")
    retention_days: int = Field(365, ge=1, description="How long Prometheus keeps data.")
    dashboard_url: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description="Address of Grafana for links.",
        examples=["https://grafana.example.org"],
    )
    timeseries_url: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description="Address of Prometheus for Grafana.",
        examples=["http://prometheus.example.org:9090"],
    )
    database: Database = Database()
    exporter: Exporter = Exporter()
    states: tuple[StateSource, ...] = Field((), description="Sources of state metrics.")
    satisfaction: Satisfaction = Satisfaction()
    content: Content = Content()
    prices: Prices = Prices()
    budgets: tuple[Budget, ...] = Field((), description="Limits on spending, beside those in the database.")
    thresholds: Thresholds = Thresholds()
    roi: Roi = Roi()
    benchmarks: Benchmarks = Benchmarks()
    projection: Projection = Projection()
    alerting: Alerting = Alerting()
    deadman: Deadman = Deadman()
    relay: Relay = Relay()
    acknowledgement: Acknowledgement = Acknowledgement()
    silences: Silences = ()
    maintenance: Maintenances = ()
    slos: Objectives = ()
    stack: Stack = Stack()
    imports: Imports = Imports()
    tenant_folders: TenantFolders = TenantFolders()
    kubernetes: Kubernetes = Kubernetes()
    demo: Demo = Demo()
    history: History = History()
    grafana: Grafana = Grafana()

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError):
            raise ValueError(f"{value!r} is no time zone; write a name such as Europe/Paris or UTC") from None
        return value

    @model_validator(mode="after")
    def _names(self) -> Settings:
        from exporter.labels import LABELS
        from exporter.metric import State
        from exporter.metrics import CATALOGUE, DOMAINS

        _known("exporter.domains", self.exporter.domains, DOMAINS)
        _known("exporter.disabled_metrics", self.exporter.disabled_metrics, (metric.base for metric in CATALOGUE))
        _known("exporter.label_caps", self.exporter.label_caps, (label.name for label in LABELS))
        states = {metric.base: metric for metric in CATALOGUE if isinstance(metric, State)}
        for index, source in enumerate(self.states):
            _known(f"states.{index}.metric", (source.metric,), states)
            wanted = set(states[source.metric].label_names)
            if set(source.labels) != wanted:
                needed, given = ", ".join(sorted(wanted)) or "none", ", ".join(sorted(source.labels)) or "none"
                raise ValueError(f"states.{index}.labels: {source.metric} needs the labels {needed}; given are {given}")
            if any(source.metric == other.metric and source.labels == other.labels for other in self.states[:index]):
                raise ValueError(f"states.{index}: {source.metric} with these labels has a source already; remove one")
        check_suppression(self.silences, self.maintenance, {times.name for times in self.alerting.times})
        check_slos(self.slos, self.thresholds.bounds())
        for index, budget in enumerate(self.budgets):
            if any(budget.name == other.name for other in self.budgets[:index]):
                raise ValueError(
                    f"budgets.{index}.name: there is a budget {budget.name!r} already; give it another name"
                )
        return self


def _known(place: str, names: Iterable[str], known: Iterable[str]) -> None:
    right = sorted(known)
    wrong = sorted(set(names) - set(right))
    if wrong:
        raise ValueError(f"{place}: unknown {', '.join(wrong)}; known are {', '.join(right)}")


ENVIRONMENT: Final[Mapping[str, tuple[str, ...]]] = {
    "ANALYTICS_DATABASE_URL": ("database", "url"),
    "TIMESERIES_DATABASE_URL": ("timeseries_url",),
    "DASHBOARD_URL": ("dashboard_url",),
    "ALERT_EMAIL": ("alerting", "email"),
    "RETENTION_DAYS": ("retention_days",),
    "GRAFANA_URL": ("grafana", "url"),
    "GRAFANA_USER": ("grafana", "username"),
    "GRAFANA_ORG_ID": ("grafana", "organisation"),
}
"""Variables that set a value."""

SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "SLACK_WEBHOOK_URL": ("alerting", "slack_webhook_url_file"),
    "REDIS_URL": ("states", "redis", "url_file"),
    "GRAFANA_TOKEN": ("grafana", "token_file"),
    "GRAFANA_PASSWORD": ("grafana", "password_file"),
}
"""Variables with secrets, read where they are used, and the settings that name a file instead."""


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from a file (default `watchfloor.yml` if it is there) and the environment, which wins.

    Raises SettingsError with every mistake found, one line each.
    """
    environment = os.environ if environment is None else environment
    source = path or Path(FILE)
    data = read_file(source) if path is not None or source.exists() else {}
    given = {place: variable for variable, place in ENVIRONMENT.items() if environment.get(variable, "").strip()}
    for place, variable in given.items():
        _put(data, place, environment[variable].strip())
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(explain(error, Settings, str(source), given)) from None
    from exporter.metric import set_namespace

    set_namespace(settings.namespace)
    return settings


def database_url(settings: Settings) -> str | None:
    """The connection URL in force, from the file or the value; None when no database is set."""
    if settings.database.url is not None:
        return settings.database.url.get_secret_value()
    if settings.database.url_file is not None:
        return secret(settings.database.url_file, "database.url_file")
    return None


def required_url(settings: Settings) -> str:
    """The database's URL; SettingsError when none is set."""
    url = database_url(settings)
    if url is None:
        raise SettingsError(
            "no database is set: give ANALYTICS_DATABASE_URL, such as postgresql://reader@127.0.0.1/app, or database.url_file"
        )
    return url


def read_file(path: Path) -> dict[str, Any]:
    """What a settings file says, unchecked."""
    import yaml

    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_loader())  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise SettingsError(f"{path}: cannot read it: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        # The text around the mistake stays out of the message: it can be a secret.
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingsError(f"{path}: this is no YAML{line}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: this is no YAML that can be read ({type(error).__name__})") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(
            f"{path}: the file must hold settings such as 'retention_days: 365', not a {type(data).__name__}"
        )
    return data


def _loader() -> Any:
    """A safe loader that refuses a key given twice."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            for key, _ in node.value:
                if key.value in seen and isinstance(key, yaml.ScalarNode):
                    raise yaml.constructor.ConstructorError(None, None, "a key is given twice", key.start_mark)
                if isinstance(key, yaml.ScalarNode):
                    seen.add(key.value)
            return super().construct_mapping(node, deep)

    return Loader


def _put(data: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    for key in place[:-1]:
        if data.get(key) is None:
            data[key] = {}
        inner = data[key]
        if not isinstance(inner, dict):
            return  # The validation will say what is wrong here.
        data = inner
    data[place[-1]] = value
