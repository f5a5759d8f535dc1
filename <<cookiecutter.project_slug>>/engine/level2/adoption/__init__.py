"""Inferring the data contract of somebody's table."""
