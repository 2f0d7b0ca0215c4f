"""`watchfloor prices import`: a published price list as a price file."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(name="prices", short_help="Price files: what models and services cost, and since when.")
def command() -> None:
    """Work with price files, which `prices.file` in the settings names.

    \b
    Example:
      watchfloor prices import model_prices.json --valid-from 2026-01-01 --output prices.yml
    """


@command.command(name="import", short_help="Turn LiteLLM's price list into a price file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--valid-from", required=True, metavar="DATE", help="First day on which these prices held, such as 2026-01-31."
)
@click.option(
    "--models", default="", metavar="NAMES", help="Only these models, with commas between; * stands for anything."
)
@click.option("--zero", is_flag=True, help="Take models whose every price is 0 as free, instead of leaving them out.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to standard output."
)
def import_(file: Path, valid_from: str, models: str, zero: bool, output: Path | None) -> None:
    """Turn LiteLLM's list (model_prices_and_context_window.json) into a price file, and say what could not be taken over.

    The list has no dates, so you say since when its prices hold. To keep history, append later prices to the file and end
    the older ones with valid_to.

    \b
    Examples:
      watchfloor prices import model_prices.json --valid-from 2026-01-01 --models 'gpt-4o*,azure/*' --output prices.yml
    """
    import json

    import yaml

    from exporter.pricefile import parse
    from generator.litellm_prices import convert

    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be read as JSON: {error}") from None
    if not isinstance(listed, dict) or not all(isinstance(said, dict) for said in listed.values()):
        raise click.ClickException(f"{file} is no price list of LiteLLM: it must map models to their prices")
    wanted = [name.strip() for name in models.split(",") if name.strip()]
    found = convert(listed, valid_from, wanted, zero=zero)
    text = yaml.safe_dump({"version": 1, "prices": found.entries}, sort_keys=False, width=200)
    parse(text, "imported")
    for line in found.lines:
        click.echo(line, err=True)
    if wanted and not found.entries:
        raise click.ClickException(f"no model of the list matches {', '.join(wanted)} and has a price")
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"written to {output}; set prices.file to it", err=True)
