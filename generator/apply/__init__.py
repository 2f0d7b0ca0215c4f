"""Plan and apply: what is generated is brought to any Grafana by its HTTP API, and what people changed there is fetched back.

Both sides are brought to one form before they are compared. Which objects are ours stands in one dashboard of that Grafana.
"""
