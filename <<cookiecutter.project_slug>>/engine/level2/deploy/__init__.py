"""Deploying a model that was handed over: environments, releases, rollouts, and going back."""
