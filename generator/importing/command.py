"""What `watchfloor import` does: read, report, keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from exporter.settings import Settings
from generator.importing.record import ImportsError, Record
from generator.importing.run import Importer, run
from generator.importing.store import Store
from provisioning.grafana import FOLDER


def bring(
    settings: Settings, places: Sequence[str], folder: str | None, stdin: BinaryIO, *, write: bool
) -> list[Record]:
    """A record for each file; with `write`, what was made of them is kept in the project."""
    import dashboards
    from dashboards.frame import uid

    chosen = folder or settings.imports.folder
    if chosen.casefold() == FOLDER.casefold():
        raise ImportsError(f"folder {chosen!r} holds our own dashboards; choose another name with --folder")
    store = Store(settings.imports.directory, frozenset(uid(name) for name in dashboards.MODULES))
    records = []
    for record in run(places, Importer(chosen, settings.imports.datasources), stdin):
        for made in record.made:
            if made.folder.casefold() == FOLDER.casefold():
                made.changes.append(f"folder {made.folder!r} holds our own dashboards; it is in {chosen!r}")
                made.folder = chosen
        store.add(record)
        records.append(record)
    if write and any(record.made for record in records):
        store.write()
    return records
