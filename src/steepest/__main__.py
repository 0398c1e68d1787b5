"""``steepest`` and ``python -m steepest``."""

import sys


def main() -> None:
    """Run the command line; a Ctrl-C is heard quietly while it is loaded, too."""
    try:
        from .cli import main as command
    except KeyboardInterrupt:
        sys.exit(130)  # INTERRUPTED, which is not loaded
    command()


if __name__ == "__main__":
    main()
