"""The page: what was compared, every difference, and which of them were made on purpose."""

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .calls import Part
from .findings import Findings
from .sides import VARIABLE, Side, calls_of, data_folder
from .text import PATTERNS

MOST = 100  # lines of a part in one section; how many more there are is said
KINDS = ("files", "tensors", "values", "lines", "pictures", "exit codes")


@dataclass(frozen=True)
class Change:
    """A difference that was made on purpose.

    Args:
        part: a part's name, or a pattern such as ``*``.
        pattern: is searched for in a difference's line: ``call, what: old → new``.
        reason: why it is one.
    """

    part: str
    pattern: str
    reason: str


CHANGED = (
    Change("*", r"(stdout|\.json): (\S*\.)?format: \d+ → \d+$", "JSON objects have a `format` key"),
    Change(
        "old-claims",
        r"this steepest made it.* → .*another version of steepest",
        "the older side's claims were made by another program",
    ),
    Change("errors", r"^json-[\w-]+, std(out|err): ", "errors under --json are printed as an object"),
)
EXPLAINED = (
    "Values are numbers and words of JSON, TOML and CSV; lines are printed, or of pages. Equal and different "
    "count all kinds together; seconds are those of the older side and of the newer one."
)
UNCHANGED = "Exit codes are as they were: a call that ends with another one is never on this list."


def reason(part: Part, difference: str) -> str | None:
    """Return why a difference was made on purpose, or None where it was not."""
    if ", exit code: " in difference:
        return None
    for change in CHANGED:
        if fnmatch.fnmatch(part.name, change.part) and re.search(change.pattern, difference):
            return change.reason
    return None


def unexpected(part: Part, found: Findings) -> list[str]:
    """Return the differences that nobody wanted."""
    return [each for each in found.differences if reason(part, each) is None]


Row = tuple[Part, Findings, list[float]]


def numbered(differences: Sequence[str], most: int) -> Iterator[str]:
    """Yield the first lines, and how many more there are."""
    yield from differences[:most]
    if len(differences) > most:
        yield f"... and {len(differences) - most:,} more"


def page(old: Side, new: Side, rows: Sequence[Row]) -> str:
    """Return what was compared, as Markdown."""
    wrong = sum(len(unexpected(part, found)) for part, found, _ in rows)
    verdict = f"{wrong:,} differences" if wrong else "Nothing differs"
    verdict = "1 difference" if wrong == 1 else verdict
    heads = ("part", "calls", *KINDS, "equal", "different", "on purpose", "processor seconds")
    lines = [
        f"# {verdict}: {old.commit} and {new.commit}\n",
        f"| {' | '.join(heads)} |",
        f"|{' --- |' * len(heads)}",
        *(table_row(*row) for row in rows),
        f"\n{EXPLAINED}\n",
        *listed("Differences", {part: unexpected(part, found) for part, found, _ in rows}),
        *on_purpose(rows),
        *listed("Added", {part: grouped(found.added) for part, found, _ in rows}),
        *listed("Listed apart", {part: grouped(found.apart) for part, found, _ in rows}),
        *ends(rows),
        *left_out(),
    ]
    return "\n".join(lines)


def table_row(part: Part, found: Findings, seconds: Sequence[float]) -> str:
    """Return a part's line."""
    wrong = len(unexpected(part, found))
    counts = [found.compared[kind] for kind in KINDS]
    calls = len(calls_of(part))
    numbers = (calls, *counts, found.equal, wrong, len(found.differences) - wrong)
    took = " and ".join(f"{each:.0f}" for each in seconds)
    return f"| {part.title} | {' | '.join(f'{each:,}' for each in numbers)} | {took} |"


def listed(title: str, lines: Mapping[Part, Sequence[str]]) -> Iterator[str]:
    """Yield a section with each part's lines."""
    if not any(lines.values()):
        return
    yield f"## {title}\n"
    for part, each in lines.items():
        yield from (f"- {part.name}: {line}" for line in numbered(each, MOST))
    yield ""


def grouped(lines: Sequence[str]) -> list[str]:
    """Return lines that differ by what stands before the last part of a path, or by places in lists, as one each.

    >>> grouped(["a, stdout: rows[0].key", "b.json: rows[1].key", "c.json: format"])
    ['`key` 2 times, as in a, stdout: rows[0].key', '`format` once, as in c.json: format']
    """
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(re.split(r"[.:\s](?=\S+$)", line)[-1], []).append(line)
    return [
        f"`{name}` {'once' if len(each) == 1 else f'{len(each):,} times'}, as in {each[0]}"
        for name, each in found.items()
    ]


def ends(rows: Sequence[Row]) -> Iterator[str]:
    """Yield with which exit codes the calls ended: a proof by calls that fail would be none."""
    yield "## Exit codes of the older side\n"
    for part, found, _ in rows:
        counts = ", ".join(f"{code}: {count}" for code, count in sorted(found.codes.items()))
        yield f"- {part.name}: {counts}"
    yield ""


def on_purpose(rows: Sequence[Row]) -> Iterator[str]:
    """Yield what was changed on purpose, and how often each of it was seen."""
    yield "## Changed on purpose\n"
    yield f"{UNCHANGED}\n"
    seen = [why for part, found, _ in rows for each in found.differences if (why := reason(part, each))]
    added = [each for _, found, _ in rows for each in found.added]
    for change in CHANGED:
        told = f"{seen.count(change.reason)} differences"
        yield f"- {change.reason} (parts `{change.part}`): {told}"
    yield f"- what only the newer side has: {len(added):,} keys, flags and files\n"


def left_out() -> Iterator[str]:
    """Yield what is not compared."""
    yield "## Not compared\n"
    yield (
        "Keys and columns of seconds; of text what these patterns find: "
        f"{', '.join(f'{name} `{pattern}`' for name, pattern, _ in PATTERNS)}; the folders of the two sides."
    )
    if data_folder() is None:
        yield f"\n{VARIABLE} is not set: calls that need a folder of datasets were left out."
