"""Mappings that ship with Watchfloor."""
