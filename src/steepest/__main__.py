"""``python -m steepest``."""

from .cli import main

main()
