"""`python -m level2.github` does what jobs with a token do."""

from .jobs import main

main()
