"""Escalation and acknowledgement on real processes, in real time: levels after seconds instead of minutes."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from generator.cli import cli
from provisioning.silence import ask
from tests.escalation.conftest import PATIENCE, Chain, Switch, chain
from tests.processes import answers, free_port, running, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.promtool]
FIRST, SECOND = 3.0, 5.0


@pytest.fixture(scope="module")
def running_chain(tmp_path_factory: pytest.TempPathFactory, switch: Switch) -> Iterator[Chain]:
    """Both processes, with two levels."""
    folder = tmp_path_factory.mktemp("escalation")
    levels = [{"after": f"{after:g}s", "notify": [f"level{number}"]} for number, after in enumerate((FIRST, SECOND), 1)]
    password = folder / "password"
    password.write_text("correct horse\n")
    acknowledgement = {
        "same_incident": "2m",
        "port": free_port(),
        "password_file": str(password),
        "url": "http://ack.example.org",
    }
    settings = {"alerting": {"escalation": levels}, "acknowledgement": acknowledgement}
    with contextlib.ExitStack() as stack:
        made = chain(folder, switch, settings)
        made.stack = stack
        made.start("alertmanager")
        made.start("prometheus")
        yield made


def _ack(chain: Chain, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(chain.config), "ack", *arguments])


def _firing(chain: Chain) -> dict[str, dict[str, Any]]:
    """What fires by tenant, as `watchfloor ack --json` has it."""
    found = json.loads(_ack(chain, "--json").stdout)
    return {one["labels"]["tenant"]: one for one in found}


def _begin(chain: Chain, switch: Switch, stem: str, *arguments: str) -> str:
    """The name of a tenant whose alert was acknowledged before the first level had its turn; on a busy machine, not the first."""
    for number in range(10):
        tenant = f"{stem}{number}"
        switch.trouble[tenant] = 1
        wait_until(lambda: tenant in _firing(chain), PATIENCE, f"{tenant} fires")  # noqa: B023
        done = _ack(chain, "CallQueueBacklog", f"tenant={tenant}", *arguments)
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith("CallQueueBacklog (domain=calls, instance=127.0.0.1:")
        assert f"tenant={tenant}): acknowledged by {arguments[1]} until 20" in done.stdout
        if not _query(chain, f'ALERTS{{tenant="{tenant}",escalation!=""}}'):
            return tenant
    pytest.fail("this machine is too busy to acknowledge anything within seconds")


def _query(chain: Chain, expression: str) -> list[Any]:
    answer = ask(f"{chain.prometheus}/api/v1/query", "Prometheus", params={"query": expression})
    found: list[Any] = answer["data"]["result"]
    return found


def _told(switch: Switch, receiver: str, tenant: str, status: str = "firing") -> None:
    wait_until(lambda: bool(switch.told(receiver, tenant, status)), PATIENCE, f"{receiver} heard of {tenant} {status}")


@pytest.mark.usefixtures("running_chain")
def test_an_alert_that_nobody_acknowledges_goes_up_level_by_level(switch: Switch) -> None:
    """Each level hears of it, none before its time, and all hear that it has ended."""
    switch.trouble["slow"] = 1
    _told(switch, "level2", "slow")
    began = float(switch.told("level1", "slow")[0]["labels"]["since"])
    for receiver, after in (("level1", FIRST), ("level2", SECOND)):
        alert = switch.told(receiver, "slow")[0]
        assert alert["received"] - began >= after
        assert alert["labels"]["alertname"] == "CallQueueBacklog"
        assert alert["annotations"]["runbook_url"] == "alerts/runbooks/calls.md#callqueuebacklog"
        assert "Calls pile up in the queue (tenant slow" in alert["annotations"]["description"]
        assert " since 20" in alert["annotations"]["description"]
        assert f"acknowledged it within {after:g}s" in alert["annotations"]["description"]
    assert [one["labels"].get("since") for one in switch.told("first", "slow")] == [None]
    switch.trouble["slow"] = 0
    for receiver in ("first", "level1", "level2"):
        _told(switch, receiver, "slow", "resolved")


def test_an_acknowledgement_holds_the_levels_back_until_it_ends(running_chain: Chain, switch: Switch) -> None:
    """Only this incident is held back; people go on to hear of it; when the acknowledgement ends, the levels do too."""
    switch.trouble["other"] = 1
    seen = _begin(running_chain, switch, "seen", "--by", "anna", "--comment", "on it", "--for", "7s")
    end = _firing(running_chain)[seen]["acknowledged"]
    assert (end["by"], end["comment"], end["holds"]) == ("anna", "on it", True)
    assert _firing(running_chain)["other"]["acknowledged"] is None
    _told(switch, "level2", "other")
    _told(switch, "level1", seen)
    first = switch.told("level1", seen)[0]
    assert first["received"] >= datetime.fromisoformat(end["until"]).timestamp()
    assert switch.told("first", seen)
    assert _firing(running_chain)[seen]["acknowledged"] is None
    listed = json.loads(_ack(running_chain, "--list", "--json").stdout)
    mine = next(one for one in listed if one["labels"]["tenant"] == seen)
    assert (mine["alert"], mine["since"]) == ("CallQueueBacklog", _firing(running_chain)[seen]["since"])
    assert mine["acknowledged"] == {**end, "holds": False}
    assert re.search(rf"tenant={seen}.*anna.*on it.*ended", _ack(running_chain, "--list").stdout)
    switch.trouble |= {seen: 0, "other": 0}


def test_neither_restart_nor_kill_forgets_when_it_began_and_who_looks_at_it(
    running_chain: Chain, switch: Switch
) -> None:
    """Prometheus killed: the same beginning. Alertmanager killed: the same acknowledgement. The levels hear nothing."""
    switch.trouble["loud"] = 1
    kept = _begin(running_chain, switch, "kept", "--by", "ben")
    _told(switch, "level1", "loud")
    before = _firing(running_chain)
    # What Alertmanager has not written yet, at most ten seconds of it, is lost with a kill; the alert then goes up.
    written = running_chain.folder / "am" / "silences"
    wait_until(lambda: written.exists() and b"ben" in written.read_bytes(), PATIENCE, "the silence is on disk")
    running_chain.kill("prometheus")
    running_chain.kill("alertmanager")
    running_chain.start("alertmanager")
    running_chain.start("prometheus")
    wait_until(lambda: {kept, "loud"} <= _firing(running_chain).keys(), PATIENCE, "both fire again")
    after = _firing(running_chain)
    for tenant in (kept, "loud"):
        assert after[tenant]["since"] == before[tenant]["since"]
        assert after[tenant]["acknowledged"] == before[tenant]["acknowledged"]
    _told(switch, "level2", "loud")
    assert {one["labels"]["since"] for one in switch.told("level1", "loud")} == {
        switch.told("level2", "loud")[0]["labels"]["since"]
    }
    # Both levels of the other one had their turn; those of this one are there, and silenced.
    wait_until(lambda: len(_query(running_chain, f'ALERTS{{tenant="{kept}",escalation!=""}}')) == 2, PATIENCE, "levels")
    assert not switch.told("level1", kept)
    assert not switch.told("level2", kept)
    switch.trouble |= {kept: 0, "loud": 0}


@pytest.fixture(scope="module")
def desk(running_chain: Chain) -> Iterator[str]:
    """Address of the page of acknowledgements, served by `watchfloor ack --serve`."""
    url = f"http://127.0.0.1:{running_chain.settings.acknowledgement.port}"
    argv = [sys.executable, "-m", "generator", "--config", str(running_chain.config), "ack", "--serve"]
    with running("ack", argv, running_chain.folder) as process:
        wait_until(lambda: answers(f"{url}/health"), PATIENCE, "it served", process)
        yield url


def _acknowledged(chain: Chain, tenant: str) -> Any:
    return _firing(chain)[tenant]["acknowledged"]


def test_a_signed_link_acknowledges_by_its_button_alone(running_chain: Chain, switch: Switch, desk: str) -> None:
    """Opening it shows the alert, which scanners of mail do; the button with a name says that somebody looks at it."""
    switch.trouble["linked"] = 1
    wait_until(lambda: "linked" in _firing(running_chain), PATIENCE, "it fires")
    link = _ack(running_chain, "CallQueueBacklog", "tenant=linked", "--link").stdout.strip()
    assert link.startswith("http://ack.example.org/ack/")
    here = link.replace("http://ack.example.org", desk)
    seen = requests.get(here, timeout=10)
    assert (seen.status_code, requests.head(here, timeout=10).status_code) == (200, 200)
    assert "CallQueueBacklog" in seen.text
    assert "linked" in seen.text
    assert _acknowledged(running_chain, "linked") is None
    assert requests.post(here, data={"who": " "}, timeout=10).status_code == 400
    assert _acknowledged(running_chain, "linked") is None
    (target,) = re.findall(r'action="(/ack/[^"]+)"', seen.text)
    done = requests.post(desk + target, data={"who": "<b>dora</b>", "comment": "on it"}, timeout=10)
    assert (done.status_code, "&lt;b&gt;dora&lt;/b&gt; looks at CallQueueBacklog until 20" in done.text) == (200, True)
    assert _acknowledged(running_chain, "linked")["by"] == "<b>dora</b>"
    assert "&lt;b&gt;dora&lt;/b&gt; looks at it until" in requests.get(here, timeout=10).text
    for wrong in (here[:-3], here[:-1] + ("A" if here[-1] != "A" else "B"), f"{desk}/ack/x.y"):
        assert requests.post(wrong, data={"who": "eve"}, timeout=10).status_code == 403
    assert _acknowledged(running_chain, "linked")["by"] == "<b>dora</b>"
    switch.trouble["linked"] = 0
    wait_until(lambda: "linked" not in _firing(running_chain), PATIENCE, "it has ended")
    assert requests.post(here, data={"who": "late"}, timeout=10).status_code == 410


def test_the_page_of_all_alerts_needs_the_password(running_chain: Chain, switch: Switch, desk: str) -> None:
    """With it, the name that came with the password is in the form; the message has the address of this page."""
    switch.trouble |= {"paged": 1, "beside": 1}
    for tenant in ("paged", "beside"):
        _told(switch, "first", tenant)
    wait_until(lambda: {"paged", "beside"} <= _firing(running_chain).keys(), PATIENCE, "both fire")
    address = switch.told("first", "paged")[0]["annotations"]["ack_url"]
    assert address == "http://ack.example.org/ack?alertname=CallQueueBacklog&tenant=paged"
    here = address.replace("http://ack.example.org", desk)
    assert requests.get(here, timeout=10).status_code == 401
    assert requests.get(here, timeout=10, auth=("anna", "wrong")).status_code == 401
    seen = requests.get(here, timeout=10, auth=("anna", "correct horse"))
    assert (seen.status_code, "paged" in seen.text, "beside" in seen.text) == (200, True, False)
    assert 'required value="anna"' in seen.text
    (target,) = re.findall(r'action="(/ack/[^"]+)"', seen.text)
    assert requests.post(desk + target, data={"who": "anna"}, timeout=10).status_code == 200
    assert _acknowledged(running_chain, "paged")["by"] == "anna"
    assert _acknowledged(running_chain, "beside") is None
    assert requests.post(here, data={"who": "eve"}, timeout=10, auth=("anna", "correct horse")).status_code == 404
    done = _ack(running_chain, "CallQueueBacklog", "tenant=paged", "--undo")
    assert "no longer acknowledged" in done.stdout
    assert _acknowledged(running_chain, "paged") is None
    switch.trouble |= {"paged": 0, "beside": 0}
