"""Predictions for whole tables, and models as folders for images."""
