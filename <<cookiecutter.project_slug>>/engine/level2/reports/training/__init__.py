"""The report: what to say, and how it looks as Markdown, page and plots."""
