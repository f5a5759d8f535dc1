"""Receives an object store's events: new data start ct on GitHub."""
