"""What the team declares in its own package: found, checked, made part of the engine."""
