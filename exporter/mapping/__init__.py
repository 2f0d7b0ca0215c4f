"""Mappings: where the entities are found in a user's own tables."""

from exporter.mapping.model import ColumnSource, EntityMapping, Mapping, MappingError, load, presets

__all__ = ["ColumnSource", "EntityMapping", "Mapping", "MappingError", "load", "presets"]
