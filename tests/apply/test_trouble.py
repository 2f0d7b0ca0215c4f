"""Interrupted, refused, unanswered or in somebody's way: what happens is told, and the next run ends where it should."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from generator.apply import plan as plans
from generator.apply import run, work
from generator.apply.connection import Api, target
from generator.apply.error import ApplyError
from tests.apply import files
from tests.apply.rig import Rig
from tests.processes import wait_until

WRITES = 15
"""The list of what is ours and fourteen objects."""


def _dumped(rig: Rig) -> dict[str, Any]:
    """Everything that the stand-in keeps, but for running numbers and versions."""
    state = rig.ask("GET", "/-/dump")["orgs"]["1"]
    for kind in ("folders", "sources", "dashboards", "library", "rules"):
        for one in state[kind].values():
            one.pop("id")
            one.pop("version", None)
    state["dashboards"].pop(f"{rig.name}-managed")
    return state  # type: ignore[no-any-return]


@pytest.fixture
def whole(rig: Rig) -> dict[str, Any]:
    """The end state of an apply that nothing disturbs; the stand-in is empty again afterwards."""
    rig.applied()
    state = _dumped(rig)
    rig.ask("POST", "/-/reset")
    for path in (rig.folder / "stack").rglob("*.json"):
        path.unlink()
    return state


@pytest.mark.parametrize("position", [0, 1, 4, 8, WRITES - 1])
def test_killed_in_the_middle_and_applied_again(position: int, rig: Rig, whole: dict[str, Any]) -> None:
    """Wherever it is killed: the same end state, nothing twice, and nothing of ours taken for that of others."""
    rig.faults({"match": "^(POST|PUT|PATCH|DELETE) /api", "what": "hang", "after": position})
    process = rig.start("apply")

    def reached() -> bool:
        lines = rig.ask("GET", "/-/requests?keep=1")
        return sum(not line.startswith("GET") for line in lines) > position

    wait_until(reached, 60, f"write {position} came")
    process.kill()
    process.communicate()
    rig.faults()
    rig.applied()
    assert _dumped(rig) == whole
    assert rig.steps() == []


@pytest.mark.parametrize("what", ["late", "lose", "503", "429"])
def test_every_change_without_an_answer(what: str, rig: Rig, whole: dict[str, Any]) -> None:
    """Done but not told, or not done: apply looks and goes on, and makes nothing twice."""
    rig.configure(attempts=3)
    lines = [
        "POST /api/dashboards/db",
        "POST /api/folders",
        "POST /api/datasources",
        "POST /api/library",
        "PUT /api/v1",
        "POST /api/v1",
    ]
    rig.faults(
        *({"match": f"^{line}", "what": what, "times": 1, "after": number % 2} for number, line in enumerate(lines))
    )
    rig.applied()
    assert _dumped(rig) == whole
    changed = files.copied(rig.content)
    changed["grafana/dashboards/calls.json"]["title"] = "Calls now"
    rig.write(changed)
    rig.faults({"match": "^POST /api/dashboards/db", "what": what})
    rig.applied()
    assert rig.steps() == []
    assert rig.get("/api/dashboards/uid/wf-calls")["dashboard"]["version"] == 2


def test_one_that_is_refused_stops_no_other(rig: Rig, whole: dict[str, Any]) -> None:
    """What failed is told with Grafana's words and code 3; the next run does the rest and nothing else."""
    rig.faults(
        {"match": "^POST /api/dashboards/db", "what": "500", "after": 2},
        {"match": "^PUT /api/v1/provisioning/templates", "what": "400"},
    )
    result = rig.run("apply")
    assert result.exit_code == 3
    assert 'failed: create dashboard "Cost" (wf-cost): POST ' in result.output
    assert "was refused with 500: fault 500" in result.output
    assert "12 of 14 changes were made; run apply again for the rest." in result.stderr
    assert [(step["action"], step["kind"]) for step in rig.steps()] == [("create", "dashboard"), ("create", "template")]
    rig.writes()
    rig.applied()
    assert rig.writes() == ["POST /api/dashboards/db", "PUT /api/v1/provisioning/templates/text%20wf"]
    assert _dumped(rig) == whole


def test_what_needs_a_folder_that_failed_is_not_tried(rig: Rig, whole: dict[str, Any]) -> None:
    """And data sources, which need none, are made."""
    rig.faults({"match": "^POST /api/folders", "what": "500"})
    result = rig.run("apply", "--json")
    assert result.exit_code == 3
    ended = {(step["kind"], step["key"]): step for step in json.loads(result.stdout)["steps"]}
    assert ended["folder", rig.parent]["outcome"] == "failed"
    for place in (("folder", rig.inner), ("dashboard", "wf-calls"), ("rule group", f"{rig.parent}/watch/ers")):
        assert ended[place]["outcome"] == "not tried"
        assert ended[place]["error"] == f"its folder {rig.parent} could not be made"
    assert ended["data source", "wf-prom"]["outcome"] == "done"
    rig.applied()
    assert _dumped(rig) == whole


def test_a_grafana_that_goes_away_ends_the_run(rig: Rig, whole: dict[str, Any]) -> None:
    """The rest is not tried, each with the reason, and not waited for one by one."""
    rig.configure(attempts=1)
    rig.faults({"match": "^GET /api/dashboards/uid/wf-calls", "what": "lose", "times": 99})
    result = rig.run("apply")
    assert result.exit_code == 3
    assert 'failed: create dashboard "Calls" (wf-calls): cannot reach ' in result.output
    assert 'not tried: create rule group "Folder wf/Inner: more"' in result.output
    assert "Grafana is out of reach" in result.output
    rig.faults()
    rig.applied()
    assert _dumped(rig) == whole


def test_what_is_accepted_and_not_done_is_found_out(rig: Rig) -> None:
    """Every change is read back."""
    rig.applied()
    changed = files.copied(rig.content)
    changed["grafana/provisioning/alerting/a.yaml"]["groups"][0]["interval"] = "2m"
    changed["grafana/dashboards/calls.json"]["title"] = "Calls now"
    rig.write(changed)
    rig.faults(
        {"match": "rule-groups/watch", "what": "pretend"}, {"match": "^PUT|^POST /api/dashboards/db", "what": "pretend"}
    )
    result = rig.run("apply")
    assert result.exit_code == 3
    assert 'Grafana accepted it and gives back something else: dashboard.title: "Calls now" → "Calls"' in result.output


def test_a_change_of_somebody_else_in_the_same_moment_is_not_overwritten(rig: Rig) -> None:
    """What changed between plan and apply is refused by Grafana, and that is told."""
    rig.applied()
    changed = files.copied(rig.content)
    changed["grafana/dashboards/calls.json"]["title"] = "Ours"
    changed["grafana/library/shared.json"]["name"] = "Ours"
    changed["grafana/provisioning/alerting/a.yaml"]["muteTimes"][0]["time_intervals"][0]["times"][0]["start_time"] = (
        "20:00"
    )
    rig.write(changed)
    made = _work(rig)
    plan = made.plan(plans.Wishes())
    board = rig.get("/api/dashboards/uid/wf-calls")
    rig.save({**board["dashboard"], "title": "Theirs"}, board["meta"]["folderUid"])
    element = rig.get("/api/library-elements/wf-lib")["result"]
    rig.ask(
        "PATCH",
        "/api/library-elements/wf-lib",
        {**{key: element[key] for key in ("kind", "model", "folderUid", "version")}, "name": "Theirs"},
    )
    timing = rig.get("/api/v1/provisioning/mute-timings")[0]
    timing["time_intervals"] = []
    rig.ask("PUT", "/api/v1/provisioning/mute-timings/nights%20wf", timing)
    results = run.apply(made.api, plan, made.owner, made.known)
    assert [(one.step.kind, one.outcome.value) for one in results] == [
        ("library panel", "failed"), ("dashboard", "failed"), ("mute timing", "failed"),
    ]  # fmt: skip
    assert "somebody has changed this dashboard just now; look at the plan again" in results[1].reason
    assert rig.get("/api/dashboards/uid/wf-calls")["dashboard"]["title"] == "Theirs"
    assert rig.get("/api/v1/provisioning/mute-timings")[0]["time_intervals"] == []


def test_two_applies_at_the_same_time(rig: Rig) -> None:
    """The second one is refused before it has made anything."""
    made = _work(rig)
    plan = made.plan(plans.Wishes())
    rig.applied()
    with pytest.raises(ApplyError, match="another apply has changed the list of what is ours just now"):
        run.apply(made.api, plan, made.owner, made.known)


def _work(rig: Rig) -> work.Work:
    """The two sides as the commands have them."""
    from exporter.settings import load
    from generator.apply import desired, fingerprint

    settings = load(rig.config, {})
    place = target(settings, rig.environment)
    known = fingerprint.load(Path(settings.stack.directory) / "apply", place, rig.name)
    return work.Work(Api(place), desired.read(rig.out, rig.environment, rig.name), rig.name, known, editable=False)


LOCKED = {
    "a dashboard": ({"dashboards": ["wf-calls"]}, 'dashboard "Calls" (wf-calls): it was made by a provisioning file'),
    "a data source": ({"sources": ["wf-prom"]}, 'data source "Prom wf" (wf-prom): it was made by a provisioning file'),
    "a rule": ({"rules": ["wf-b"]}, 'rule group "Folder wf: watch/ers" ('),
    "a template": ({"templates": ["text wf"]}, 'template "text wf": it was made by a provisioning file'),
    "a mute timing": ({"timings": ["nights wf"]}, 'mute timing "nights wf": it was made by a provisioning file'),
    "a contact point": (
        {"contacts": ["wf-mail"]},
        'contact point "people wf (email)" (wf-mail): it was made by a provisioning file',
    ),
}


@pytest.mark.parametrize(("marks", "words"), LOCKED.values(), ids=LOCKED.keys())
def test_what_files_have_made_cannot_be_changed_and_that_is_told_first(
    marks: dict[str, list[str]], words: str, rig: Rig
) -> None:
    """Grafana would refuse the change; so the plan is blocked and nothing is sent."""
    rig.applied()
    rig.ask("POST", "/-/provenance", marks)
    assert rig.steps() == []
    changed = files.copied(rig.content)
    changed["grafana/dashboards/calls.json"]["refresh"] = "1m"
    changed["grafana/provisioning/datasources/a.yaml"]["datasources"][0]["url"] = "http://127.0.0.1:9091"
    alerting = changed["grafana/provisioning/alerting/a.yaml"]
    alerting["groups"][0]["interval"] = "2m"
    alerting["templates"][0]["template"] += " "
    alerting["templates"][0]["template"] = alerting["templates"][0]["template"].replace("$5", "$6")
    alerting["muteTimes"][0]["time_intervals"][0]["weekdays"] = ["friday"]
    alerting["contactPoints"][0]["receivers"][1]["settings"]["addresses"] = "b@example.org"
    rig.write(changed)
    rig.writes()
    result = rig.run("apply")
    assert result.exit_code == 3
    assert words in result.output
    assert "Nothing was sent: 1 blocked." in result.stderr
    assert rig.writes() == []


def test_objects_that_people_may_edit_stay_editable(rig: Rig) -> None:
    """With grafana.editable they are made without provenance, and each change keeps the one that is there."""
    rig.configure(editable=True)
    rig.applied()
    assert {rule["provenance"] for rule in rig.get("/api/v1/provisioning/alert-rules")} == {""}
    changed = files.copied(rig.content)
    changed["grafana/provisioning/alerting/a.yaml"]["groups"][0]["interval"] = "2m"
    rig.write(changed)
    rig.configure(editable=False)
    rig.applied()
    assert {rule["provenance"] for rule in rig.get("/api/v1/provisioning/alert-rules")} == {""}
    rig.write({})
    rig.run("apply", "--prune")
    rig.write(files.everything(rig.name))
    rig.applied()
    assert {rule["provenance"] for rule in rig.get("/api/v1/provisioning/alert-rules")} == {"api"}


def test_a_rule_of_others_is_not_drawn_into_our_group(rig: Rig) -> None:
    """Grafana would move it; the plan refuses."""
    rig.ask("POST", "/api/folders", {"uid": "theirs", "title": "Theirs"})
    group = {"interval": 60, "rules": [{"uid": "wf-a", "title": "T", "condition": "C", "data": [
        {"refId": "C", "datasourceUid": "__expr__", "model": {"type": "math", "expression": "1"}}]}]}  # fmt: skip
    rig.ask("PUT", "/api/v1/provisioning/folder/theirs/rule-groups/g", group)
    result = rig.run("apply", "--adopt")
    assert result.exit_code == 3
    assert "the rule wf-a is in the group theirs/g of others; remove it there or give ours another uid" in result.output


def test_the_default_data_source_of_others_stays_it(rig: Rig) -> None:
    """Ours is applied without being the default, and that is told."""
    rig.ask("POST", "/api/datasources", {"uid": "theirs", "name": "Theirs", "type": "prometheus", "isDefault": True})
    rig.content["grafana/provisioning/datasources/a.yaml"]["datasources"][0]["isDefault"] = True
    rig.write()
    result = rig.applied()
    assert (
        "note: the data source Prom wf is not made the default, since Theirs, which is not ours, is it" in result.stderr
    )
    assert rig.get("/api/datasources/uid/theirs")["isDefault"] is True
    assert rig.steps() == []
    rig.ask("DELETE", "/api/datasources/uid/theirs")
    assert [step["changes"][0]["path"] for step in rig.steps()] == ["isDefault"]


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
    assert rig.ask("GET", "/-/dump")["proxied"] > WRITES


def test_a_private_authority(rig: Rig, tmp_path: Path) -> None:
    """A certificate that nobody knows is refused with the remedy, and accepted with it."""
    import sys

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
    server = [sys.executable, "-m", "tests.grafana_api.server", "--cert", str(both)]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        rig.configure(url=process.stdout.readline().strip())
        result = rig.run("plan")
        assert result.exit_code == 3
        assert "cannot trust https://127.0.0.1:" in result.stderr
        assert "name the authority of its certificate by grafana.ca_file" in result.stderr
        rig.configure(url=rig.config.read_text().partition("url: ")[2].partition("\n")[0], ca_file=str(cert))
        assert rig.run("plan").exit_code == 1
        process.kill()


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
