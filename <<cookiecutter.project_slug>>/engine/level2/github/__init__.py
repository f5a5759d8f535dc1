"""What jobs and commands do on GitHub: report on pull requests, act on decisions, open issues."""
