"""What this project's team owns: its features, estimators, metrics, gate rules and notices."""
