"""How JSON, TOML and tables differ, value by value."""

import csv
import io
import json
import re
import tomllib
from typing import Any

from .findings import Findings, Pair, Places
from .text import CLOCK_HEADINGS, plain, short, text_findings

CLOCK_KEYS = {"seconds", "modified"}  # of JSON
# Hashes of the program, or of files whose records may change; what is in the files is compared by itself.
APART = re.compile(
    r"(^|[.\]])(program|sha256|key|weights_sha256|(packages|made)\.steepest)$"
    r"|^files\.\w+\.(toml|json|safetensors)$"
)


def json_findings(old: Any, new: Any, places: Pair) -> Findings:
    """Return how two JSON values differ, leaf by leaf."""
    found = Findings()
    before, after = (_without_clock(value, each) for value, each in zip((old, new), places, strict=True))
    _compare("", before, after, places, found)
    return found


def _without_clock(value: Any, places: Places) -> Any:
    """Return a value without what the clock made, and with findings drawn at random in one order.

    A path that is a key is spelled as on the other side.
    """
    if isinstance(value, list):
        return [_without_clock(each, places) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {
        places.hidden(key): _without_clock(each, places) for key, each in value.items() if key not in CLOCK_KEYS
    }
    columns, rows = kept.get("columns"), kept.get("rows")
    if isinstance(columns, list) and isinstance(rows, list):
        clock = {place for place, name in enumerate(columns) if CLOCK_HEADINGS.fullmatch(str(name))}
        kept["rows"] = [["CLOCK" if n in clock else cell for n, cell in enumerate(row)] for row in rows]
    if isinstance(kept.get("findings"), list):
        kept["findings"] = sorted(kept["findings"], key=json.dumps)
    return kept


def _compare(path: str, old: Any, new: Any, places: Pair, found: Findings) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            below = f"{path}.{key}" if path else key
            if key in new:
                _compare(below, value, new[key], places, found)
            else:
                found.note("values", f"{below}: is gone")
        found.added += [f"{path}.{key}" if path else key for key in new if key not in old]
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            found.note("values", f"{path}: {len(old)} entries → {len(new)}")
        for place, (was, now) in enumerate(zip(old, new, strict=False)):
            _compare(f"{path}[{place}]", was, now, places, found)
    else:
        _compare_leaf(path, old, new, places, found)


def _compare_leaf(path: str, old: Any, new: Any, places: Pair, found: Findings) -> None:
    was, now = (
        plain(value, each) if isinstance(value, str) else value
        for value, each in zip((old, new), places, strict=True)
    )
    if repr(was) == repr(now):  # 1 is not 1.0, and NaN is NaN
        found.note("values")
    elif APART.search(path):
        found.apart.append(path)
    else:
        found.note("values", f"{path}: {short(repr(was))} → {short(repr(now))}")


def csv_findings(old: str, new: str, places: Pair) -> Findings:
    """Return how two tables differ, cell by cell; a column that only the newer one has is added."""
    found = Findings()
    before, after = (list(csv.reader(io.StringIO(text))) for text in (old, new))
    if not before or not after or len(before) != len(after):
        found.note("values", f"{len(before)} rows → {len(after)}" if before != after else None)
        return found
    found.added += [f"column {name}" for name in after[0] if name not in before[0]]
    for place, name in enumerate(before[0]):
        if CLOCK_HEADINGS.fullmatch(name):
            continue
        if name not in after[0]:
            found.note("values", f"column {name}: is gone")
            continue
        other = place if after[0][place : place + 1] == [name] else after[0].index(name)
        for row, (was, now) in enumerate(zip(before[1:], after[1:], strict=True), start=1):
            pair = [
                plain(cells[at], each) if at < len(cells) else ""
                for cells, at, each in zip((was, now), (place, other), places, strict=True)
            ]
            same = pair[0] == pair[1]
            found.note("values", None if same else f"row {row}, {name}: {pair[0]} → {pair[1]}")
    return found


def toml_findings(old: str, new: str, places: Pair) -> Findings:
    """Return how two TOML files differ, value by value."""
    return json_findings(tomllib.loads(old), tomllib.loads(new), places)


def printed_findings(old: str, new: str, places: Pair) -> Findings:
    """Return how printed text differs; as JSON where both sides printed one value."""
    try:
        values = json.loads(old), json.loads(new)
    except ValueError:
        return text_findings(old, new, places)
    return json_findings(*values, places)
