"""The core: rows become totals, totals become samples."""
