"""Checks of files that Prometheus and Alertmanager read, without their programs: what is wrong, and in which line."""

from __future__ import annotations

from provisioning.validate import alertmanager_model, rules_model
from provisioning.validate.node import Mistake

__all__ = ["Mistake", "alertmanager", "rules"]


def alertmanager(text: str) -> tuple[Mistake, ...]:
    """Mistakes in a configuration of Alertmanager 0.25; empty when it is accepted."""
    return alertmanager_model.mistakes(text)


def rules(text: str) -> tuple[Mistake, ...]:
    """Mistakes in a file of rules for Prometheus 2.42; empty when it is accepted."""
    return rules_model.mistakes(text)
