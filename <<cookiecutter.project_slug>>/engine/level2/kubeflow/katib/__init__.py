"""Tuning on a cluster: the Experiment, its trials, and Katib's results."""
