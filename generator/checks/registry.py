"""All rules, in the order in which the documentation has them."""

from __future__ import annotations

from typing import Final

from generator.checks import (
    alerts,
    forms,
    identity,
    names,
    panels,
    references,
    secrets,
    sql,
    targets,
    templates,
    thresholds,
)
from generator.checks.model import Rule

GROUPS: Final = {
    "Files": forms.RULES,
    "Secrets and persons": secrets.RULES,
    "Dashboards": templates.RULES,
    "Panels": panels.RULES,
    "Identity": identity.RULES,
    "References": references.RULES,
    "Queries": targets.RULES,
    "Names and meaning": names.RULES,
    "SQL": sql.RULES,
    "Alerts": alerts.RULES,
    "Limits": thresholds.RULES,
}
RULES: Final[tuple[Rule, ...]] = tuple(rule for rules in GROUPS.values() for rule in rules)
BY_ID: Final = {rule.id: rule for rule in RULES}
