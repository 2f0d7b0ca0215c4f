"""The second opinion: every metric once more by SQL as plain as can be, written apart from the engine, and compared.

Nothing here imports `exporter.engine` to make a query: a mistake there must not be made twice.
"""
