"""Turns database rows and live state into Prometheus metrics."""
