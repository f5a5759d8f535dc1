"""Signals of the champion in production, and the decisions they lead to."""
