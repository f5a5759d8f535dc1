"""Infer the data contract of a user's table."""
