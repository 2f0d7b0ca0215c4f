"""The demo workload: a year of invented history and a live process, in a database of its own, written by seed.

`load` writes the history, `live` keeps it moving, `create_database` makes the database that both may write to.
"""

from exporter.demo.database import DemoError, create_database
from exporter.demo.loading import DETAIL, Loaded, load
from exporter.demo.stream import live

__all__ = ["DETAIL", "DemoError", "Loaded", "create_database", "live", "load"]
