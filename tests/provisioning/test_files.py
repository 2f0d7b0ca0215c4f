"""Prometheus', Alertmanager's and Grafana's files: accepted by their own checkers, free of secrets, as reviewed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerts
from exporter.settings import Settings, SettingsError
from provisioning import alertmanager, grafana, grafana_contacts, prometheus
from provisioning.document import BANNER
from provisioning.endpoints import EndpointError, compose, endpoints, native
from provisioning.notices import notices
from tests.rules.promtool import run, tool, write_rules

GOLDEN = Path(__file__).parents[1] / "golden"
SECRET = "s3cr3t-7f1c"
SLACK = {"SLACK_WEBHOOK_URL": f"https://hooks.example.com/services/{SECRET}"}
HOSTILE = "#ops \"quoted\" {{ .Nope }} 'x'\n- evil: true $HOME ${X}"


@pytest.fixture
def webhook(tmp_path: Path) -> Path:
    """A file with a secret address."""
    path = tmp_path / "webhook"
    path.write_text(f"https://pager.example.com/{SECRET}\n")
    return path


def _settings(**alerting: Any) -> Settings:
    return Settings.model_validate({"alerting": alerting, "stack": {"directory": "/srv/watchfloor"}})


def _variants(webhook: Path) -> dict[str, tuple[Settings, dict[str, str]]]:
    mail = {"email": "ops@example.com", "smtp_username": "me", "smtp_password_file": str(webhook)}
    return {
        "none": (_settings(), {}),
        "slack": (_settings(slack_channel="#ops"), SLACK),
        "email": (_settings(**mail), {}),
        "webhook": (_settings(webhook_url_file=str(webhook)), {}),
        "all": (_settings(**mail, slack_channel="#ops", webhook_url_file=str(webhook)), SLACK),
        "hostile": (_settings(email="a{{.X}}@example.com", slack_channel=HOSTILE, smtp_from='"x{{y}}" <a@b.c>'), SLACK),
        "namespace": (Settings(namespace="acme"), {}),
    }


NAMES = ("none", "slack", "email", "webhook", "all", "hostile", "namespace")


@pytest.mark.promtool
@pytest.mark.parametrize("name", NAMES)
def test_alertmanager_accepts_its_file(name: str, webhook: Path, tmp_path: Path) -> None:
    """amtool reads the generated file and the private copy; every severity has its receiver."""
    program = tool("amtool")
    settings, environment = _variants(webhook)[name]
    files = {"am.yml": alertmanager.config(settings, compose(), environment).decode()}
    files |= alertmanager.secrets(settings, environment, compose())
    people = "nowhere" if name in ("none", "namespace") else "people"
    for file in ("am.yml", *([alertmanager.PRIVATE_FILE] if alertmanager.PRIVATE_FILE in files else [])):
        path = tmp_path / file
        path.write_text(files[file])
        run(program, "check-config", str(path))
        for group in alerts.build(settings):
            for alert in group.alerts:
                wanted = "heartbeat" if alert.severity == "none" else people
                _routes(program, path, wanted, f"severity={alert.severity.value}", f"alertname={alert.name}")
        _routes(program, path, people, "alertname=WithoutSeverity")


def _routes(program: str, path: Path, receiver: str, *labels: str, seen: set[tuple[str, ...]] = set()) -> None:  # noqa: B006
    key = (path.read_text(), receiver, *(labels[:1]))
    if key not in seen:
        seen.add(key)
        run(program, "config", "routes", "test", f"--config.file={path}", f"--verify.receivers={receiver}", *labels)


@pytest.mark.promtool
@pytest.mark.parametrize("runtime", ["native", "compose"])
@pytest.mark.parametrize("guarded", [False, True])
def test_prometheus_accepts_its_file(runtime: str, guarded: bool, tmp_path: Path) -> None:
    """promtool reads prometheus.yml and the rules beside it, with and without a password and TLS."""
    password = tmp_path / "password"
    password.write_text(SECRET)
    exporter: dict[str, Any] = {"port": 1234, "host": "0.0.0.0"}
    if guarded:
        exporter["basic_auth"] = {"username": 'u"{{', "password_file": str(password)}
        exporter["tls"] = {"cert_file": str(password), "key_file": str(password)}
    settings = Settings.model_validate({"exporter": exporter, "stack": {"directory": str(tmp_path)}})
    places = endpoints(settings, runtime)
    (tmp_path / "rules").mkdir()
    write_rules(tmp_path / "rules", settings)
    content = prometheus.config(settings, places)
    (tmp_path / "prometheus.yml").write_bytes(content)
    job = yaml.safe_load(content)["scrape_configs"][0]
    target = "exporter:9877" if runtime == "compose" else "127.0.0.1:1234"
    assert job["static_configs"] == [{"targets": [target], "labels": {"instance": "watchfloor"}}]
    assert ("basic_auth" in job, job.get("scheme")) == (guarded, "https" if guarded else None)
    assert SECRET not in content.decode()
    if guarded:
        files = alertmanager.secrets(settings, {}, places)
        assert files == {"exporter_password": SECRET, "exporter_ca.pem": SECRET + "\n"}
        (tmp_path / "secrets").mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / "secrets" / name).write_text(text)
    if runtime == "native" or not guarded:
        run(tool("promtool"), "check", "config", str(tmp_path / "prometheus.yml"))


@pytest.mark.promtool
@pytest.mark.parametrize("namespace", ["", "acme"])
def test_prometheus_accepts_the_rules(namespace: str, tmp_path: Path) -> None:
    """promtool reads every rule file, also with hostile addresses and a prefix."""
    from exporter.metric import set_namespace

    set_namespace(namespace)
    try:
        names = write_rules(
            tmp_path, Settings.model_validate({"namespace": namespace, "dashboard_url": "http://x/{{.Y}}\"'$(z)"})
        )
        assert ("acme_calls_completed_total" in (tmp_path / "calls.yml").read_text()) is bool(namespace)
        run(tool("promtool"), "check", "rules", *(str(tmp_path / name) for name in names))
    finally:
        set_namespace("")


def test_secrets_are_in_files_of_their_own(webhook: Path) -> None:
    """What is a secret is in `secrets` and in no generated file."""
    for settings, environment in _variants(webhook).values():
        assert SECRET.encode() not in alertmanager.config(settings, native(settings), environment)
        assert not any(SECRET.encode() in content for content in grafana.files(settings, native(settings)).values())
    settings, environment = _variants(webhook)["all"]
    files = alertmanager.secrets(settings, environment, native(settings))
    assert sorted(files) == ["alertmanager.yml", "slack_webhook_url", "smtp_password", "watchfloor.tmpl"]
    assert all(SECRET in text for name, text in files.items() if name != "watchfloor.tmpl")
    generated = yaml.safe_load(alertmanager.config(settings, native(settings), environment))
    private = yaml.safe_load(files["alertmanager.yml"])
    generated["receivers"][0]["webhook_configs"][0]["url"] = f"https://pager.example.com/{SECRET}"
    generated["templates"] = ["watchfloor.tmpl"]
    assert private == generated


def test_alertmanager_starts_with_the_private_copy_only_for_a_webhook(webhook: Path) -> None:
    """Without a webhook the generated file is enough."""
    plain, hooked = _settings(), _settings(webhook_url_file=str(webhook))
    assert alertmanager.config_file(plain, native(plain), "out/a.yml") == "out/a.yml"
    assert alertmanager.config_file(hooked, native(hooked), "out/a.yml") == "/srv/watchfloor/secrets/alertmanager.yml"


@pytest.mark.parametrize("text", [SECRET, "", "https://", f"ftp://x/{SECRET}", f"https://x/a {SECRET}"])
def test_a_wrong_webhook_address_is_refused(text: str, tmp_path: Path) -> None:
    """The message names the setting and does not show the secret."""
    path = tmp_path / "hook"
    path.write_text(text)
    settings = _settings(webhook_url_file=str(path))
    with pytest.raises(SettingsError, match=r"alerting\.webhook_url_file") as caught:
        alertmanager.secrets(settings, {}, native(settings))
    assert SECRET not in str(caught.value)


def test_hostile_text_stays_text(webhook: Path) -> None:
    """Quotes, line ends and template syntax in settings reach Alertmanager as they are."""
    settings, environment = _variants(webhook)["hostile"]
    people = yaml.safe_load(alertmanager.config(settings, compose(), environment))["receivers"][0]
    assert people["slack_configs"][0]["channel"] == HOSTILE.replace("{{", '{{ "{{" }}')
    assert people["email_configs"][0]["to"] == 'a{{ "{{" }}.X}}@example.com'


def test_who_hears_of_nothing_is_told_so(webhook: Path) -> None:
    """No channel gives a notice; anything else gives none."""
    said = {name: notices(settings, environment) for name, (settings, environment) in _variants(webhook).items()}
    assert "Alerts go nowhere" in said["none"][0]
    assert said["email"] == said["slack"] == said["webhook"] == said["all"] == ()


def test_there_are_two_runtimes() -> None:
    """Another one is refused with those that exist."""
    with pytest.raises(EndpointError, match="known are native, compose"):
        endpoints(Settings(), "kubernetes")


def test_grafana_reads_its_data_sources_from_the_environment() -> None:
    """What differs between runtimes and what is secret comes from variables; a literal dollar is doubled."""
    settings = Settings.model_validate({"timeseries_url": "http://u$er@vm:8428"})
    sources = yaml.safe_load(grafana.files(settings, compose())["datasources/watchfloor.yaml"])["datasources"]
    assert [source["uid"] for source in sources] == [
        "watchfloor-prometheus",
        "watchfloor-postgres",
        "watchfloor-alertmanager",
    ]
    assert [source["isDefault"] for source in sources] == [True, False, False]
    assert sources[0]["url"] == "http://u$$er@vm:8428"
    assert sources[1]["secureJsonData"] == {"password": "$WATCHFLOOR_POSTGRES_PASSWORD"}
    given = grafana.environment(compose(), Path("/d"), "postgresql://reader:p%40ss@db:5433/shop?sslmode=require")
    assert given == {
        "WATCHFLOOR_DASHBOARDS": "/d",
        "WATCHFLOOR_POSTGRES_ADDRESS": "db:5433",
        "WATCHFLOOR_POSTGRES_DATABASE": "shop",
        "WATCHFLOOR_POSTGRES_USER": "reader",
        "WATCHFLOOR_POSTGRES_PASSWORD": "p@ss",
        "WATCHFLOOR_POSTGRES_SSLMODE": "require",
    }


def test_grafana_has_no_postgres_source_for_another_database() -> None:
    """SQLite rows cannot be shown through the PostgreSQL data source."""
    settings = Settings.model_validate({"database": {"url": "sqlite:///x.db"}})
    assert b"postgres" not in grafana.files(settings, compose())["datasources/watchfloor.yaml"]


def _golden(webhook: Path) -> dict[str, bytes]:
    settings, environment = _variants(webhook)["all"]
    files = {
        "alertmanager.yml": alertmanager.config(settings, compose(), environment),
        "alertmanager-none.yml": alertmanager.config(_settings(), compose(), {}),
        "alertmanager-templates.tmpl": alertmanager.templates(_settings()),
        "prometheus.yml": prometheus.config(settings, compose()),
    }
    from provisioning.document import document

    for group in alerts.build(Settings()):
        files[f"rules/{group.domain}.yml"] = document(group.content(Settings()))
    for name, content in grafana.files(Settings(), compose()).items():
        files[f"grafana/{name}"] = content
    contacts, _ = grafana_contacts.file(settings, compose(), environment)
    files["grafana/alerting/contacts.yaml"] = document(contacts)
    return files


def test_files_are_as_reviewed(webhook: Path) -> None:
    """The golden files are what is generated; GOLDEN_UPDATE=1 writes them anew."""
    for name, content in _golden(webhook).items():
        path = GOLDEN / name
        if os.environ.get("GOLDEN_UPDATE"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        assert BANNER.strip("# \n").encode() in content.splitlines()[0]
        assert path.read_bytes() == content, f"{name} differs from tests/golden; review it and set GOLDEN_UPDATE=1"
