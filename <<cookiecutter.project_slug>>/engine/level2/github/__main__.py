"""`python -m level2.github` runs the actions of jobs with a token."""

from .jobs import main

main()
