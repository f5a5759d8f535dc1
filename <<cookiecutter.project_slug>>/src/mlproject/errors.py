"""The one exception a user sees: a sentence with what is wrong, where, and what would be right."""


class ProjectError(Exception):
    """A mistake or fault that one sentence explains; printed without traceback."""
