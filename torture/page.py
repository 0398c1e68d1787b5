"""The results as one page: for each part what was done, how many of how many held, and every kind of failure."""

import json
from pathlib import Path
from textwrap import fill
from typing import Any

WIDTH = 115
LONGEST = 300  # characters of what was seen
ORDER = ("kills", "injections", "chaos", "flips", "fuzzing", "systems")
HEAD = """# Reliability

What was done to make steepest lose or bend what it keeps, and what came of it. `make torture` does all of it
again, and writes this page from its results (`torture/results/`); a part alone is done by the command beside it.
It can be stopped, and goes on where it was.
"""


def write_page(results: Path, page: Path) -> None:
    """Write the page from all results in a folder."""
    found = {each.stem: json.loads(each.read_text()) for each in results.glob("*.json")}
    records = [found[name] for name in ORDER if name in found]
    lines = ["| part | held | failed | date | command |", "|---|---|---|---|---|", *map(_line, records)]
    page.write_text("\n\n".join([HEAD.strip(), "\n".join(lines), *map(section, records)]) + "\n")


def _line(record: dict[str, Any]) -> str:
    held = f"{record['trials'] - record['failed']:,} of {record['trials']:,}"
    command = f"`{record['command']}`{'' if record['complete'] else ', stopped before its end'}"
    return f"| {record['title']} | {held} | {record['failed']:,} | {record['date']} | {command} |"


def section(record: dict[str, Any]) -> str:
    """Return a part's section."""
    shown = f"program {record['program']}"
    minutes = max(1, round(record["seconds"] / 60))
    parts = [
        f"## {record['title']}",
        fill(record["about"], WIDTH, break_long_words=False, break_on_hyphens=False),
        f"Seed {record['seed']}, {minutes} min, {record['machine']}, {shown}.",
        _table(record["groups"]),
    ]
    if record["faults"]:
        lines = ["| where | what failed | times | such as |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(f['group'])} | {_cell(f['what'])} | {f['times']:,} | {_cell(f['seen'])[:LONGEST]} |"
            for f in record["faults"]
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _table(groups: dict[str, Any]) -> str:
    noted = any(row["notes"] for row in groups.values())
    lines = ["| of | held | failed |" + " what came |" * noted, "|---|---|---|" + "---|" * noted]
    for name, row in groups.items():
        notes = ", ".join(f"{count:,} {word}" for word, count in sorted(row["notes"].items()))
        held = f"{row['trials'] - row['failed']:,} of {row['trials']:,}"
        lines.append(f"| {_cell(name)} | {held} | {row['failed']:,} |" + f" {_cell(notes)} |" * noted)
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Return text for a table's cell: no bars, backticks, breaks or control characters."""
    plain = text.replace("|", "¦").replace("`", "'").replace("](", "] (").replace("<", "&lt;")
    return "".join(each if each.isprintable() else "·" for each in " ".join(plain.split()))
