"""Dashboards by domain, written with grafanalib and compiled to what Grafana reads today."""
