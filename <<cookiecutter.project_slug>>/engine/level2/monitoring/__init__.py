"""Signals of the champion in production, and what they ask for."""
