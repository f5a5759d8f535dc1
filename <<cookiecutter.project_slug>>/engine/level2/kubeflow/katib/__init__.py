"""Tuning on a cluster: the experiment, its trials, and what Katib answers."""
