"""Deploy a handed-over model: environments, releases, rollouts and rollbacks."""
