"""Settings: one optional file `watchfloor.yml` and the environment, checked before anything starts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

FILE: Final = "watchfloor.yml"
DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)\Z")
UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class SettingsError(Exception):
    """The settings are wrong; the message says which one, what is wrong and what would be right."""


def seconds(value: object) -> float:
    """Seconds in a duration such as 500ms, 10s, 5m, 1h or 30d."""
    match = DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is no duration; write a number and ms, s, m, h or d, such as 60s")
    return float(match[1]) * UNIT_SECONDS[match[2]]


def duration(value: float) -> str:
    """A number of seconds in Prometheus' form: 90 -> 90s, 120 -> 2m, 0.5 -> 500ms."""
    if value != int(value):
        return f"{round(value * 1000)}ms"
    for unit in ("d", "h", "m"):
        if value and value % UNIT_SECONDS[unit] == 0:
            return f"{int(value / UNIT_SECONDS[unit])}{unit}"
    return f"{int(value)}s"


def _duration(value: object) -> object:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else seconds(value)



Seconds = Annotated[float, BeforeValidator(_duration), Field(ge=0)]


class Model(BaseModel):
    """Strict: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Database(Model):
    """Where the rows are."""

    url: SecretStr | None = Field(None, description="Connection URL; better given as ANALYTICS_DATABASE_URL or url_file.")
    url_file: Path | None = Field(None, description="File that holds the connection URL.")
    preset: str = Field("watchfloor", description="Mapping that ships with Watchfloor: watchfloor or litellm.")
    mapping: Path | None = Field(None, description="Your own mapping file; takes the place of the preset.")
    statement_timeout: Seconds = Field(4.0, description="PostgreSQL cancels a statement that runs longer.")
    connect_timeout: Seconds = Field(3.0, description="Give up connecting after this time.")
    seal_timeout: Seconds = Field(300.0, description="Limit for one slice of the first pass over all rows.")


class Tls(Model):
    """Certificate of the exporter's own endpoint."""

    cert_file: Path
    key_file: Path


class BasicAuth(Model):
    """Who may read the exporter's endpoint."""

    username: str = Field(min_length=1)
    password_file: Path


class Exporter(Model):
    """The exporter."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(9877, ge=1, le=65535, description="Port to listen on.")
    state_file: Path = Field(Path(".stack/exporter/state.json"), description="Where sealed totals are kept.")
    settle: Seconds = Field(60.0, description="Longest delay between a row's time stamp and its insert.")
    seal_interval: Seconds = Field(10.0, description="How often totals are moved forward.")
    horizon_cap: Seconds = Field(3600.0, description="Longest time that an open transaction may hold totals back.")
    reuse: Seconds = Field(0.05, description="A scrape younger than this is served again instead of a new one.")
    domains: tuple[str, ...] = Field((), description="Domains to export; empty for all.")
    disabled_metrics: tuple[str, ...] = Field((), description="Metrics to leave out, by name without namespace.")
    label_caps: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict, description="Number of values of a label that have series of their own; the rest is 'other'."
    )
    basic_auth: BasicAuth | None = None
    tls: Tls | None = None


class RedisState(Model):
    """Read one number from Redis."""

    url_file: Path | None = Field(None, description="File with the URL; otherwise REDIS_URL from the environment.")
    key: str
    command: Literal["get", "llen", "scard", "zcard", "hlen", "xlen", "pubsub_numsub"] = "llen"


class HttpState(Model):
    """Read one number from a JSON or text answer."""

    url: str = Field(pattern=r"^https?://")
    json_path: str = Field("", description="Dotted path in a JSON answer, such as stats.queue.depth; empty: the body is the number.")
    token_file: Path | None = Field(None, description="File with a bearer token.")


class StateSource(Model):
    """Where a state metric comes from."""

    metric: str
    labels: dict[str, str] = Field(default_factory=dict)
    redis: RedisState | None = None
    http: HttpState | None = None
    timeout: Seconds = 2.0

    @model_validator(mode="after")
    def _one(self) -> StateSource:
        if (self.redis is None) == (self.http is None):
            raise ValueError("give exactly one of redis and http")
        return self


class Threshold(Model):
    """Where an alert warns and where it is critical."""

    warning: float
    critical: float


class Thresholds(Model):
    """Limits of the alerts. Ratios are 0 to 1, times in seconds."""

    error_rate: Threshold = Threshold(warning=0.02, critical=0.05)
    response_time_seconds: Threshold = Threshold(warning=0.8, critical=1.2)
    slow_response_seconds: float = Field(5.0, description="A response longer than this counts as slow.")
    success_rate: float = Field(0.9, gt=0, lt=1, description="Least share of conversations that reach their goal.")
    confidence: float = Field(0.6, gt=0, lt=1, description="Least mean confidence of answers.")
    agent_error_rate: float = Field(0.1, gt=0, lt=1, description="Most errors per request of one agent.")
    handoff_rate: float = Field(0.3, gt=0, lt=1, description="Most conversations handed to a human.")
    queued_calls: Threshold = Threshold(warning=50, critical=200)
    uptime: Threshold = Threshold(warning=0.99, critical=0.95)
    horizon_lag_seconds: Threshold = Threshold(warning=900, critical=3600)

    @model_validator(mode="after")
    def _order(self) -> Thresholds:
        for name in ("error_rate", "response_time_seconds", "queued_calls", "horizon_lag_seconds"):
            limit = getattr(self, name)
            if not limit.warning < limit.critical:
                raise ValueError(f"{name}: warning ({limit.warning:g}) must be below critical ({limit.critical:g})")
        if not self.uptime.warning > self.uptime.critical:
            raise ValueError("uptime: warning must be above critical")
        return self

    def bounds(self) -> dict[str, tuple[float, ...]]:
        """Values that must be bucket bounds, by threshold name."""
        pair = self.response_time_seconds
        return {
            "response_time_seconds": (pair.warning, pair.critical),
            "slow_response_seconds": (self.slow_response_seconds,),
            "confidence": (self.confidence,),
        }


class Alerting(Model):
    """Who hears of alerts. Secrets come from files or the environment."""

    email: str | None = Field(None, description="Receiver of mail; also ALERT_EMAIL.")
    smtp_host: str = Field("127.0.0.1:25", description="host:port of the mail server.")
    smtp_from: str = "watchfloor@localhost"
    smtp_username: str | None = None
    smtp_password_file: Path | None = None
    smtp_require_tls: bool = True
    slack_webhook_url_file: Path | None = Field(None, description="File with the webhook URL; also SLACK_WEBHOOK_URL.")
    slack_channel: str | None = None
    webhook_url_file: Path | None = Field(None, description="File with the URL of a generic webhook.")


class Stack(Model):
    """The running stack."""

    directory: Path = Field(Path(".stack"), description="Where the stack keeps binaries, data and logs.")
    output: Path = Field(Path("out"), description="Where generated files go.")
    host: str = "127.0.0.1"
    postgres_port: int = Field(9878, ge=1, le=65535)
    prometheus_port: int = Field(9090, ge=1, le=65535)
    alertmanager_port: int = Field(9093, ge=1, le=65535)
    grafana_port: int = Field(3000, ge=1, le=65535)
    scrape_interval: Seconds = 10.0
    scrape_timeout: Seconds = 5.0
    evaluation_interval: Seconds = 10.0


class Demo(Model):
    """The demo workload that `watchfloor up` writes when no database is given."""

    seed: int = 1
    calls: int = Field(100_000, ge=0, description="Calls of history.")
    days: int = Field(365, ge=1, description="Days of history.")
    calls_per_minute: float = Field(20.0, gt=0, description="Rate of the live workload.")


class Settings(Model):
    """Everything that can be set."""

    namespace: str = Field("", pattern=r"^([a-z][a-z0-9]*(_[a-z0-9]+)*)?$", description="Prefix of every metric name.")
    time_zone: str = Field("UTC", description="Zone of days, weekdays and hours, such as Europe/Paris.")
    retention_days: int = Field(365, ge=1, description="How long Prometheus keeps data; also RETENTION_DAYS.")
    dashboard_url: str | None = Field(None, description="Address of Grafana for links; also DASHBOARD_URL.")
    timeseries_url: str | None = Field(None, description="Address of Prometheus for Grafana; also TIMESERIES_DATABASE_URL.")
    database: Database = Database()
    exporter: Exporter = Exporter()
    states: tuple[StateSource, ...] = ()
    thresholds: Thresholds = Thresholds()
    alerting: Alerting = Alerting()
    stack: Stack = Stack()
    demo: Demo = Demo()

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
                raise ValueError(f"states.{index}.labels: {source.metric} needs labels {sorted(wanted)}, not {sorted(source.labels)}")
        return self


def _known(place: str, names: Any, known: Any) -> None:
    wrong = sorted(set(names) - set(known))
    if wrong:
        raise ValueError(f"{place}: unknown {', '.join(wrong)}; known are {', '.join(sorted(known))}")


ENVIRONMENT: Final[Mapping[str, tuple[str, ...]]] = {
    "ANALYTICS_DATABASE_URL": ("database", "url"),
    "TIMESERIES_DATABASE_URL": ("timeseries_url",),
    "DASHBOARD_URL": ("dashboard_url",),
    "ALERT_EMAIL": ("alerting", "email"),
    "RETENTION_DAYS": ("retention_days",),
}
"""Variables that set a value. SLACK_WEBHOOK_URL and REDIS_URL are secrets read where they are used."""


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from a file (default `watchfloor.yml` if it is there) and the environment, which wins.

    Raises SettingsError with every mistake found, one line each.
    """
    environment = os.environ if environment is None else environment
    source = path or Path(FILE)
    data = _read(source) if path is not None or source.exists() else {}
    for variable, place in ENVIRONMENT.items():
        value = environment.get(variable, "").strip()
        if value:
            _put(data, place, value)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(_explain(error, source)) from None
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


def secret(path: Path, place: str) -> str:
    """The content of a secret file without white space around it."""
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"{place}: cannot read {path}: {reason}") from None
    if not value:
        raise SettingsError(f"{place}: {path} is empty; write the secret into it")
    return value


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot read it: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: this is no YAML: {' '.join(str(error).split())}") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: the file must hold settings such as 'retention_days: 365', not a {type(data).__name__}")
    return data


def _put(data: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    for key in place[:-1]:
        inner = data.setdefault(key, {})
        if not isinstance(inner, dict):
            return  # The validation will say what is wrong here.
        data = inner
    data[place[-1]] = value


def _explain(error: ValidationError, path: Path) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        variable = next((name for name, where in ENVIRONMENT.items() if where == problem["loc"]), None)
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = f"there is no such setting; known here are {', '.join(_siblings(problem['loc']))}"
        source = f"{path}" + (f" or {variable}" if variable else "")
        lines.append(f"{source}: {place + ': ' if place else ''}{message}")
    return "\n".join(lines)


def _siblings(place: tuple[int | str, ...]) -> list[str]:
    """Names of the settings that exist where an unknown one was found."""
    model: Any = Settings
    for part in place[:-1]:
        if isinstance(part, int):
            continue
        model = _model(model.model_fields[part].annotation) if part in getattr(model, "model_fields", {}) else None
    return sorted(model.model_fields) if model is not None else []


def _model(annotation: Any) -> Any:
    """The model inside an annotation such as `Tls | None` or `tuple[StateSource, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in getattr(annotation, "__args__", ()) if (found := _model(inner)) is not None), None)
