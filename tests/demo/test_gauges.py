"""The demo's live state over HTTP."""

from __future__ import annotations

import json
import urllib.request

import pytest

from exporter.demo.database import DemoError
from exporter.demo.gauges import Gauges, served, with_states
from exporter.settings import DEMO_STATES, Settings
from exporter.sources.states import States


def test_state_metrics_of_a_demo_stack_come_from_the_live_workload() -> None:
    """Sources that the variable adds read what the workload serves."""
    gauges = Gauges()
    with served(gauges, 0) as port:
        gauges.set(websocket_connections=7, outbound_calls=3, agent_tasks=0)
        settings = with_states(Settings(), {DEMO_STATES: f"http://127.0.0.1:{port}/"})
        readings = States(settings.states).read()

    found = {(reading.metric, reading.labels): reading.value for reading in readings}
    assert found == {
        ("websocket_connections", ()): 7,
        ("queue_depth", (("queue", "outbound_calls"),)): 3,
        ("queue_depth", (("queue", "agent_tasks"),)): 0,
    }


def test_numbers_are_unknown_until_the_workload_runs() -> None:
    """Nothing is served as 0 before it was counted."""
    with served(Gauges(), 0) as port, urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        assert json.load(answer) == {}


def test_sources_of_the_user_are_left_alone() -> None:
    """A user's own sources win over the demo's."""
    own = Settings.model_validate({"states": [{"metric": "websocket_connections", "redis": {"key": "ws"}}]})

    assert with_states(own, {DEMO_STATES: "http://127.0.0.1:1/"}) is own
    assert with_states(Settings(), {}) == Settings()


def test_a_busy_port_is_told_with_its_setting() -> None:
    """The message names the port and what to change."""
    with (
        served(Gauges(), 0) as port,
        pytest.raises(DemoError, match=rf"port {port} is not free.*demo.state_port"),
        served(Gauges(), port),
    ):
        pass
