"""Mappings: where the entities are found in a user's own tables."""

from exporter.errors import MappingError
from exporter.mapping.model import ColumnSource, EntityMapping, Mapping, load, presets

__all__ = ["ColumnSource", "EntityMapping", "Mapping", "MappingError", "load", "presets"]
