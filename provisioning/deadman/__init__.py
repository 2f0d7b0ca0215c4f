"""The dead man's switch: a small process that knows nothing of alerts but that heartbeats must come."""
