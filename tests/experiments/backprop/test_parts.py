import pytest

from steepest.byhand.backpropagation import backprop
from steepest.byhand.dense import DEFAULT
from steepest.byhand.table import FIRST_ROW, LAST_ERROR
from steepest.content.content import Curves, Network, Table
from steepest.experiments import open_experiment
from steepest.experiments.backprop.parts import (
    beside,
    digits,
    slipped_rows,
    worksheet_network,
    worksheet_rates,
    worksheet_rows,
    worksheet_steps,
)
from steepest.experiments.reproduction import agreement

SECOND = {"E": 0.013377915}


def test_the_sheet_with_its_slip_prints_every_published_digit() -> None:
    first, second = slipped_rows(DEFAULT, lr=1.0, steps=2)
    assert {name: digits(first[name]) for name in FIRST_ROW} == {
        name: digits(value) for name, value in FIRST_ROW.items()
    }
    assert digits(second["E"]) == digits(SECOND["E"])


def test_without_the_slip_the_sheet_is_the_worked_table() -> None:
    (slipped,) = slipped_rows(DEFAULT, lr=1.0, steps=1)
    right = backprop(DEFAULT).rows[0].values
    for name, value in slipped.items():
        if name not in ("dE_dw3", "dE_dw4"):
            assert value == pytest.approx(right[name], abs=1e-15)
    # the slip is one factor: the slope at h1 instead of the one at h2
    ratio = right["a_h1"] * (1 - right["a_h1"]) / (right["a_h2"] * (1 - right["a_h2"]))
    assert slipped["dE_dw3"] / right["dE_dw3"] == pytest.approx(ratio)


def test_the_slip_carries_into_the_second_row() -> None:
    row = beside(backprop(DEFAULT, steps=2), 1, SECOND)
    changed = {name for name in row.slipped if row.differs(name)}
    assert {"E", "w3", "w4", "dE_dw3", "dE_dw4", "dE_dw6"} <= changed
    assert not changed & {"w1", "w2", "w5", "w8", "a_h1", "dE_dw1", "dE_dw8"}
    assert digits(row.hand["E"]) == digits(row.machine["E"]) == "0.013377916"


def test_the_right_figures_agree_and_the_three_wrong_ones_differ_with_their_reason() -> None:
    *figures, first, second, _ = worksheet_rows(None, lr=1.0, second=SECOND)
    verdicts = {each.name: agreement(each).verdict for each in figures}
    wrong = [name for name, verdict in verdicts.items() if verdict == "differs"]
    assert wrong == ["dE/dw3", "dE/dw4", "second row: E"]
    assert len(verdicts) == len(FIRST_ROW) + 1
    assert all(bool(each.why) == (verdicts[each.name] == "differs") for each in figures)
    assert [first.rows[row][0] for row, _ in sorted(first.marked)] == ["dE/dw3", "dE/dw4"]
    assert {column for _, column in first.marked} == {1}
    assert first.columns[1:4] == ("published", "by hand", "autograd")
    named = [second.rows[row][0] for row, column in sorted(second.marked) if column == 1]
    assert named == ["E"]


def test_by_hand_and_autograd_stand_beside_each_other_and_agree() -> None:
    first = next(each for each in worksheet_rows(None, lr=1.0, second=SECOND) if isinstance(each, Table))
    assert all(row[2] == row[3] for row in first.rows)
    assert next(row for row in first.rows if row[0] == "dE/dw3")[1:4] == (
        *("0.000351869", "0.000351776"),
        "0.000351776",
    )


def test_the_last_rows_are_those_recomputed_for_all_seven_rates() -> None:
    *figures, curves, text = worksheet_rates(None, steps=68)
    assert [each.published for each in figures] == list(LAST_ERROR.values())
    # no digits of that curve were published: none of them counts as a published figure
    assert {agreement(each).verdict for each in figures} == {"agrees with the recomputed"}
    assert isinstance(curves, Curves)
    assert [len(line.x) for line in curves.lines] == [68] * 7
    assert "saturation" in text.paragraphs[0]


def test_all_rows_are_shown_and_checked() -> None:
    (table,) = worksheet_steps(None, lr=1.0, steps=68)
    assert len(table.rows) == 68
    assert table.rows[-1][table.columns.index("E")] == digits(LAST_ERROR[1.0])
    assert "all agree" in table.note


def test_the_network_is_drawn_with_the_first_row() -> None:
    (drawn,) = worksheet_network(None)
    assert isinstance(drawn, Network)
    assert drawn.values["E"] == pytest.approx(0.014181378, abs=5e-10)


def test_the_file_names_every_fault_of_the_text() -> None:
    faults = " ".join(each.what for each in open_experiment("backprop").faults)
    for words in ("dE/dw3 and dE/dw4", "0.5 and 0.05", "first output", "0.5342"):
        assert words in faults
