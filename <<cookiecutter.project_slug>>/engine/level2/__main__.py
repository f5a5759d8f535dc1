"""`python -m level2` is the command line."""

from .cli import main

main()
