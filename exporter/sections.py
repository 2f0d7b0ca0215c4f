"""The sections of the settings, as models: every key with its meaning, default and right form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from exporter.duration import seconds


def _duration(value: object) -> object:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else seconds(value)


_IN_WORDS: Final = BeforeValidator(_duration)
Seconds = Annotated[float, _IN_WORDS, Field(ge=0)]


def is_duration(field: FieldInfo) -> bool:
    """Whether a setting is written as a duration."""
    return _IN_WORDS in field.metadata


class Model(BaseModel):
    """Unknown keys are refused; a key without a value means its default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _given(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}

    @field_validator("*", mode="before")
    @classmethod
    def _number(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation in (int, float):
            raise ValueError(f"must be a number, not {str(value).lower()}")
        return value


class Database(Model):
    """Where the rows are."""

    url: SecretStr | None = Field(
        None,
        description="Connection URL; better given by url_file or the environment.",
        examples=["postgresql://reader@127.0.0.1:5432/app"],
    )
    url_file: Path | None = Field(
        None, description="File that holds the connection URL.", examples=["/run/secrets/database_url"]
    )
    preset: str = Field("watchfloor", description="Mapping that ships with Watchfloor: watchfloor or litellm.")
    mapping: Path | None = Field(
        None, description="Your own mapping file; takes the place of the preset.", examples=["mapping.yml"]
    )
    viewer_url_file: Path | None = Field(
        None,
        description="File with the URL of the role that reads the views; Grafana's tables use it.",
        examples=["/run/secrets/viewer_url"],
    )
    personal_data: bool = Field(default=False, description="Show personal data in the views.")
    statement_timeout: Seconds = Field(4.0, description="PostgreSQL cancels a statement that runs longer.")
    connect_timeout: Seconds = Field(3.0, description="Give up connecting after this time.")
    seal_timeout: Seconds = Field(300.0, description="Limit for one slice of the first pass over all rows.")


class Tls(Model):
    """Certificate of the exporter's own endpoint."""

    cert_file: Path = Field(description="Certificate, PEM.", examples=["/etc/watchfloor/tls.crt"])
    key_file: Path = Field(description="Its key without password, PEM.", examples=["/etc/watchfloor/tls.key"])


class BasicAuth(Model):
    """Who may read the exporter's endpoint."""

    username: str = Field(min_length=1, description="User name.", examples=["prometheus"])
    password_file: Path = Field(description="File with the password.", examples=["/run/secrets/exporter_password"])


class Reconciliation(Model):
    """How sealed totals are compared with the table in the background."""

    policy: Literal["repair", "report", "off"] = Field(
        "repair", description="repair totals where rows are missing, only report differences, or off."
    )
    budget: float = Field(0.01, gt=0, le=1, description="Largest share of the time that comparing may take.")


class Exporter(Model):
    """The exporter."""

    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(9877, ge=1, le=65535, description="Port to listen on.")
    state_file: Path = Field(Path(".stack/exporter/state.json"), description="Where sealed totals are kept.")
    settle: Seconds = Field(60.0, description="Longest delay between a row's time stamp and its insert.")
    seal_interval: Seconds = Field(10.0, description="How often totals are moved forward.")
    horizon_cap: Seconds = Field(3600.0, description="Longest time that an open transaction may hold totals back.")
    reuse: Seconds = Field(0.05, description="A scrape younger than this is served again instead of a new one.")
    reconciliation: Reconciliation = Reconciliation()
    domains: tuple[str, ...] = Field(
        (), description="Domains to export; empty for all.", examples=[["calls", "pipeline"]]
    )
    disabled_metrics: tuple[str, ...] = Field(
        (), description="Metrics to leave out, by name without namespace.", examples=[["stt_request_duration_seconds"]]
    )
    label_caps: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description="Number of values of a label that have series of their own; the rest is 'other'.",
        examples=[{"tenant": 200}],
    )
    basic_auth: BasicAuth | None = Field(None, description="Ask for a user name and password.")
    tls: Tls | None = Field(None, description="Serve HTTPS instead of HTTP.")


class RedisState(Model):
    """Read one number from Redis."""

    url_file: Path | None = Field(
        None, description="File with the Redis URL; otherwise REDIS_URL is used.", examples=["/run/secrets/redis_url"]
    )
    key: str = Field(description="Key to read, or channel for pubsub_numsub.", examples=["jobs"])
    command: Literal["get", "llen", "scard", "zcard", "hlen", "xlen", "pubsub_numsub"] = Field(
        "llen", description="How to read it: get, llen, scard, zcard, hlen, xlen or pubsub_numsub."
    )


class HttpState(Model):
    """Read one number from a JSON or text answer."""

    url: str = Field(pattern=r"^https?://[^/]", description="Address to ask.", examples=["http://127.0.0.1:8000/stats"])
    json_path: str = Field(
        "",
        description="Dotted path in a JSON answer, such as stats.queue.depth; empty: the body is the number.",
        examples=["sockets.open"],
    )
    token_file: Path | None = Field(
        None, description="File with a bearer token.", examples=["/run/secrets/stats_token"]
    )


class StateSource(Model):
    """Where a state metric comes from."""

    metric: str = Field(description="Name of a state metric, without namespace.", examples=["queue_depth"])
    labels: dict[str, str] = Field(
        default_factory=dict, description="Values of the metric's labels.", examples=[{"queue": "jobs"}]
    )
    redis: RedisState | None = Field(None, description="Read it from Redis.")
    http: HttpState | None = Field(None, description="Read it from an HTTP answer.")
    timeout: Seconds = Field(2.0, gt=0, description="Without an answer after this time the value is not known.")

    @model_validator(mode="after")
    def _one(self) -> StateSource:
        if (self.redis is None) == (self.http is None):
            raise ValueError("give exactly one of redis and http")
        return self


class QualityWeights(Model):
    """What the quality score is made of; only the proportions count."""

    sentiment: float = Field(0.4, ge=0, description="Weight of the mean sentiment in the quality score.")
    booking: float = Field(0.3, ge=0, description="Weight of the booking rate in the quality score.")
    completion: float = Field(0.3, ge=0, description="Weight of the completion rate in the quality score.")

    @model_validator(mode="after")
    def _some(self) -> QualityWeights:
        if not self.sentiment + self.booking + self.completion > 0:
            raise ValueError("at least one weight of the quality score must be above 0")
        return self


class Satisfaction(Model):
    """How satisfaction is judged."""

    quality: QualityWeights = QualityWeights()
    score_text: bool = Field(
        default=False,
        description="Read the newest messages into the exporter and score their sentiment there; needs watchfloor[sentiment].",
    )
    messages: int = Field(500, ge=1, le=10_000, description="Most messages that are read and scored each minute.")


class Content(Model):
    """How the knowledge base is judged."""

    stale_after: Seconds = Field(
        2592000.0, gt=0, description="A document is stale when its content was not read for longer."
    )


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


class Prices(Model):
    """What models and services cost."""

    file: Path | None = Field(
        None, description="Price file; takes the place of the price table in the database.", examples=["prices.yml"]
    )


class Budget(Model):
    """A limit on spending in a calendar period of the configured time zone."""

    name: str = Field(min_length=1, description="Name of the budget.", examples=["All tenants"])
    limit: float = Field(ge=0, description="Most that may be spent in one period, in US dollars.", examples=[500])
    period: Literal["day", "week", "month", "quarter", "year"] = Field(
        "month", description="day, week, month, quarter or year."
    )
    tenant: str | None = Field(None, description="Tenant whose spending it limits; unset for all.", examples=["acme"])
    notify: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (50, 75, 90, 100), description="Percentages of the limit at which to notify."
    )


class Stack(Model):
    """The running stack."""

    directory: Path = Field(Path(".stack"), description="Where the stack keeps binaries, data and logs.")
    output: Path = Field(Path("out"), description="Where generated files go.")
    host: str = Field("127.0.0.1", min_length=1, description="Address that all parts listen on.")
    postgres_port: int = Field(9878, ge=1, le=65535, description="Port of the embedded PostgreSQL.")
    prometheus_port: int = Field(9090, ge=1, le=65535, description="Port of Prometheus.")
    alertmanager_port: int = Field(9093, ge=1, le=65535, description="Port of Alertmanager.")
    grafana_port: int = Field(3000, ge=1, le=65535, description="Port of Grafana.")
    scrape_interval: Seconds = Field(10.0, gt=0, description="How often Prometheus scrapes.")
    scrape_timeout: Seconds = Field(5.0, gt=0, description="A scrape that takes longer fails.")
    evaluation_interval: Seconds = Field(10.0, gt=0, description="How often Prometheus evaluates rules.")

    @model_validator(mode="after")
    def _timeout(self) -> Stack:
        if self.scrape_timeout > self.scrape_interval:
            raise ValueError("scrape_timeout must not be longer than scrape_interval")
        return self


class Imports(Model):
    """Dashboards and rules of other origin."""

    directory: Path = Field(Path("imports"), description="Where imported files are kept; they are part of the project.")
    folder: str = Field("Imported", min_length=1, description="Folder in Grafana of dashboards that name none.")
    datasources: dict[str, str] = Field(
        default_factory=dict,
        description="Uid of a data source to use in place of one that imported dashboards name, by its name or uid.",
        examples=[{"Loki": "my-loki"}],
    )


class Demo(Model):
    """The demo workload that `watchfloor up` writes when no database is given."""

    seed: int = Field(1, description="The same seed gives the same data.")
    calls: int = Field(1_000_000, ge=0, description="Calls of history.")
    days: int = Field(365, ge=1, description="Days of history.")
    calls_per_minute: float = Field(40.0, gt=0, description="Rate of the live workload.")
    state_port: int = Field(9879, ge=0, le=65535, description="Port of the live workload's own state; 0 for none.")
