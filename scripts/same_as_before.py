"""Show that nothing moved: run two versions of steepest on the same calls, and compare all that they leave.

    python scripts/same_as_before.py OLD NEW                      all parts
    ... OLD NEW --only training --only byhand                     some of them
    ... OLD NEW --work FOLDER                                     where both sides' results are kept meanwhile
    ... OLD NEW --keep                                            keep the new side's too, to look at

OLD and NEW are checkouts, folders with src/steepest, or git revisions of this repository. Both are used through
the command line alone. A part that is complete for the same code, calls and libraries is not run again: with
--work, OLD is run once. The page on standard output says what was compared, and every difference; the exit code
is 1 where one is not among those made on purpose: see ``CHANGED`` in ``sameness/page.py``.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sameness.calls import PARTS
from sameness.comparing import compared
from sameness.page import page, unexpected
from sameness.sides import run_part, side_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both sides, print the page, and return 1 where something differs that should not."""
    asked = parsed(arguments)
    # a child of a shell's background job would not hear a Ctrl-C, and two calls are stopped by one
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = [part for part in PARTS if not asked.only or part.name in asked.only]
    with ExitStack() as stack:
        work = asked.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        work = work.resolve()
        old = stack.enter_context(side_of(asked.old, "old", work))
        new = stack.enter_context(side_of(asked.new, "new", work))
        rows = []
        for part in chosen:
            seconds = [run_part(part, side, old) for side in (old, new)]
            rows.append((part, compared(part, old, new), seconds))
        print(page(old, new, rows), flush=True)
        wrong = [each for part, found, _ in rows for each in unexpected(part, found)]
        if asked.work and not asked.keep and not wrong:
            shutil.rmtree(new.work, ignore_errors=True)
    return bool(wrong)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what was asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", metavar="OLD", help="a checkout or a git revision")
    parser.add_argument("new", metavar="NEW", help="a checkout or a git revision")
    names = [part.name for part in PARTS]
    parser.add_argument("--only", action="append", choices=names, help="may be repeated")
    parser.add_argument("--work", type=Path, help="where results are kept; OLD's stay there")
    parser.add_argument("--keep", action="store_true", help="keep NEW's results there too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
