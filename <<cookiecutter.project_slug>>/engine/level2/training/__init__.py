"""The training loop: its steps, tuning, experiments and the sample."""
