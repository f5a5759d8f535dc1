"""The exception a user sees: a sentence with what is wrong, where, and what would be right."""


class ProjectError(Exception):
    """A mistake or fault that one sentence explains; printed without a traceback."""


class WrongValueError(ProjectError):
    """A value that does not fit: its row, its column, and what is wrong with it."""

    def __init__(self, row: str, column: str, value: str, problem: str) -> None:
        holds = f"holds `{value:.60}`, " if value else "is empty, "
        super().__init__(f"{row}: column `{column}` {holds}{problem}")
        self.row, self.column, self.value, self.problem = row, column, value, problem

    def called(self, column: str) -> "WrongValueError":
        """The same error with another column name."""
        return WrongValueError(self.row, column, self.value, self.problem)
