"""Actions on GitHub: report on pull requests, act on decisions, open issues."""
