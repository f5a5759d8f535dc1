"""The report: its content, and its forms as Markdown, page and plots."""
