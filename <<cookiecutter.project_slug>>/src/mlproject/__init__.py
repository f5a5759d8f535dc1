"""What this project's team owns: its estimators, metrics, gate rules and notices."""
