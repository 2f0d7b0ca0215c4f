"""The targets of `generate`: manifests that a cluster takes, dashboards that any Grafana imports, and nothing mixed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema
import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner
from cloudcoil.models.prometheus_operator import v1, v1alpha1

import dashboards
from exporter.settings import Settings, SettingsError, load
from generator import targets
from generator.cli import cli
from generator.targets import TargetError, alertmanager_config, kubernetes, portable
from provisioning import message
from tests.rules.promtool import run, tool

EVERYTHING: Final[dict[str, Any]] = {
    "slos": [{"name": "turns", "objective": 99, "metric": "turn_latency_seconds", "below": 1.5}],
    "kubernetes": {"namespace": "watch", "labels": {"release": "kps"}, "image": "r.example.org/watchfloor:1"},
    "deadman": {"url": "https://beats.example.org"},
    "states": [{"metric": "queue_depth", "labels": {"queue": "mail"}, "redis": {"url_file": "/run/r", "command": "llen", "key": "q"}}],
    "exporter": {"basic_auth": {"username": "u", "password_file": "/run/p"}, "tls": {"cert_file": "/run/c", "key_file": "/run/k"}},
    "alerting": {
        "email": "ops@example.org", "smtp_host": "mail.example.org:587", "smtp_username": "u", "smtp_password_file": "/run/m",
        "webhook_url_file": "/run/w", "slack_webhook_url_file": "/run/s", "escalation": [{"after": "10m", "notify": ["pd"]}],
        "channels": [
            {"name": "pd", "kind": "pagerduty", "secret_variable": "PD"}, {"name": "dc", "kind": "discord", "secret_variable": "DC"},
            {"name": "og", "kind": "opsgenie", "secret_variable": "OG", "to": "team"}, {"name": "hook", "kind": "webhook", "secret_variable": "H"},
        ],
    },
}  # fmt: skip
KINDS: Final = {
    "PrometheusRule": v1.PrometheusRule,
    "ServiceMonitor": v1.ServiceMonitor,
    "AlertmanagerConfig": v1alpha1.AlertmanagerConfig,
}
KUBERNETES: Final = "1.37"


def build(target: str, **given: Any) -> dict[str, bytes]:
    """The files of a target."""
    return targets.build(target, Settings.model_validate(given), Path("/nowhere"), "native", {})


def wrong(manifest: dict[str, Any]) -> str:
    """What a cluster would refuse or drop; empty when nothing."""
    kind = manifest["kind"]
    if kind not in KINDS:
        try:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            return str(error.message)
        return ""
    read = KINDS[kind].model_validate(manifest).model_dump(by_alias=True, exclude_unset=True, mode="json")
    return "" if read == manifest else f"{kind}: something is not kept"


def test_manifests_are_what_the_schemas_say() -> None:
    """Each resource follows the schema of its kind and loses nothing in it; routes too, whose schema the CRD leaves open."""
    files = build("kubernetes", **EVERYTHING)
    manifests = {path: yaml.safe_load(data) for path, data in files.items()}
    listed = manifests.pop("kubernetes/kustomization.yaml")["resources"]
    assert [f"kubernetes/{name}" for name in listed] == sorted(manifests)
    assert [f"{path}: {said}" for path, one in manifests.items() if (said := wrong(one))] == []
    names = [(one["kind"], one["metadata"]["name"]) for one in manifests.values()]
    assert len(set(names)) == len(names) > 40
    assert {one["metadata"]["namespace"] for one in manifests.values()} == {"watch"}
    config = manifests["kubernetes/alertmanagerconfig.yaml"]
    for child in config["spec"]["route"]["routes"]:
        assert wrong({**config, "spec": {**config["spec"], "route": child}}) == ""


def test_the_schemas_refuse() -> None:
    """A key that the kind lacks, or a value of another type, is seen."""
    files = build("kubernetes")
    monitor = yaml.safe_load(files["kubernetes/servicemonitor.yaml"])
    monitor["spec"]["endpoints"][0]["intervall"] = "1s"
    assert wrong(monitor)
    deployment = yaml.safe_load(files["kubernetes/exporter/deployment.yaml"])
    deployment["spec"]["replica"] = 2
    assert wrong(deployment)


def test_dashboards_and_rules_are_the_same_as_ours() -> None:
    """The sidecar is given the very dashboards; rules differ only in the namespace of their alerts and in saying how often."""
    ours, theirs = build("files"), build("kubernetes")
    boards = [path for path in ours if path.startswith("grafana/dashboards/")]
    for path in boards:
        name = Path(path).name
        manifest = yaml.safe_load(theirs[f"kubernetes/dashboards/{Path(path).stem}.yaml"])
        there, here = (json.dumps(one)[1:-1] for one in reversed(kubernetes.WATCHED))
        text = manifest["data"][name]
        assert json.loads(text.replace(there, here)) == json.loads(ours[path])
        assert here not in text
        assert manifest["metadata"]["labels"]["grafana_dashboard"] == "1"
    rules = [path for path in ours if path.startswith("prometheus/rules/")]
    assert len(boards) > 20
    assert len(rules) > 10
    for path in rules:
        groups = yaml.safe_load(theirs[f"kubernetes/rules/{Path(path).stem}.yaml"])["spec"]["groups"]
        for group in groups:
            assert group.pop("interval") == "5s"
            for rule in group["rules"]:
                assert ("alert" in rule) == ("namespace" in rule.get("labels", {}))
                rule.get("labels", {}).pop("namespace", None)
                rule["expr"] = rule["expr"].replace(*reversed(kubernetes.WATCHED))
        assert groups == yaml.safe_load(ours[path])["groups"]


def test_no_secret_is_in_a_manifest(tmp_path: Path) -> None:
    """Secrets are named and not written; every one is a key of a Secret."""
    secrets = {name: tmp_path / name for name in ("db", "hook", "mail")}
    for path in secrets.values():
        path.write_text("https://s3cr3t.example.org/x")
    given = {
        "database": {"url": "postgresql://u:s3cr3t@db/x"},
        "alerting": {"email": "a@b.example", "webhook_url_file": str(secrets["hook"]), "smtp_password_file": str(secrets["mail"]), "channels": [
            {"name": "pd", "kind": "pagerduty", "secret_variable": "PD"}]},
    }  # fmt: skip
    settings = Settings.model_validate(given)
    files = targets.build("kubernetes", settings, tmp_path / "out", "native", {"PD": "s3cr3t"})
    assert not [path for path, data in files.items() if b"s3cr3t" in data]
    config = yaml.safe_load(files["kubernetes/alertmanagerconfig.yaml"])
    assert set(alertmanager_config.secret_keys(config)) == {"webhook", "smtp_password", "pd"}


@pytest.mark.promtool
def test_written_out_templates_say_the_same(tmp_path: Path) -> None:
    """amtool renders a text with its definitions before it as it renders it with the file of templates."""
    source = message.alertmanager(Settings())
    (tmp_path / "ours.tmpl").write_text(source)
    (tmp_path / "none.tmpl").write_text("")
    config = alertmanager_config.spec(Settings.model_validate(EVERYTHING), {})
    text = next(one["text"] for receiver in config["receivers"] for one in receiver.get("emailConfigs", ()))
    assert text.count("{{ define ") > 4
    alert = {
        "status": "firing",
        "labels": {"alertname": "Slow", "tenant": "acme"},
        "annotations": {"description": "So it is."},
    }
    told = {"status": "firing", "alerts": [alert], "commonLabels": alert["labels"], "commonAnnotations": {}}
    (tmp_path / "data.json").write_text(json.dumps(told))
    program, short = tool("amtool"), message.call("text")
    data = f"--template.data={tmp_path / 'data.json'}"
    sides = [
        run(program, "template", "render", data, f"--template.glob={tmp_path}/{name}.tmpl", f"--template.text={words}")
        for name, words in (("ours", short), ("none", text))
    ]
    assert sides[0] == sides[1]
    assert "So it is." in sides[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"engine": "grafana"}, "alerting.engine: manifests have rules for Prometheus"),
        ({"channels": [{"name": "t", "kind": "telegram", "to": "1", "secret_variable": "T"}]}, "t: an AlertmanagerConfig cannot send Telegram"),
        ({"channels": [{"name": "s", "kind": "slack_bot", "to": "#x", "secret_variable": "T"}]}, "s: slack_bot needs the relay"),
    ],
)  # fmt: skip
def test_what_a_cluster_cannot_say_is_refused(given: dict[str, Any], said: str) -> None:
    """Nobody is left without an alert in silence."""
    with pytest.raises(TargetError, match=re.escape(said)):
        build("kubernetes", alerting=given)


def test_a_dashboard_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Near kubectl's limit the JSON loses its blanks; above that of a ConfigMap the dashboard is named."""
    long = {"title": "x", "text": ["\u2028ä" * 10] * 6_000}
    pretty = json.dumps(long, indent=2, ensure_ascii=False).encode()
    monkeypatch.setattr(dashboards, "build", lambda _: {"big.json": pretty})
    data = build("kubernetes")["kubernetes/dashboards/big.yaml"]
    assert json.loads(yaml.safe_load(data)["data"]["big.json"]) == long
    assert b'{"title":"x"' in data
    huge = json.dumps({"text": "x" * kubernetes.LIMIT}).encode()
    monkeypatch.setattr(dashboards, "build", lambda _: {"big.json": huge})
    with pytest.raises(TargetError, match=r"dashboard big.json has 10\d+ bytes; a ConfigMap holds at most 1048576"):
        build("kubernetes")


def test_portable_dashboards_name_their_inputs() -> None:
    """No uid of our data sources is left, each input is used, and the rest follows the schema."""
    files = build("portable", **EVERYTHING)
    schema = json.loads((Path(dashboards.__file__).parent / "schema" / "dashboard.jsonschema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    boards = {path: json.loads(data) for path, data in files.items() if path.startswith("portable/dashboards/")}
    assert len(boards) == len(dashboards.build(Settings.model_validate(EVERYTHING))) > 20
    for path, board in boards.items():
        text = json.dumps({key: value for key, value in board.items() if key != "__inputs"})
        for uid in portable.SOURCES:
            assert f'"{uid}"' not in text, path
        names = {one["name"] for one in board["__inputs"]}
        assert names == set(re.findall(r"\$\{(DS_\w+)\}", text)), path
        assert {one["id"] for one in board["__requires"]} >= {"grafana", "prometheus"}
        plain = {key: value for key, value in board.items() if not key.startswith("__")}
        assert plain["id"] is None
        assert list(validator.iter_errors({**plain, "id": 1})) == [], path


def test_targets_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each target has a directory of its own, and one that holds another's files is refused."""
    monkeypatch.chdir(tmp_path)
    for target, folder in (("files", "out"), ("kubernetes", "out-kubernetes"), ("portable", "out-portable")):
        done = CliRunner().invoke(cli, ["generate", "--target", target])
        assert done.exit_code == 0, done.output
        assert (tmp_path / folder / "watchfloor.json").is_file()
        assert CliRunner().invoke(cli, ["generate", "--target", target, "--check"]).exit_code == 0
    done = CliRunner().invoke(cli, ["generate", "--target", "portable", "--out", "out"])
    assert done.exit_code == 1
    assert "out holds files of the target files; choose another directory with --out" in done.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"namespace": "Monitoring"}, "kubernetes.namespace: has the wrong form; write one such as monitoring"),
        ({"labels": {"a b": "c"}}, "'a b' is no name of a label"),
        ({"labels": {"a": "b c"}}, "a: 'b c' is no value of a label"),
        ({"image": "x; rm"}, "kubernetes.image: has the wrong form"),
    ],
)
def test_mistakes_are_sentences(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    """What no cluster takes is refused at once."""
    file = tmp_path / "watchfloor.yml"
    file.write_text(yaml.safe_dump({"kubernetes": given}))
    with pytest.raises(SettingsError, match=re.escape(said)):
        load(file, {})
