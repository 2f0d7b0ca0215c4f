"""Settings from the file and the environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.metric import set_namespace
from exporter.metrics.calls import METRICS
from exporter.settings import Settings, SettingsError, database_url, duration, load, seconds, secret


@pytest.fixture(autouse=True)
def _no_namespace() -> Iterator[None]:
    """The namespace belongs to the process; leave it as it was."""
    yield
    set_namespace("")


def mistake(tmp_path: Path, text: str, **environment: str) -> str:
    """What is said about a wrong file, with its path written as FILE."""
    file = tmp_path / "w.yml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(file, environment)
    return str(caught.value).replace(str(file), "FILE")


def test_without_file_and_environment_all_is_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is needed."""
    monkeypatch.chdir(tmp_path)
    assert load(None, {}) == Settings()


def test_the_file_in_the_current_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """watchfloor.yml is found without being named, and a file that is named must be there."""
    monkeypatch.chdir(tmp_path)
    Path("watchfloor.yml").write_text("retention_days: 7\n")
    assert load(None, {}).retention_days == 7
    with pytest.raises(SettingsError, match=r"^missing.yml: cannot read it: No such file or directory$"):
        load(Path("missing.yml"), {})


def test_the_environment_wins(tmp_path: Path) -> None:
    """Each variable takes the place of what the file says; an empty one does not."""
    file = tmp_path / "w.yml"
    file.write_text(
        "retention_days: 7\ndatabase:\n  url: postgresql://file/db\nalerting:\ndashboard_url: http://file\n"
    )
    environment = {
        "ANALYTICS_DATABASE_URL": "postgresql://u:p@env/db", "TIMESERIES_DATABASE_URL": "http://prom:9090",
        "DASHBOARD_URL": " ", "ALERT_EMAIL": "a@example.org", "RETENTION_DAYS": "30",
    }  # fmt: skip
    settings = load(file, environment)
    assert database_url(settings) == "postgresql://u:p@env/db"
    assert settings.timeseries_url == "http://prom:9090"
    assert (settings.dashboard_url, settings.alerting.email, settings.retention_days) == (
        "http://file",
        "a@example.org",
        30,
    )
    assert "u:p@env" not in repr(settings)


def test_empty_sections_and_values_mean_defaults(tmp_path: Path) -> None:
    """A key without a value is as if it were not there."""
    file = tmp_path / "w.yml"
    for text in ("", "# nothing\n", "exporter:\n", "exporter:\n  port:\nstates:\nretention_days: ~\n"):
        file.write_text(text)
        assert load(file, {}) == Settings()


MISTAKES = {
    "an unknown key": ("retension_days: 1", "FILE: retension_days: there is no such setting; known here are acknowledgement, alerting, "),
    "an unknown key without value": ("exporter: {prot: }", "FILE: exporter.prot: there is no such setting; known here are basic_auth,"),
    "an unknown key in a list": ("states: [{metric: websocket_connections, redis: {key: a}, metrik: x}]", "known here are http, labels, metric, redis, timeout"),
    "text for a number": ("retention_days: long", "FILE: retention_days: must be a whole number"),
    "a fraction": ("demo: {days: 1.5}", "FILE: demo.days: must be a whole number"),
    "true for a number": ("exporter: {port: true}", "FILE: exporter.port: must be a number, not true"),
    "too small": ("retention_days: 0", "FILE: retention_days: must be 1 or more"),
    "too large": ("exporter: {port: 70000}", "FILE: exporter.port: must be 65535 or less"),
    "a share above 1": ("thresholds: {success_rate: 90}", "FILE: thresholds.success_rate: must be below 1"),
    "infinity": ("thresholds: {slow_response_seconds: .inf}", "must be a finite number"),
    "an endless duration": ("exporter: {settle: .inf}", "FILE: exporter.settle: must be a finite number"),
    "a duration without unit": ("exporter: {settle: '60'}", "'60' is no duration; write a number and ms, s, m, h or d, such as 60s"),
    "a negative duration": ("exporter: {settle: -1}", "FILE: exporter.settle: must be 0 or more"),
    "a value for a section": ("exporter: 9877", "FILE: exporter: must be a section with settings in it, not a single value"),
    "a value for a list": ("exporter: {domains: 5}", "FILE: exporter.domains: must be a list, such as [a, b]"),
    "a half section": ("exporter: {tls: {cert_file: a}}", "FILE: exporter.tls.key_file: is missing; it must be given here"),
    "a wrong form": ("namespace: Acme", "FILE: namespace: has the wrong form; write one such as acme"),
    "no address": ("dashboard_url: grafana", "FILE: dashboard_url: has the wrong form; write one such as https://grafana.example.org"),
    "no time zone": ("time_zone: Mars/Base", "FILE: time_zone: 'Mars/Base' is no time zone; write a name such as Europe/Paris"),
    "an unknown domain": ("exporter: {domains: [call]}", "FILE: exporter.domains: unknown call; known are agents, behaviour, calls, "),
    "an unknown metric": ("exporter: {disabled_metrics: [x]}", "exporter.disabled_metrics: unknown x; known are active_calls, "),
    "an unknown label": ("exporter: {label_caps: {x: 1}}", "exporter.label_caps: unknown x; known are action, age, agent, "),
    "a source of nothing": ("states: [{metric: websocket_connections}]", "FILE: states.0: give exactly one of redis and http"),
    "a source without labels": ("states: [{metric: queue_depth, redis: {key: a}}]", "states.0.labels: queue_depth needs the labels queue; given are none"),
    "two sources of one series": ("states: [&s {metric: websocket_connections, redis: {key: a}}, *s]", "states.1: websocket_connections with these labels has a source already; remove one"),
    "warning after critical": ("thresholds: {error_rate: {warning: 0.5, critical: 0.1}}", "error_rate: warning (0.5) must be below critical (0.1)"),
    "a scrape longer than its interval": ("stack: {scrape_interval: 5s, scrape_timeout: 6s}", "scrape_timeout must not be longer than scrape_interval"),
    "an unknown choice": ("states: [{metric: websocket_connections, redis: {key: a, command: del}}]", "states.0.redis.command: must be one of 'get', 'llen'"),
    "a list": ("- a", "FILE: the file must hold settings such as 'retention_days: 365', not a list"),
    "text": ("hello", "not a str"),
    "a key twice": ("retention_days: 1\nretention_days: 2", "FILE: this is no YAML in line 2: a key is given twice"),
    "no YAML": ("a: [1", "FILE: this is no YAML in line 1: expected ',' or ']'"),
    "a tag that makes objects": ("a: !!python/object/apply:os.system [id]", "this is no YAML in line 1: could not determine a constructor"),
    "an impossible date": ("a: 2026-99-99", "FILE: this is no YAML that can be read (ValueError)"),
    "nested beyond reason": ("a: " + "[" * 5000, "FILE: this is no YAML that can be read (RecursionError)"),
    "a key that is no text": ("1: 2", "the name of a setting must be text"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes(text: str, words: str, tmp_path: Path) -> None:
    """A mistake is one line: where, what is wrong, what would be right."""
    said = mistake(tmp_path, text)
    assert words in said
    assert "\n" not in said


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Each mistake has a line of its own, and one from the environment names its variable."""
    said = mistake(tmp_path, "exporter: {port: x, settle: soon}\ndemo: {seed: a}\n", RETENTION_DAYS="never")
    assert [line.partition(": must")[0].partition(": 's")[0] for line in said.splitlines()] == [
        "RETENTION_DAYS: retention_days", "FILE: exporter.port", "FILE: exporter.settle", "FILE: demo.seed",
    ]  # fmt: skip


def test_secrets_are_not_in_messages(tmp_path: Path) -> None:
    """Neither a broken file nor a wrong value shows what stands there."""
    assert "s3cret" not in mistake(tmp_path, "database:\n  url: postgresql://u:s3cret@h: [\n")
    assert "s3cret" not in mistake(tmp_path, "database: {url: [s3cret]}\n")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    """What is not text is said to be none."""
    file = tmp_path / "w.yml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="this is no YAML that can be read"):
        load(file, {})


DURATIONS = {"500ms": 0.5, "10s": 10.0, "90s": 90.0, "5m": 300.0, "1h": 3600.0, "30d": 2592000.0}


@pytest.mark.parametrize(("text", "value"), DURATIONS.items())
def test_durations(text: str, value: float) -> None:
    """A duration is read, and written in the same way."""
    assert seconds(text) == value
    assert duration(value) == text


@pytest.mark.parametrize("text", ["", "s", "10", "-1s", "1 s", "1w", "1h30m", "\u0661s", "10s\n", None, 5])
def test_no_durations(text: object) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="is no duration"):
        seconds(text)


def test_secret_files(tmp_path: Path) -> None:
    """A secret is read without the white space around it; a missing or empty file is one sentence."""
    file = tmp_path / "url"
    file.write_text(" postgresql://h/db\n")
    path = tmp_path / "w.yml"
    path.write_text(f"database: {{url_file: {file}}}")
    assert database_url(load(path, {})) == "postgresql://h/db"
    file.write_text("\n")
    with pytest.raises(SettingsError, match=r"^database.url_file: .*/url is empty; write the secret into it$"):
        database_url(load(path, {}))
    with pytest.raises(SettingsError, match=r"^place: cannot read .*: No such file or directory$"):
        secret(tmp_path / "missing", "place")


def test_the_namespace_is_in_every_name(tmp_path: Path) -> None:
    """Loading settings with a namespace puts it before the names of the catalogue."""
    file = tmp_path / "w.yml"
    file.write_text("namespace: acme\n")
    load(file, {})
    assert all(metric.name == f"acme_{metric.base}" for metric in METRICS)
