"""A stand-in for Grafana's HTTP API, as strict as Grafana 12 in what it refuses, and stricter: it knows no unknown field.

What it does was written from the documentation of the API and from what Grafana was seen to answer. Where Grafana ignores a
field that it does not know, this refuses it with 400, since such a field is always a mistake of ours.
"""
