"""Worked tables for the terminal and as CSV."""

from collections.abc import Mapping, Sequence

from ...byhand.backpropagation import Backprop
from ...byhand.cross_entropy import SoftmaxWork
from ...byhand.formula import label, spelled, symbols
from ...byhand.grading import Grade
from ...byhand.sizes import SizeRow
from ...byhand.stepping import Stepping
from ...byhand.table import Cell, Check, Table
from ...byhand.windows import Swept
from ...content.text import aligned, counted, csv_text

DIGITS = 9  # of a value: as many as the published worksheet has decimals
DEFAULT_WIDTH = 100
LARGEST_MATRIX = 14  # columns: 14 numbers of 4 digits fill a line of 100 characters


def worked_lines(cells: Sequence[Cell], check: Check, published: Mapping[str, float] | None = None) -> list[str]:
    """Return a line a cell: its value, the machine's, how far they lie apart, and how it came about.

    Values that a source ``published`` have a column of their own.
    """
    machine = {each.name: each for each in check.deviations}
    heads = ["", "by hand", "machine", "difference", *(["published"] if published else []), ""]
    rows: list[Sequence[str]] = [heads]
    for cell in cells:
        other = machine.get(cell.name)
        said = [spelled(other.by_machine, DIGITS), f"{other.size:.0e}"] if other else ["", ""]
        if published:
            said.append(f"{published[cell.name]:.9f}" if cell.name in published else "")
        rows.append([f"  {cell.label}", spelled(cell.value, DIGITS), *said, how(cell)])
    # numbers to the right, the explanation to the left
    return aligned(rows, [place in (0, len(heads) - 1) for place in range(len(heads))])


def how(cell: Cell) -> str:
    """Return a cell's way from symbols to numbers, without its name and value."""
    steps = [cell.line.chain, cell.symbols, cell.numbers]
    return "= " + " = ".join(each for i, each in enumerate(steps) if each and each not in steps[:i])


def table_text(table: Table, check: Check, published: Mapping[str, float] | None = None) -> str:
    """Return a whole table, part by part, with a line under it that says how the check went."""
    groups: dict[str, list[Cell]] = {}
    for cell in table.cells:
        groups.setdefault(cell.line.group, []).append(cell)
    ordered = [cell for cells in groups.values() for cell in cells]
    heading, *lines = worked_lines(ordered, check, published)
    text = [heading]
    for group, cells in groups.items():
        text += [group] * bool(group) + lines[: len(cells)]
        lines = lines[len(cells) :]
    return "\n".join(text)


def given_text(given: Mapping[str, float]) -> str:
    """Return the given values in one line.

    >>> given_text({"w1": 0.15, "lr": 1.0})
    'given: w1 = 0.15, lr = 1'
    """
    return "given: " + ", ".join(f"{label(name)} = {spelled(value)}" for name, value in given.items())


def rows_text(run: Backprop, columns: Sequence[str], width: int = DEFAULT_WIDTH) -> str:
    """Return a row a step and a column a quantity, in blocks as wide as the terminal."""
    cells = [["step", *map(str, range(1, len(run.rows) + 1))]]
    cells += [[label(name), *(spelled(row.values[name], DIGITS) for row in run.rows)] for name in columns]
    blocks: list[list[list[str]]] = [[]]
    used = 0
    for column in cells[1:]:
        wide = max(map(len, column)) + 2
        if used + wide > width - 6 and blocks[-1]:
            blocks.append([])
            used = 0
        blocks[-1].append(column)
        used += wide
    shown = ["\n".join(aligned(list(zip(cells[0], *block, strict=True)), words=0)) for block in blocks]
    return "\n\n".join(shown)


def rows_csv(run: Backprop) -> str:
    """Return every row and column with all digits."""
    rows: list[Sequence[object]] = [["step", *map(label, run.columns)]]
    rows += [[number, *row.values.values()] for number, row in enumerate(run.rows, 1)]
    return csv_text(rows)


def windows_text(swept: Swept, most: int) -> str:
    """Return some windows' products and sums, and the whole result."""
    shown = [f"  {window.cell}" for window in swept.telling(most)]
    rest = len(swept.windows) - len(shown)
    shown += [f"  ... and {counted(rest, 'more window')} (--windows {len(swept.windows)})"] * bool(rest)
    down, across = len(swept.result[0]), len(swept.result[0][0])
    parts = [counted(len(swept.windows), "window") + ":", *shown]
    parts.append(f"result, {len(swept.result)} x {down} x {across}:")
    if across > LARGEST_MATRIX:
        parts.append("  (too wide for a terminal; --out DIR writes it as a picture and as CSV)")
    else:
        for matrix in swept.result:
            rows = aligned([[spelled(value, 4) for value in row] for row in matrix], words=0)
            parts += [f"  {row}" for row in rows] + [""] * (len(swept.result) > 1)
    return "\n".join(parts)


def result_csv(swept: Swept) -> str:
    """Return a line a window: its place, its value, and how it came about."""
    rows: list[Sequence[object]] = [("channel", "row", "column", "value", "symbols", "numbers")]
    rows += [
        (w.channel + 1, w.row + 1, w.column + 1, w.value, w.cell.symbols, w.cell.numbers) for w in swept.windows
    ]
    return csv_text(rows)


def softmax_text(done: SoftmaxWork) -> str:
    """Return the worked loss, and the gradient three times: by hand, by differences, by autograd."""
    count = len(done.machine)
    rows: list[Sequence[str]] = [("gradient", "by hand: p − t", "finite differences", "autograd")]
    for k in range(count):
        by_hand = done.table.values[f"dE_do{k + 1}"]
        three = (by_hand, done.differences[k], done.machine[k])
        rows.append((f"dE/do{k + 1}", *(f"{value:.12f}".replace("-", "−") for value in three)))
    parts = [given_text(done.table.given), table_text(done.table, done.check), ""]
    return "\n".join([*parts, *aligned(rows, words=1), str(done.check)])


def stepping_text(done: Stepping) -> str:
    """Return an optimizer's worked steps."""
    parts = [
        f"{done.rule} with lr {done.lr:g} on {done.bowl}".replace("*", "×"),
        given_text(done.table.given),
        table_text(done.table, done.check),
        str(done.check),
    ]
    if done.check.unchecked:
        names = dict.fromkeys(name.rpartition("_t")[0].rstrip("0123456789") for name in done.check.unchecked)
        parts.append(f"  {', '.join(names)}: kept by no rule; checked through w, which is made from them")
    return "\n".join(parts)


def sizes_text(rows: Sequence[SizeRow]) -> str:
    """Return layers with the arithmetic of their sizes and receptive fields."""
    cells: list[Sequence[str]] = [("layer", "output", "size", "receptive field", "jump")]
    cells += [(row.token, "x".join(map(str, row.shape)), row.size, row.field, row.jump) for row in rows]
    return "\n".join(aligned(cells, words=len(cells[0])))


def grades_text(grades: Sequence[Grade]) -> str:
    """Return a few lines a student: how many cells are right, the first wrong one, and why."""
    return "\n".join(line for each in grades for line in _grade_lines(each))


def _grade_lines(grade: Grade) -> list[str]:
    head = f"{grade.student}: {grade.count('right')} of {len(grade.cells)} right"
    if not grade.handed_in:
        return [f"{grade.student}: nothing handed in"]
    follows = grade.count("follows")
    if follows:
        head += f", {follows} {'follows' if follows == 1 else 'follow'} from an earlier slip"
    lines = [head]
    for number, fault in enumerate(grade.faults):
        first = "first wrong" if number == 0 else "also wrong"
        if fault.verdict == "missing":
            said = f"no answer; right is {spelled(fault.right)}"
        else:
            said = f"{fault.written} instead of {spelled(fault.right)}: " + (
                f"{' or '.join(fault.slips)}, as in {symbols(fault.formula)}"
                if fault.slips
                else "no common slip gives this"
            )
        lines.append(f"    {first}: {label(fault.cell)} = {said}")
    return lines


def grades_csv(grades: Sequence[Grade]) -> str:
    """Return a line for each student and cell."""
    rows: list[Sequence[object]] = [("student", "cell", "verdict", "answer", "right", "slip")]
    rows += [
        (each.student, cell.cell, cell.verdict, cell.written, cell.right, " or ".join(cell.slips))
        for each in grades
        for cell in each.cells
    ]
    return csv_text(rows)
