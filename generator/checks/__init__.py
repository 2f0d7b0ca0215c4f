"""Checks of dashboards, rules and configurations: each rule with the reason why it is one, and what to do about a finding."""
