"""The production pipeline: its tasks, runs on Kubeflow, schedules, Katib."""
