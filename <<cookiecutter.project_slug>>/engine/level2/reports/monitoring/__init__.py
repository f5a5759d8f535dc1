"""The monitor's report: its content, and its forms as Markdown, page, plots and metrics."""
