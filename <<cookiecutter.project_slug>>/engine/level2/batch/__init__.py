"""Predictions of whole tables, and models as folders for images."""
