"""Import: dashboards, rules and Alertmanager configurations of other origin, in any form, become sources of this project."""
