"""MLflow: runs, versions, the champion, and the lineage of each version."""
