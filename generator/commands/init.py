"""watchfloor init: a commented settings file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

import click

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

HEAD = """\
## Settings of Watchfloor. Every setting is here with its default or, where it has none, an example.
## To change one, take away the '# ' at the start of its line and write your value.
## Durations are a number and ms, s, m, h or d. `watchfloor config` shows what is in force.
"""
STATES = """\

## Where state metrics come from: Redis (REDIS_URL or url_file) or an HTTP probe.
# states: [{metric: queue_depth, labels: {queue: jobs}, redis: {key: jobs, command: llen}, timeout: 2s}]
"""


@click.command("init", short_help="Write a commented settings file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="watchfloor.yml")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(file: Path, *, force: bool) -> None:
    """Write FILE (watchfloor.yml) with every setting, its meaning and its default, all commented out.

    \b
    Examples:
      watchfloor init
      watchfloor init staging.yml --force
    """
    try:
        write(file, content(), force=force)
    except FileExistsError:
        raise click.ClickException(f"{file} exists; give another name, or --force to write over it") from None
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from None
    click.echo(f"wrote {file}; see what is in force with: watchfloor --config {file} config", err=True)


def content() -> str:
    """The text of the file."""
    from exporter.mistakes import inner_model
    from exporter.settings import Settings

    parts = [HEAD]
    sections = []
    for name, field in Settings.model_fields.items():
        model = inner_model(field.annotation)
        if name == "states":
            sections.append(STATES)
        elif model is not None and get_origin(field.annotation) is tuple:
            sections.append("\n" + _lines(name, field, ""))
        elif model is None:
            parts.append(_lines(name, field, ""))
        else:
            body = "".join(_lines(key, inner, "  ") for key, inner in model.model_fields.items())
            sections.append(f"\n## {(model.__doc__ or '').splitlines()[0]}\n{name}:\n{body}")
    return "".join((*parts, *sections))


def write(file: Path, text: str, *, force: bool) -> None:
    """Write the whole file or nothing; FileExistsError when it is there and may not be replaced."""
    import os
    import tempfile

    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        if force:
            Path(name).replace(file)
        else:
            os.link(name, file)  # Unlike a rename, this fails when the file is there.
    finally:
        Path(name).unlink(missing_ok=True)


def _lines(name: str, field: FieldInfo, indent: str) -> str:
    return f"{indent}## {_meaning(field)}\n{indent}# {name}: {_value(field)}\n"


def _meaning(field: FieldInfo) -> str:
    from generator.settings_table import written

    default = field.get_default(call_default_factory=True)
    none = not written(field, default) or default in ((), {}, "")
    return f"{field.description or ''}{' Not set by default; an example:' if none else ''}"


def _value(field: FieldInfo) -> str:
    from exporter.mistakes import inner_model
    from generator.settings_table import flow, written

    default = field.get_default(call_default_factory=True)
    if default not in (None, (), {}, ""):
        return written(field, default)
    model = inner_model(field.annotation)
    if model is None or field.examples:
        return flow((field.examples or [None])[0])
    return flow([_example(model)] if get_origin(field.annotation) is tuple else _example(model))


def _example(model: type[BaseModel]) -> dict[str, Any]:
    return {name: (field.examples or [None])[0] for name, field in model.model_fields.items() if field.is_required()}
