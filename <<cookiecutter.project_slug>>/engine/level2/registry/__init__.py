"""MLflow: runs, versions, the champion, and where each version comes from."""
