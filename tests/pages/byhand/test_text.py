from steepest.byhand.backpropagation import backprop
from steepest.byhand.dense import DEFAULT
from steepest.pages.byhand.text import rows_csv, rows_text


def test_the_csv_has_every_row_with_all_digits():
    run = backprop(DEFAULT, steps=3)
    lines = rows_csv(run).splitlines()
    assert len(lines) == 4
    heads, first = lines[0].split(","), lines[1].split(",")
    assert float(first[heads.index("dE/dw3")]) == run.rows[0].values["dE_dw3"]


def test_the_text_breaks_into_blocks_that_fit():
    run = backprop(DEFAULT, steps=3)
    text = rows_text(run, run.columns, width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("step") == text.count("\n\n") + 1
