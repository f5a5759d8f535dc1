"""params.yaml and the environment, typed."""
