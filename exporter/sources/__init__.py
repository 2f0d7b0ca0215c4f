"""Where metrics without a past are read."""
