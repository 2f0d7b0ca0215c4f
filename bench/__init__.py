"""Benchmarks: what a scrape costs, beside the peers."""
