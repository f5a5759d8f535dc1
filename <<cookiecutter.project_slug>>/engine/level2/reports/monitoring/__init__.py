"""The monitor's report: what to say, and how it looks as Markdown, page, plots and metrics."""
