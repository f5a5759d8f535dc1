"""The team's declarations in its own package: found, checked, registered."""
