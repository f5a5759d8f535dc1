"""`python -m mlproject` is the command line."""

from .cli import main

main()
