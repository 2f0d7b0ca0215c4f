"""Recording rules and alerts by domain, with runbooks."""
