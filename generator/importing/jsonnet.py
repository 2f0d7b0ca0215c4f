"""The one place that knows the Jsonnet binding. Imports are read from the project alone: its files, `vendor` and `lib`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

LIBRARIES: Final = ("vendor", "lib")
STACK: Final = 500
BYTES: Final = 16 * 1024 * 1024


def evaluate(text: str, root: Path, folder: str) -> str:
    """The value of a Jsonnet text as JSON. It stands in `folder`, relative to the root of its project."""
    import rjsonnet

    confined = root.resolve(strict=True)

    def read(base: str, name: str) -> tuple[str, str]:
        """The file that an import means, and its content."""
        for start in (Path(base), *(confined / library for library in LIBRARIES), confined):
            place = (start / name).resolve()
            if not place.is_relative_to(confined):
                continue
            if place.is_file():
                if place.stat().st_size > BYTES:
                    raise RuntimeError(f"{name} is longer than {BYTES // 2**20} MiB")
                return str(place), place.read_text(encoding="utf-8")
        raise RuntimeError(f"{name!r} is not in the project ({', '.join(LIBRARIES)} or beside the file)")

    answer: str = rjsonnet.evaluate_snippet(
        str(confined / folder / "<import>"), text, max_stack=STACK, import_callback=read
    )
    return answer
