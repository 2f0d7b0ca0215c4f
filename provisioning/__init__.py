"""Files and processes of the stack: Prometheus, Alertmanager, Grafana, PostgreSQL, the exporter."""
