"""Which tests take long: the mark `slow` keeps them out of `make test-fast`.

``tests/slow.txt`` names them, measured: pytest --durations=0 | python tests/slowness.py
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

LONGEST_SECONDS = 5.0  # nothing above it may lack the mark
FAST_SECONDS = 0.3  # of all cases of a test together: without those above it, the rest takes under a minute
HEAVY = {"tuned", "fixed", "explained", "pages", "browser"}  # fixtures that whichever test asks first waits for
LIST = Path(__file__).with_name("slow.txt")
HEAD = f"""# Tests that `make test-fast` leaves out: their cases took {FAST_SECONDS} seconds or more together.
# Written by `pytest --durations=0 | python tests/slowness.py`; a test may carry the mark `slow` itself besides.
"""
MEASURED = re.compile(r"([\d.]+)s (?:call|setup|teardown) +(tests/[^\s\[]+)")


def listed() -> set[str]:
    """Return the tests that the list names, without their cases."""
    return {line for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")}


def measured(lines: Iterable[str]) -> list[str]:
    """Return the tests that take long, out of pytest's own table of durations."""
    seconds: Counter[str] = Counter()
    for found in map(MEASURED.match, lines):
        if found:
            seconds[found[2]] += float(found[1])  # type: ignore[assignment]
    return sorted(name for name, took in seconds.items() if took >= FAST_SECONDS)


def unmarked(reports: Iterable[object]) -> list[tuple[str, float]]:
    """Return each test above the limit without the mark and its seconds, the longest first.

    A test's fixtures count with it: whoever runs it alone waits for them too.
    """
    seconds: Counter[str] = Counter()
    for report in reports:
        if isinstance(report, pytest.TestReport) and "slow" not in report.keywords:
            seconds[report.nodeid] += report.duration
    return [(name, took) for name, took in seconds.most_common() if took > LONGEST_SECONDS]


if __name__ == "__main__":
    LIST.write_text(HEAD + "\n".join(measured(sys.stdin)) + "\n", encoding="utf-8")
