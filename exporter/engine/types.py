"""Types of databases, as far as the engine treats them differently."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Type(StrEnum):
    """Families of database types that are treated alike."""

    ZONED = "timestamp with time zone"
    NAIVE = "timestamp without time zone"
    WHOLE = "integer"
    BINARY = "floating point"
    EXACT = "numeric"
    FLAG = "boolean"
    SPAN = "interval"
    TEXT = "text"
    OTHER = "other"


# Object identifiers of PostgreSQL's built-in types (catalog pg_type), and names of Python's types for SQLite, where they
# are of the first row alone. Type char(n) is not among them: a cast to text takes the blanks at its end away.
TYPES: Final = {
    "1184": Type.ZONED, "1114": Type.NAIVE, "1082": Type.NAIVE, "20": Type.WHOLE, "21": Type.WHOLE, "23": Type.WHOLE,
    "700": Type.BINARY, "701": Type.BINARY, "1700": Type.EXACT, "16": Type.FLAG, "1186": Type.SPAN, "25": Type.TEXT,
    "1043": Type.TEXT, "int": Type.WHOLE, "float": Type.BINARY, "str": Type.TEXT,
}  # fmt: skip
