"""The settings of dashboards that show one tenant each."""

from __future__ import annotations

from pydantic import Field, field_validator

from exporter.sections import Model


class TenantFolders(Model):
    """A folder of dashboards for each tenant, beside those over all tenants."""

    tenants: tuple[str, ...] = Field(
        (), description="Tenants that get a folder of their own, as the label has them.", examples=[["acme", "globex"]]
    )
    dashboards: tuple[str, ...] = Field(
        ("client", "calls", "conversations"), description="Dashboards in the folder of each tenant."
    )

    @field_validator("tenants")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not one or one != one.strip() or " : " in one or "\\," in one:
                raise ValueError(
                    f"{one[:80]!r} cannot be the value of a variable in Grafana; leave this tenant out, or use names without "
                    "blanks at the ends, ' : ' and '\\,'"
                )
        if twice := sorted({one for one in value if value.count(one) > 1} if len(set(value)) < len(value) else ()):
            raise ValueError(f"{', '.join(twice)[:200]} is given twice; take one out")
        return value
