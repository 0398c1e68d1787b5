from dataclasses import replace
from pathlib import Path
from shutil import copytree

import torch

from steepest.content.text import bar, columns_of
from steepest.evaluation import Evaluation
from steepest.pages.run.text import epoch_line, evaluation_text, runs_table
from steepest.runs.run import Run


def made(classes: tuple[str, ...] = ("cat", "dog"), **changes: object) -> Evaluation:
    """Three cats, one of them taken for a dog with 73 %, and one dog."""
    logits = torch.zeros(4, len(classes)).index_fill_(1, torch.arange(2, len(classes)), -9.0)
    logits[:, 0] = torch.tensor([2.0, 2.0, 0.0, 0.0])
    logits[:, 1] = torch.tensor([0.0, 0.0, 1.0, 3.0])
    evaluation = Evaluation(logits, torch.tensor([0, 0, 0, 1]), classes)
    return replace(evaluation, **changes)  # type: ignore[arg-type]


def test_the_first_lines_say_how_well_it_did() -> None:
    lines = evaluation_text(made(), width=80).splitlines()
    assert lines[0] == "test accuracy 75.00%  (3 of 4 images right)"
    assert lines[1] == "95% interval 30.06% to 95.44%"
    assert lines[2].startswith("loss 0.4")


def test_notes_stand_with_the_numbers() -> None:
    text = evaluation_text(made(notes=("unverified copy\x1b[2J",)), width=80)
    assert text.splitlines()[3] == "note: unverified copy\\x1b[2J"


def test_scores_and_matrix_line_up() -> None:
    text = evaluation_text(made(), width=80)
    assert "cat                  100.0%   66.7%  80.0%       3  ################....\n" in text
    assert "     cat  dog\ncat    2    1\ndog    .    1\n" in text


def test_confusions_and_wrong_images_are_named() -> None:
    text = evaluation_text(made(names=("a.png", "b.png", "odd\n.png", "d.png")), width=80)
    assert "most confused\n  cat taken for dog  1 image\n" in text
    assert text.endswith("surest wrong images\n  cat taken for dog   73.1%  odd\\n.png")
    assert evaluation_text(made(), width=80).endswith("  73.1%  row 2")


def test_long_names_become_numbers_above_the_columns() -> None:
    text = evaluation_text(made(("hot air balloon", "dog")), width=80)
    assert "                   0  1\n0 hot air balloon  2  1\n1 dog              .  1\n" in text


def test_no_line_is_wider_than_the_terminal() -> None:
    for width in (60, 80, 120):
        for kinds in (2, 10, 40):
            text = evaluation_text(made(tuple(f"class {i}" for i in range(kinds))), width)
            assert max(map(columns_of, text.splitlines())) <= width


def test_a_matrix_that_is_too_wide_says_where_it_is() -> None:
    text = evaluation_text(made(tuple(f"class {i}" for i in range(40))), width=80)
    assert "40 classes are too many for 80 columns" in text
    assert "confusion.csv" in text


def test_a_faultless_evaluation_says_so() -> None:
    text = evaluation_text(made(labels=torch.tensor([0, 0, 1, 1])), width=80)
    assert text.endswith("no image got another class than its own")
    assert "most confused" not in text


def test_a_class_may_be_called_like_a_mean(evaluation: Evaluation) -> None:
    renamed = replace(evaluation, classes=("accuracy", "macro avg", "weighted avg", "a", "a"))
    assert [row.f1 for row in renamed.class_scores] == [row.f1 for row in evaluation.class_scores]
    assert renamed.mean_scores == evaluation.mean_scores
    assert "macro avg" in evaluation_text(renamed, width=80)


def test_only_everything_fills_a_bar() -> None:
    assert [bar(share, 4) for share in (0.0, 0.2499, 0.25, 0.9999, 1.0)] == [
        "....",
        "....",
        "#...",
        "###.",
        "####",
    ]


def test_an_epoch_is_one_line_of_at_most_120_columns() -> None:
    row = {"epoch": 9, "lr": 1e-3 / 3, "train_loss": 10.5, "train_accuracy": 1.0}
    line = epoch_line(row | {"val_loss": 10.5, "val_accuracy": 1.0}, 100, 3599)
    assert line.startswith("epoch   9/100   loss 10.5000  accuracy 100.00%   validation loss 10.5000")
    assert len(line) <= 120
    assert "validation" not in epoch_line(row, 100, 1)


def test_runs_stand_in_a_table_and_a_damaged_one_says_so(run: Run, tmp_path: Path) -> None:
    damaged = Run(copytree(run.path, tmp_path / "damaged"))
    (damaged.path / "config.toml").write_text("epochs = many")
    lines = runs_table([run, damaged]).splitlines()
    assert lines[0].split() == ["run", "model", "data", "optimizer", "epochs", "loss", "val", "accuracy", "time"]
    assert lines[1].startswith("small  F16-R-F5  made  adam          3/3  ")
    assert lines[2].startswith("damaged: ")
    assert "was changed since the run began" in lines[2]


def test_a_run_that_has_not_begun_has_a_line(begun: Run) -> None:
    assert runs_table([begun]).splitlines()[1].split()[4:] == ["0/2", "-", "-", "0.0", "s"]
