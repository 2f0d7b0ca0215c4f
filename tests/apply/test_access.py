"""Who asks, by which way, with which secrets; what is wrong with them is one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.apply import files
from tests.apply.conftest import served
from tests.apply.rig import Rig


def test_secrets_are_sent_compared_and_never_shown(rig: Rig) -> None:
    """A new password is a change, an unknown one is told as unknown, and none is in any output or file."""
    shown = rig.run("plan", "--full").output + rig.applied().output
    stored = rig.ask("GET", "/-/dump")["orgs"]["1"]
    assert stored["source_secrets"]["wf-sql"] == {"password": files.SECRET}
    assert stored["contacts"]["wf-slack"]["settings"]["url"].endswith(files.SECRET)
    new = {"WF_PASSWORD": "changed-9", "WF_SLACK": "https://hooks.example.com/changed-9"}
    plan = rig.run("plan", **new)
    assert "    password: the secret changes" in plan.stdout
    assert "    url: the secret changes" in plan.stdout
    applied = rig.run("apply", "--json", **new)
    assert applied.exit_code == 0
    assert rig.ask("GET", "/-/dump")["orgs"]["1"]["source_secrets"]["wf-sql"] == {"password": "changed-9"}
    assert rig.run("plan", **new).exit_code == 0
    kept = [path for path in (rig.folder / "stack").rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    everything = shown + plan.output + applied.output + kept[0].read_text() + rig.run("pull", **new).output
    assert files.SECRET not in everything
    assert "changed-9" not in everything
    kept[0].unlink()
    elsewhere = rig.run("plan")
    assert elsewhere.exit_code == 0
    assert "whether password has changed is not known here; --secrets sends it again" in elsewhere.stderr
    assert [change["after"] for step in rig.steps("--secrets") for change in step["changes"]] == [
        "the secret is sent again"
    ] * 2
    rig.applied("--secrets")
    assert rig.ask("GET", "/-/dump")["orgs"]["1"]["source_secrets"]["wf-sql"] == {"password": files.SECRET}


def test_the_address_of_a_webhook_is_compared_and_not_shown(rig: Rig) -> None:
    """Grafana shows it, so what somebody has edited is seen; a secret may be in it, so nobody reads it here."""
    hook = {"uid": "wf-hook", "type": "webhook", "settings": {"url": "$WF_SLACK", "maxAlerts": 5}}
    rig.content["grafana/provisioning/alerting/a.yaml"]["contactPoints"][0]["receivers"].append(hook)
    rig.write()
    rig.applied()
    assert rig.steps() == []
    one = next(one for one in rig.get("/api/v1/provisioning/contact-points") if one["uid"] == "wf-hook")
    one["settings"]["url"] = "https://example.org/edited-3"
    rig.ask("PUT", "/api/v1/provisioning/contact-points/wf-hook", one)
    plan, pull = rig.run("plan"), rig.run("pull")
    assert plan.stdout.splitlines()[1:] == ["    url: the secret changes"]
    assert pull.stdout.splitlines()[1:] == ["  url: a secret that is not shown"]
    assert not [word for word in (files.SECRET, "edited-3") if word in plan.output + pull.output]
    rig.applied()
    hook["settings"] = {**hook["settings"], "authorization_credentials": "$WF_SLACK"}  # type: ignore[dict-item]
    rig.write()
    added = rig.run("plan", "--full")
    assert added.stdout.splitlines()[1:] == ["    authorization_credentials: a secret is set that was not"]
    rig.applied()
    assert rig.steps() == []
    del hook["settings"]["authorization_credentials"]  # type: ignore[attr-defined]
    rig.write()
    removed = rig.run("plan", "--full")
    assert removed.stdout.splitlines()[1:] == [
        "    authorization_credentials: a secret is set that should not be; it is removed"
    ]
    assert files.SECRET not in added.output + removed.output
    rig.applied()
    assert rig.steps() == []


def test_an_unset_variable(rig: Rig) -> None:
    """A data source is left as it is, also when it should be pruned; anything else is an error."""
    rig.applied()
    result = rig.run("apply", "--prune", WF_ADDRESS=None)
    assert result.exit_code == 0
    assert "note: the data source Sql wf is left as it is, since the variable WF_ADDRESS is not set" in result.stderr
    assert rig.get("/api/datasources/uid/wf-sql")["url"] == "127.0.0.1:5432"
    result = rig.run("plan", WF_SLACK=None)
    assert result.exit_code == 3
    assert "a.yaml: the variable WF_SLACK is not set" in result.stderr


def test_an_organisation(rig: Rig) -> None:
    """Everything goes into the one that is named, and the plan is about it."""
    rig.environment = {key: value for key, value in rig.environment.items() if key != "GRAFANA_TOKEN"}
    rig.environment |= {"GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "admin", "GRAFANA_ORG_ID": "2"}
    rig.applied()
    assert rig.steps() == []
    orgs = rig.ask("GET", "/-/dump")["orgs"]
    assert set(orgs["2"]["dashboards"]) == {"wf-calls", "wf-cost", "wf-managed"}
    assert not orgs.get("1", {"dashboards": {}})["dashboards"]


def test_a_proxy(rig: Rig) -> None:
    """Every request takes it, whatever the environment says."""
    rig.configure(proxy=rig.url, url="http://grafana.example.org")
    assert rig.run("apply", HTTP_PROXY="http://127.0.0.1:9").exit_code == 0
    assert rig.ask("GET", "/-/dump")["proxied"] > 15


def test_a_private_authority(rig: Rig, tmp_path: Path) -> None:
    """A certificate that nobody knows is refused with the remedy, and accepted with it."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=x",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_text(cert.read_text() + key.read_text())
    with served("--cert", str(both)) as url:
        rig.configure(url=url)
        result = rig.run("plan")
        assert result.exit_code == 3
        assert "cannot trust https://127.0.0.1:" in result.stderr
        assert "name the authority of its certificate by grafana.ca_file" in result.stderr
        rig.configure(url=url, ca_file=str(cert))
        assert rig.run("plan").exit_code == 1


REFUSED = {
    "nobody": ({"GRAFANA_TOKEN": ""}, {}, "nobody is named to Grafana; set GRAFANA_TOKEN"),
    "no password": ({"GRAFANA_TOKEN": "", "GRAFANA_USER": "admin"}, {}, "the user 'admin' has no password"),
    "a wrong token": ({"GRAFANA_TOKEN": "glsa_wrong"}, {}, "does not know us: Invalid API key; check the token or password"),
    "a wrong password": (
        {"GRAFANA_TOKEN": "", "GRAFANA_USER": "admin", "GRAFANA_PASSWORD": "wrong"}, {}, "does not know us: Invalid username or password"
    ),
    "a token that may only read": ({"GRAFANA_TOKEN": "glsa_viewer"}, {}, "was refused with 403: You'll need additional permissions"),
    "no server": ({}, {"url": "http://127.0.0.1:9"}, "cannot reach http://127.0.0.1:9: Connection refused"),
    "no name": ({}, {"url": "http://grafana.invalid"}, "cannot reach http://grafana.invalid: "),
    "no proxy": ({}, {"proxy": "http://127.0.0.1:9"}, "through the proxy: "),
    "no authority": ({}, {"ca_file": "/nowhere.pem"}, "grafana.ca_file: there is no file /nowhere.pem"),
    "a wrong setting": ({}, {"urll": "x"}, "grafana.urll: there is no such setting"),
}  # fmt: skip


@pytest.mark.parametrize(("environment", "grafana", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_who_cannot_get_in_hears_why(
    environment: dict[str, str], grafana: dict[str, Any], words: str, rig: Rig
) -> None:
    """One sentence and code 3, for each command."""
    rig.configure(**{"attempts": 1, **grafana})
    result = rig.run("apply", **environment)
    assert result.exit_code == 3
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("what", "words"), [("html", "gave no JSON; is http"), ("redirect", "leads to https://elsewhere.example.org/login")]
)
def test_what_is_no_grafana(what: str, words: str, rig: Rig) -> None:
    """A page for people, or another address."""
    rig.faults({"match": ".", "what": what, "times": 99})
    result = rig.run("plan")
    assert (result.exit_code, words in result.stderr) == (3, True)


def test_a_password_in_the_address_is_used_and_not_shown(rig: Rig) -> None:
    """As in many an environment variable; messages name the address without it."""
    address = rig.url.replace("http://", "http://admin:admin@")
    assert rig.run("plan", "--url", address, GRAFANA_TOKEN="").exit_code == 1
    result = rig.run("plan", "--url", address.replace("admin@", "hush-7@"), GRAFANA_TOKEN="")
    assert result.exit_code == 3
    assert "hush-7" not in result.output


def test_a_damaged_list_of_what_is_ours_is_told(rig: Rig) -> None:
    """It is not taken for an empty one, which would make all that is ours look like that of others."""
    rig.applied()
    board = rig.get("/api/dashboards/uid/wf-managed")["dashboard"]
    rig.save({**board, "templating": {"list": []}})
    result = rig.run("plan")
    assert result.exit_code == 3
    assert "the dashboard wf-managed should list what is ours and does not" in result.stderr
