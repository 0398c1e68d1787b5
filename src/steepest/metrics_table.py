"""metrics.csv: a row per epoch, with the seconds that no checkpoint holds."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import IntegrityError
from .history import Row
from .storage import write_durably


def read_table(path: Path) -> list[Row]:
    """Return the rows of a table, or none where there is no file.

    Raises:
        IntegrityError: the file is not as it was written.
    """
    if not path.is_file():
        return []
    try:
        with path.open(newline="") as file:
            return [_numbers(row) for row in csv.DictReader(file)]
    except (ValueError, TypeError, csv.Error) as error:
        raise IntegrityError(f"{path} is not as it was written: {error}") from error


def write_table(path: Path, history: Sequence[Row], seconds: Mapping[int, float]) -> None:
    """Write a row per epoch of a history.

    Args:
        path: the file.
        history: what the checkpoint holds.
        seconds: by epoch; an epoch without them has an empty cell.
    """
    rows = [{**row, "seconds": seconds.get(int(row["epoch"]))} for row in history]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_durably(path, text.getvalue())


def _numbers(row: dict[str, str]) -> Row:
    return {key: float(value) for key, value in row.items() if value}
