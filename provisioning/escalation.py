"""Names on which escalation rests: shared by the rules, the routes and the acknowledgements."""

from __future__ import annotations

from typing import Final

SINCE: Final = "since"
"""Label of an alert that nobody acknowledged: when it began, in seconds. It tells one incident from the next."""

LEVEL: Final = "escalation"
"""Its label with the number of the level, from 1. The first alert has none."""

BEGAN: Final = "alert:critical:since"
"""The recorded time at which each critical alert began, kept over restarts of Prometheus."""

NOT_ITS_OWN: Final = ("alertstate", "__name__")
"""Labels of an alert's series that are not the alert's."""
