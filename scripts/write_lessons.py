"""Make each lesson's notebook from its source: docs/lessons/NAME.py, in cells marked `# %%`, gives NAME.ipynb.

    python scripts/write_lessons.py [--check]

The .py file is the truth: it is what one edits and reviews. With --check nothing is written, and the exit code
says whether a notebook is stale.
"""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LESSONS = Path(__file__).resolve().parent.parent / "docs" / "lessons"
MARK = re.compile(r"^# %%( \[markdown\])?$", re.MULTILINE)
# what Jupyter needs to open a notebook without asking; versions are left out, for they would differ by machine
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    Args:
        kind: ``code`` or ``markdown``.
        text: without its mark, and for markdown without the comment signs.
    """

    kind: str
    text: str


def main(arguments: list[str]) -> int:
    """Write every notebook, or with ``--check`` name the stale ones; return 1 where there is one."""
    if arguments == ["--check"]:
        stale = stale_notebooks()
        print("\n".join(f"{path.name} is stale: python scripts/write_lessons.py" for path in stale))
        return bool(stale)
    for source in sources():
        source.with_suffix(".ipynb").write_text(notebook(source), encoding="utf-8")
    return 0


def sources() -> list[Path]:
    """Return the lessons in their order."""
    return sorted(LESSONS.glob("[0-9]*.py"))


def stale_notebooks() -> list[Path]:
    """Return the notebooks that are missing, say something else than their source, or have none."""
    expected = {source.with_suffix(".ipynb"): notebook(source) for source in sources()}
    present = {path: path.read_text(encoding="utf-8") for path in LESSONS.glob("*.ipynb")}
    every = sorted({*expected, *present})
    return [path for path in every if expected.get(path) != present.get(path)]


def notebook(source: Path) -> str:
    """Return a lesson as the text of a notebook, in Jupyter's own layout."""
    cells = [
        _as_json(cell, f"{source.stem}-{place:02d}")
        for place, cell in enumerate(cells_of(source.read_text(encoding="utf-8")))
    ]
    whole = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def cells_of(text: str) -> list[Cell]:
    """Return the cells of a source.

    >>> cells_of("# %% [markdown]\\n# # Title\\n#\\n# Words.\\n\\n# %%\\nprint(1)\\n")
    [Cell(kind='markdown', text='# Title\\n\\nWords.'), Cell(kind='code', text='print(1)')]
    """
    pieces = MARK.split(text)[1:]
    return [
        Cell("markdown", "\n".join(line[2:] for line in body.strip().split("\n")))
        if mark
        else Cell("code", body.strip())
        for mark, body in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def _as_json(cell: Cell, name: str) -> dict[str, Any]:
    lines = cell.text.splitlines(keepends=True)
    written = {"cell_type": cell.kind, "id": name, "metadata": {}, "source": lines}
    # stripped of results: a notebook that was run differs from its source
    return written | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
