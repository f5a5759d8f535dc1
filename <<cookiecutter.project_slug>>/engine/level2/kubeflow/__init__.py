"""The production pipeline: its tasks, runs on Kubeflow, the clock that starts them, Katib."""
