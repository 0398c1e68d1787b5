"""``python -m torture``: every part, or one alone; then docs/reliability.md from all results there are."""

import argparse
import sys
from functools import partial
from pathlib import Path

from .casework import Setting, carry_out, program
from .page import write_page
from .parts import PARTS

HERE = Path(__file__).resolve().parent
RESULTS, PAGE = HERE / "results", HERE.parent / "docs/reliability.md"
STATE = HERE / "state"


def main(arguments: list[str] | None = None) -> int:
    """Carry out what is asked for; return 1 where anything failed."""
    parser = argparse.ArgumentParser(prog="python -m torture", description="Try to lose what steepest keeps.")
    parser.add_argument("--part", choices=[*PARTS, "none"], action="append", help="one part; may be repeated")
    parser.add_argument("--count", type=int, help="trials, instead of the part's own number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time, where a part uses processes")
    parser.add_argument("--folder", type=Path, default=STATE, help="of everything written; a stopped call goes on")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where each part's result goes")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that is written from the results")
    asked = parser.parse_args(arguments)
    setting = Setting(asked.folder.resolve() / program()[:12], asked.seed, asked.count)
    failed = 0
    for name in asked.part or PARTS:
        if name != "none":
            failed += carry_out(PARTS[name], setting, asked.results, asked.jobs, partial(print, flush=True))
    write_page(asked.results, asked.page)
    print(f"{failed} failed; {asked.page}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
