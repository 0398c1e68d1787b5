"""Write docs/experiments.md from reproductions' numbers, and docs/questions.md from the experiments' files.

    python scripts/write_experiments.py [FOLDER | FILE.json] [--check]

FOLDER holds reproductions, as `steepest reproduce all` leaves them: reproductions/ without it. FILE.json is what
`steepest reproduce all --json` printed. Where there are no numbers, docs/experiments.md stays as it is. With
--check nothing is written, and the exit code says whether a page is stale: questions.md must say what the
experiments' files say, and experiments.md must have a section for each of
them, or name it as lacking.
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TABLE, QUESTIONS = ROOT / "docs" / "experiments.md", ROOT / "docs" / "questions.md"
DEFAULT = ROOT / "reproductions"
LACKING = "Not yet here: "
Record = dict[str, Any]

INTRODUCTION = """\
# The published results, reproduced

<!-- Written by scripts/write_experiments.py from `steepest reproduce all`; `make docs` writes it again. -->

Five public notebooks, seven experiments. `steepest reproduce NAME` makes each again, with a page that has every
table and picture; `steepest reproduce list` names them; `steepest reproduce my_experiment.toml` does the same with
a file of yours. The questions that the notebooks ask are answered in [questions.md](questions.md).

Ours is the mean over n seeds, with the standard deviation (sd) over them. A published figure is one run, so it
**agrees** if it lies within 3 sd × √(1 + 1/n) of our mean, within half a unit of its last printed digit, or within
a tolerance that the experiment's file states. With three seeds the sd itself is uncertain: a figure of the same
procedure falls outside in about one case of ten. Where one **differs**, the reason stands beside it. A value that
was printed nowhere and was **recomputed** independently is marked so, and counted apart.
"""

ASKED = """\
# The notebooks' questions, answered

<!-- Written by scripts/write_experiments.py from the experiments' files; `make docs` writes it again. -->

Every question that a reproduced notebook puts to its reader, with the answer and a command that shows it. The
numbers are those of [experiments.md](experiments.md).
"""


def main(arguments: list[str]) -> int:
    """Write both pages, or with ``--check`` name the stale ones; return 1 where there is one."""
    checks = "--check" in arguments
    given = [each for each in arguments if each != "--check"]
    if checks:
        return check()
    records = read_records(Path(given[0]) if given else DEFAULT)
    QUESTIONS.write_text(questions_page())
    print(f"{QUESTIONS.name}: written")
    if records:
        TABLE.write_text(table_page(records))
        print(f"{TABLE.name}: {len(records)} experiments")
    return 0


def check() -> int:
    """Print what is stale; return 1 where something is."""
    from steepest.experiments import names

    stale = []
    if not QUESTIONS.exists() or QUESTIONS.read_text() != questions_page():
        stale.append(f"{QUESTIONS.name} is not what the experiments' files say: make docs")
    written = TABLE.read_text() if TABLE.exists() else ""
    lacking = written.partition(LACKING)[2].partition(".\n")[0].split(", ")
    missing = [name for name in names() if f"## {name}\n" not in written and name not in lacking]
    if missing:
        stale.append(f"{TABLE.name} says nothing of {', '.join(missing)}: make reproduce")
    print("\n".join(stale) or "experiments: the pages agree with the files")
    return bool(stale)


def read_records(place: Path) -> list[Record]:
    """Return the records of full reproductions, in the experiments' order.

    Args:
        place: a folder of reproductions, or what ``steepest reproduce ... --json`` printed.
    """
    from steepest.experiments import names

    if place.is_dir():
        files = [place / name / "result.json" for name in names()]
        return [json.loads(file.read_text()) for file in files if file.exists()]
    if not place.exists():
        return []
    found = json.loads(place.read_text())
    return found.get("experiments", [found])


def table_page(records: list[Record]) -> str:
    """Return docs/experiments.md."""
    rows = [
        f"| [{each['experiment']}](#{each['experiment']}) | {counted(each, 'agrees')} | "
        f"{counted(each, 'differs')} | {recomputed(each)} | {counted(each, 'not published')} | "
        f"{each['seconds']:,.0f} | {seeds_of(each)} | {each['made']['date']} | {each['made']['steepest']} |"
        for each in records
    ]
    head = [
        "| experiment | agree | differ | recomputed | not published | seconds | seeds | date | version |",
        "|---|---:|---:|---:|---:|---:|---:|---|---|",
    ]
    made = made_by(records)
    overview = "\n".join([*head, *rows])
    return "\n".join([INTRODUCTION, overview, "", made, *map(section, records)]) + "\n"


def made_by(records: list[Record]) -> str:
    """Return where and how the records were made, and which experiments are not among them."""
    from steepest.experiments import names

    found = {each["experiment"] for each in records}
    missing = [name for name in names() if name not in found]
    machine, total = records[0]["made"], sum(each["seconds"] for each in records)
    said = (
        f"Made by `steepest reproduce {'NAME' if missing else 'all'}` on {machine['processor']} with torch "
        f"{machine['torch']}: {total:,.0f} seconds, every run on one core, beside whatever else ran there."
    )
    return f"{said} {LACKING}{', '.join(missing)}." if missing else said


def seeds_of(record: Record) -> str:
    """Return how many seeds an experiment has; none where no seed changes anything."""
    most = max((figure["n"] for figure in record["figures"]), default=1)
    return "" if most == 1 else str(record["seeds"])


def counted(record: Record, verdict: str) -> int:
    """Return how many figures of a record have a verdict."""
    return sum(figure["verdict"] == verdict for figure in record["figures"])


def recomputed(record: Record) -> int:
    """Return how many figures of a record were compared with a recomputed value, none having been published."""
    return sum(figure["verdict"].endswith("the recomputed") for figure in record["figures"])


def section(record: Record) -> str:
    """Return one experiment's section."""
    from steepest.content.content import figure_of
    from steepest.experiments.reproduction import agreement
    from steepest.pages.experiment import figure_cells

    lines = [f"\n## {record['experiment']}\n", f"{record['title']}. Source: {record['source']}.\n"]
    lines += [f"```\n{record['command']}\n```\n"]
    lines += ["| figure | published | ours | sd | n | agrees? | seconds |"]
    lines += ["|---|---:|---:|---:|---:|---|---:|"]
    for figure in map(figure_of, record["figures"]):
        found = agreement(figure)
        name, published, ours, spread, count, verdict, seconds = figure_cells(figure, found)
        said = f"{emphasised(verdict)}{f': {found.why}' if found.why else ''}"
        cells = (name, published, ours, spread, count, said, seconds)
        lines.append(f"| {' | '.join(map(cell, cells))} |")
    if record["faults"]:
        lines += ["", "Faults of the published version, and how they are mended:", ""]
        lines += [f"- {each['what']} *{each['mended']}*" for each in record["faults"]]
    lines += [f"\n{note}" for note in record["notes"]]
    return "\n".join(lines)


def emphasised(verdict: str) -> str:
    """Return a verdict, in bold where it says that two numbers differ."""
    return f"**{verdict}**" if verdict.startswith("differs") else verdict


def cell(text: str) -> str:
    """Return text as it can stand in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def questions_page() -> str:
    """Return docs/questions.md."""
    from steepest.experiments import names, open_experiment

    parts = [ASKED]
    for experiment in map(open_experiment, names()):
        if not experiment.questions:
            continue
        parts.append(f"## {experiment.name}\n\n{experiment.title}.\n")
        for question in experiment.questions:
            command = f"\n```\n{question.command}\n```\n" if question.command else ""
            parts.append(f"### {question.asks}\n\n{question.answer}\n{command}")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
