"""The Angular world map as a geomap: its view, how places are told, sizes and colours of the circles."""

from __future__ import annotations

from typing import Any, Final

from dashboards.compiler.read import mapping, number, text

Json = dict[str, Any]
CENTERS: Final = {
    "(0°, 0°)": (0, 0), "North America": (40, -100), "Europe": (46, 14), "West Asia": (26, 53), "SE Asia": (10, 106),
}  # fmt: skip
"""Latitude and longitude of the views that could be chosen."""
GAZETTEERS: Final = {
    "countries": "public/gazetteer/countries.json",
    "countries_3letter": "public/gazetteer/countries.json",
    "states": "public/gazetteer/usa-states.json",
}
LAST: Final = {"avg": "mean", "current": "lastNotNull", "total": "sum", "min": "min", "max": "max"}


def modernise(panel: Json) -> None:
    """Rewrite a world map in place."""
    panel["type"] = "geomap"
    defaults = panel["fieldConfig"]["defaults"]
    colours = panel.get("colors") or []
    limits = [number(part) for part in text(panel.get("thresholds")).split(",") if part.strip()]
    if colours and None not in limits:
        pairs = zip(colours, [None, *limits], strict=False)
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"color": colour, "value": value} for colour, value in pairs],
        }
        defaults.setdefault("color", {"mode": "thresholds"})
    if number(panel.get("decimals")) is not None:
        defaults.setdefault("decimals", number(panel["decimals"]))
    latitude, longitude = CENTERS.get(
        text(panel.get("mapCenter")),
        (number(panel.get("mapCenterLatitude")) or 0, number(panel.get("mapCenterLongitude")) or 0),
    )
    smallest, largest = number(panel.get("circleMinSize")), number(panel.get("circleMaxSize"))
    size = {"fixed": 5, "min": 2 if smallest is None else smallest, "max": 30 if largest is None else largest}
    style = {
        "size": size,
        "color": {"fixed": "dark-green"},
        "opacity": 0.4,
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
    }
    panel["options"] = {
        "view": {"id": "coords", "lat": latitude, "lon": longitude, "zoom": number(panel.get("initialZoom")) or 1},
        "controls": {"showZoom": True, "mouseWheelZoom": bool(panel.get("mouseWheelZoom"))},
        "basemap": {"type": "default", "config": {}},
        "layers": [{
            "type": "markers", "name": text(panel.get("title")) or "Layer", "tooltip": True, "location": _location(panel),
            "config": {"style": style, "showLegend": panel.get("showLegend") is not False},
        }],
    }  # fmt: skip
    reduce = LAST.get(text(panel.get("valueName")))
    if reduce and panel["options"]["layers"][0]["location"]["mode"] == "lookup" and not panel.get("transformations"):
        panel["transformations"] = [{"id": "reduce", "options": {"reducers": [reduce]}}]


def _location(panel: Json) -> Json:
    """How the data tell a place: a geohash, coordinates or a name that is looked up."""
    kind, options = text(panel.get("locationData")), mapping(panel.get("tableQueryOptions"))
    if kind == "geohash":
        return {"mode": "geohash", "geohash": text(panel.get("esGeoPoint")) or "geohash"}
    if kind == "table" and text(options.get("queryType")) == "coordinates":
        return {
            "mode": "coords",
            "latitude": text(options.get("latitudeField")) or "latitude",
            "longitude": text(options.get("longitudeField")) or "longitude",
        }
    if kind == "table":
        return {"mode": "geohash", "geohash": text(options.get("geohashField")) or "geohash"}
    if kind in GAZETTEERS:
        return {"mode": "lookup", "gazetteer": GAZETTEERS[kind], "lookup": "Field"}
    return {"mode": "auto"}
