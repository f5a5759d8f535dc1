"""The model: estimators, metrics, split, gate, and the formats that it is kept in."""
