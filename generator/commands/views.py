"""`watchfloor views`: the SQL of the views that tables on dashboards read."""

from __future__ import annotations

import click


@click.command(name="views", short_help="Print the SQL of the views that tables on dashboards read.")
@click.option(
    "--role", default="watchfloor_viewer", show_default=True, help="Role that may read the views, and nothing else."
)
@click.option("--personal", is_flag=True, help="Show columns with personal data too.")
@click.pass_context
def command(ctx: click.Context, role: str, personal: bool) -> None:
    """Print SQL that makes a schema `watchfloor` with a view for each entity of the mapping, readable for one role.

    Watchfloor itself never writes to your database: the owner of its tables runs this. Names, addresses and what people
    wrote stay out unless --personal is given or database.personal_data is set. Run it again after a change of the mapping.

    \b
    Examples:
      psql "$OWNER_URL" -c "CREATE ROLE watchfloor_viewer LOGIN PASSWORD '...'"
      watchfloor views | psql "$OWNER_URL" -v ON_ERROR_STOP=1
    """
    from exporter import views
    from exporter.mapping import load as load_mapping
    from exporter.prices import load as load_prices
    from exporter.settings import load, required_url
    from exporter.sources.database import connect

    settings = load(ctx.obj["config"])
    database = connect(required_url(settings), settings.database.connect_timeout)
    try:
        found = views.sources(load_mapping(settings.database), database, load_prices(settings.prices.file))
    finally:
        database.close()
    for statement in views.script(found, personal=personal or settings.database.personal_data, role=role):
        click.echo(f"{statement};")
