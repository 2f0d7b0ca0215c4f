"""Names on which escalation rests: shared by the rules, the routes and the acknowledgements."""

from __future__ import annotations

from typing import Final

UNACKNOWLEDGED: Final = "Unacknowledged"
"""The alert that says that nobody has acknowledged another."""

INCIDENT: Final = "incident"
"""Its label with the name of the alert that nobody acknowledged."""

SINCE: Final = "since"
"""Its label with the time at which that alert began, in seconds; it tells one incident from the next."""

LEVEL: Final = "escalation"
"""Its label with the number of the level, from 1."""

BEGAN: Final = "alert:critical:since"
"""The recorded time at which each critical alert began, kept over restarts of Prometheus."""

FOREIGN: Final = ("alertname", "alertstate", "__name__")
"""Labels of series that are not the alert's own."""
