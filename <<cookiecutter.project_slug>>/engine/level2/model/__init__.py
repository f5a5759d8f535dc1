"""The model: estimators, metrics, split, gate, and its file formats."""
