"""SQLAlchemy, imported when a statement is built: a running exporter only sends statements that were built before."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Later:
    """Stands for a module until something of it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self._name), name)
        setattr(self, name, value)
        return value


sqlalchemy: Any = _Later("sqlalchemy")
