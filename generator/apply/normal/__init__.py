"""One form for both sides: what the generator writes and what Grafana gives back compare as equal when they mean the same."""
