"""Generated files of every kind, small, with names of their own so that they fit beside others in a real Grafana."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from generator import files

SECRET = "s3cr3t-7f1c"


def board(name: str, title: str, *panels: dict[str, Any]) -> dict[str, Any]:
    """A dashboard as the generator writes it."""
    return {
        "uid": name, "title": title, "tags": ["watchfloor"], "schemaVersion": 42, "version": 1, "editable": False,
        "panels": list(panels), "time": {"from": "now-1h", "to": "now"}, "refresh": "30s", "timezone": "utc",
        "templating": {"list": [
            {"name": "tenant", "type": "query", "query": "label_values(up, tenant)", "refresh": 2, "multi": True, "includeAll": True,
             "datasource": {"type": "prometheus", "uid": "watchfloor-prometheus"}},
        ]},
        "annotations": {"list": [{"builtIn": 1, "name": "Annotations & Alerts", "enable": True, "hide": True, "iconColor": "red",
                                  "type": "dashboard", "datasource": {"type": "grafana", "uid": "-- Grafana --"}}]},
    }  # fmt: skip


def panel(number: int, title: str, expression: str) -> dict[str, Any]:
    """A time series."""
    source = {"type": "prometheus", "uid": "watchfloor-prometheus"}
    return {
        "id": number, "type": "timeseries", "title": title, "description": "What it shows.", "datasource": source,
        "gridPos": {"x": 0, "y": 8 * number, "w": 12, "h": 8}, "targets": [{"refId": "A", "expr": expression, "legendFormat": "__auto"}],
        "fieldConfig": {"defaults": {"unit": "short", "custom": {"lineWidth": 2}}, "overrides": []},
        "options": {"legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    }  # fmt: skip


def rule(uid: str, title: str) -> dict[str, Any]:
    """A rule as Grafana's alerting files have it."""
    query = {
        "refId": "A", "datasourceUid": "watchfloor-prometheus", "relativeTimeRange": {"from": 600, "to": 0},
        "model": {"expr": "up == 0", "instant": True, "refId": "A"},
    }  # fmt: skip
    threshold = {
        "type": "threshold",
        "expression": "A",
        "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
        "refId": "C",
    }
    return {
        "uid": uid, "title": title, "condition": "C", "for": "90s", "noDataState": "OK", "execErrState": "OK",
        "labels": {"severity": "critical", "price": "5$$"}, "annotations": {"summary": "Costs $5 {{ $value }}"},
        "data": [query, {"refId": "C", "datasourceUid": "__expr__", "model": threshold}],
    }  # fmt: skip


def everything(name: str) -> dict[str, Any]:
    """The content of each file by its path; texts as they are, all else as YAML or JSON."""
    folder = f"Folder {name}"
    return {
        "grafana/provisioning/datasources/a.yaml": {"apiVersion": 1, "datasources": [
            {"name": f"Prom {name}", "type": "prometheus", "uid": f"{name}-prom", "access": "proxy", "orgId": 1, "isDefault": False,
             "url": "http://127.0.0.1:9090", "editable": False, "jsonData": {"httpMethod": "POST", "manageAlerts": True}},
            {"name": f"Sql {name}", "type": "grafana-postgresql-datasource", "uid": f"{name}-sql", "access": "proxy", "orgId": 1,
             "url": "$WF_ADDRESS", "user": "reader", "jsonData": {"database": "app", "sslmode": "disable"},
             "secureJsonData": {"password": "$WF_PASSWORD"}},
        ]},
        "grafana/provisioning/dashboards/a.yaml": {"apiVersion": 1, "providers": [
            {"name": "a", "type": "file", "orgId": 1, "folder": folder, "options": {"path": "$WATCHFLOOR_DASHBOARDS"}},
        ]},
        "grafana/dashboards/calls.json": board(f"{name}-calls", "Calls", panel(1, "Active", "active_calls"), panel(2, "Queued", "queued_calls")),
        "grafana/dashboards/cost.json": board(f"{name}-cost", "Cost", panel(1, "Spent", "cost_usd_total"),
            {"id": 2, "gridPos": {"x": 0, "y": 9, "w": 12, "h": 8}, "libraryPanel": {"uid": f"{name}-lib", "name": "Shared"}}),
        "grafana/library/shared.json": {"uid": f"{name}-lib", "name": f"Shared {name}", "folder": folder,
                                        "model": {**panel(1, "Shared", "up"), "title": "Shared"}},
        "grafana/provisioning/alerting/a.yaml": alerting(name, folder),
    }  # fmt: skip


def alerting(name: str, folder: str) -> dict[str, Any]:
    """Contact points, a template, a mute timing, policies and two groups of rules, one in a nested folder."""
    return {
        "apiVersion": 1,
        "contactPoints": [{"orgId": 1, "name": f"people {name}", "receivers": [
            {"uid": f"{name}-slack", "type": "slack", "settings": {"url": "$WF_SLACK", "title": "{{ .Title }}"}},
            {"uid": f"{name}-mail", "type": "email", "settings": {"addresses": "a@example.org", "singleEmail": True}},
        ]}],
        "templates": [{"orgId": 1, "name": f"text {name}", "template": f'{{{{ define "text {name}" }}}}$5 {{{{ .Status }}}}{{{{ end }}}}\n'}],
        "muteTimes": [{"orgId": 1, "name": f"nights {name}", "time_intervals": [
            {"times": [{"start_time": "22:00", "end_time": "24:00"}], "weekdays": ["Monday:Friday", "sunday:sunday"],
             "months": ["January:March"], "location": "UTC"}]}],
        "policies": [{"orgId": 1, "receiver": f"people {name}", "group_by": ["grafana_folder", "alertname"], "group_wait": "30s",
            "group_interval": "5m", "repeat_interval": "240m", "routes": [
                {"receiver": f"people {name}", "matchers": ["severity = critical", 'tenant=~"a|b"'], "group_wait": "5s"},
                {"receiver": f"people {name}", "object_matchers": [["severity", "=", "info"]], "mute_time_intervals": [f"nights {name}"]},
            ]}],
        "groups": [
            {"orgId": 1, "name": "watch/ers", "folder": folder, "interval": "1m", "rules": [rule(f"{name}-a", "A"), rule(f"{name}-b", "B")]},
            {"orgId": 1, "name": "more", "folder": f"{folder}/Inner", "interval": "30s", "rules": [rule(f"{name}-c", "C")]},
        ],
    }  # fmt: skip


def write(out: Path, content: dict[str, Any]) -> Path:
    """The files in a directory, with the manifest that the generator writes."""
    made = {
        path: (yaml.safe_dump(one, sort_keys=False) if path.endswith("yaml") else json.dumps(one)).encode()
        for path, one in content.items()
    }
    files.write(out, made)
    return out


def copied(content: dict[str, Any]) -> dict[str, Any]:
    """A copy to change."""
    return copy.deepcopy(content)
