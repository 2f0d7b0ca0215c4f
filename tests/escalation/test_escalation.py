"""Escalation and acknowledgement on real processes, in real time: levels after two and five seconds instead of minutes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from generator.cli import cli
from provisioning.escalation import BEGAN
from provisioning.silence import ask
from tests.escalation.conftest import PATIENCE, Chain, Switch, chain
from tests.processes import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.promtool]
FIRST, SECOND, SAME = 3.0, 6.0, 5.0


@pytest.fixture(scope="module")
def running_chain(tmp_path_factory: pytest.TempPathFactory, switch: Switch) -> Iterator[Chain]:
    """Both processes, with two levels."""
    folder = tmp_path_factory.mktemp("escalation")
    levels = [{"after": f"{after:g}s", "notify": [f"level{number}"]} for number, after in enumerate((FIRST, SECOND), 1)]
    settings = {"alerting": {"escalation": levels}, "acknowledgement": {"same_incident": f"{SAME:g}s"}}
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
    switch.trouble |= {"seen": 1, "other": 1}
    wait_until(lambda: {"seen", "other"} <= _firing(running_chain).keys(), PATIENCE, "both fire")
    done = _ack(running_chain, "CallQueueBacklog", "tenant=seen", "--by", "anna", "--comment", "on it", "--for", "12s")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("CallQueueBacklog (domain=calls, instance=127.0.0.1:")
    assert "tenant=seen): acknowledged by anna until 20" in done.stdout
    end = _firing(running_chain)["seen"]["acknowledged"]
    assert (end["by"], end["comment"], end["holds"]) == ("anna", "on it", True)
    assert _firing(running_chain)["other"]["acknowledged"] is None
    _told(switch, "level2", "other")
    assert switch.told("first", "seen")
    assert not switch.told("level1", "seen")
    _told(switch, "level1", "seen")
    assert _firing(running_chain)["seen"]["acknowledged"] is None
    switch.trouble |= {"seen": 0, "other": 0}


def test_neither_restart_nor_kill_forgets_when_it_began_and_who_looks_at_it(
    running_chain: Chain, switch: Switch
) -> None:
    """Prometheus killed: the same beginning. Alertmanager killed: the same acknowledgement. The levels hear nothing."""
    switch.trouble |= {"kept": 1, "loud": 1}
    wait_until(lambda: {"kept", "loud"} <= _firing(running_chain).keys(), PATIENCE, "both fire")
    assert _ack(running_chain, "CallQueueBacklog", "tenant=kept", "--by", "ben").exit_code == 0
    before = _firing(running_chain)
    _told(switch, "level1", "loud")
    # What Alertmanager has not written yet, at most ten seconds of it, is lost with a kill; the alert then goes up.
    written = running_chain.folder / "am" / "silences"
    wait_until(lambda: written.exists() and b"ben" in written.read_bytes(), PATIENCE, "the silence is on disk")
    running_chain.kill("prometheus")
    running_chain.kill("alertmanager")
    heard = len(switch.told("level1", "loud"))
    running_chain.start("alertmanager")
    running_chain.start("prometheus")
    wait_until(lambda: {"kept", "loud"} <= _firing(running_chain).keys(), PATIENCE, "both fire again")
    after = _firing(running_chain)
    assert {name: after[name]["since"] for name in ("kept", "loud")} == {
        name: before[name]["since"] for name in ("kept", "loud")
    }
    assert after["kept"]["acknowledged"] == before["kept"]["acknowledged"]
    _told(switch, "level2", "loud")
    assert not switch.told("level1", "kept")
    assert not switch.told("level2", "kept")
    assert len({one["labels"]["since"] for one in switch.told("level1", "loud")[: heard + 1]}) == 1
    switch.trouble |= {"kept": 0, "loud": 0}


def test_an_acknowledgement_does_not_hold_for_the_next_incident(running_chain: Chain, switch: Switch) -> None:
    """What begins anew later than `same_incident` is escalated, although the old acknowledgement has not ended."""
    switch.trouble["again"] = 1
    wait_until(lambda: "again" in _firing(running_chain), PATIENCE, "it fires")
    assert _ack(running_chain, "CallQueueBacklog", "tenant=again", "--by", "cleo").exit_code == 0
    first = _firing(running_chain)["again"]
    switch.trouble["again"] = 0
    query = f'last_over_time({BEGAN}{{tenant="again"}}[{SAME:g}s])'

    def forgotten() -> bool:
        url = f"{running_chain.prometheus}/api/v1/query"
        return not ask(url, "Prometheus", params={"query": query})["data"]["result"]

    _told(switch, "first", "again", "resolved")
    wait_until(forgotten, PATIENCE, "the incident is over")
    switch.trouble["again"] = 1
    _told(switch, "level1", "again")
    second = _firing(running_chain)["again"]
    assert second["since"] > first["since"]
    assert (first["acknowledged"]["holds"], second["acknowledged"]) == (True, None)
    listed = json.loads(_ack(running_chain, "--list", "--json").stdout)
    mine = next(one for one in listed if one["labels"]["tenant"] == "again")
    assert (mine["alert"], mine["since"], mine["acknowledged"]["by"]) == ("CallQueueBacklog", first["since"], "cleo")
    switch.trouble["again"] = 0
