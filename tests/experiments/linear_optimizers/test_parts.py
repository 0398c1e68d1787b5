from dataclasses import replace

import numpy as np

from steepest.content.content import Figure, Images, Panels, Table, Text
from steepest.experiments import open_experiment
from steepest.experiments.linear_optimizers.parts import (
    batch_answer,
    batch_sizes,
    hand_race,
    softmax_by_hand,
    ten_images,
)
from steepest.experiments.linear_optimizers.runs import runs_of


def arguments(use: str) -> dict:
    experiment = open_experiment("linear-optimizers")
    return dict(next(each.arguments for each in experiment.parts if each.use == use))


def test_the_race_has_four_panels_a_line_an_optimizer_and_a_figure_for_each(context) -> None:
    made = hand_race(context, **arguments("parts.py:hand_race"))
    figures = [each for each in made if isinstance(each, Figure)]
    whole, closer = (each for each in made if isinstance(each, Panels))
    (table,) = (each for each in made if isinstance(each, Table))
    assert [each.published for each in figures] == [None, 0.92, *[None] * 5]
    assert [each.recomputed for each in figures] == [False, True, *[False] * 5]
    assert all(len(each.ours) == 2 for each in figures)
    assert [panel.title for panel in whole.panels] == [
        *("Training loss", "Training accuracy"),
        *("Validation loss", "Validation accuracy"),
    ]
    assert all(len(panel.lines) == 7 for panel in whole.panels)
    assert all(len(panel.lines) == 6 for panel in closer.panels)
    steps = {row[0]: row[3] for row in table.rows}
    assert steps["gradient descent"] == "2"  # one step an epoch
    assert steps["SGD"] == "2"


def test_the_batch_sizes_are_answered_in_words_with_their_numbers(context) -> None:
    panels, table, text = batch_sizes(context, case="library", sizes=[8, 16, 32])
    assert isinstance(panels, Panels)
    assert [row[0] for row in table.rows] == [8, 16, 32]
    assert isinstance(text, Text)
    steps, noise, progress, end = text.paragraphs
    assert "4 times fewer steps" in steps
    assert "The root of 4, by which a mean of independent images would be quieter, is 2.0." in noise
    assert progress.startswith("Progress: with the rate left alone")
    assert "standard deviation" in end


def first_losses(context, losses: dict[int, float]):
    """Runs of some batch sizes whose first epoch had these training losses."""
    made = runs_of(context, "library", {"name": "any", "optimizer": "sgd"})
    return [
        replace(
            made,
            config=made.config.with_(batch_size=size),
            rows=tuple(({**each[0], "train_loss": loss}, *each[1:]) for each in made.rows),
        )
        for size, loss in losses.items()
    ]


def test_the_answer_names_the_size_that_gets_furthest_and_what_holds_back_the_others(context) -> None:
    def progress(**losses: float) -> str:
        found = first_losses(context, {int(size[1:]): loss for size, loss in losses.items()})
        return batch_answer(found, [2.0, 1.0])[2]

    both = progress(b32=0.4341, b64=0.3867, b128=0.3975, b512=0.5353)
    assert "is lowest with 64, 0.387." in both
    assert "their noise costs more than these win: 0.434 with 32." in both
    assert "take too few steps: 0.535 with 512." in both
    assert "noise" not in progress(b32=0.3, b64=0.4).partition("Larger")[0]
    assert "too few steps: 0.400 with 64" in progress(b32=0.3, b64=0.4)
    assert "Larger" not in progress(b32=0.4, b64=0.3)


def test_one_seed_alone_is_told_to_say_nothing_about_chance(context) -> None:
    alone = replace(context, asked_seeds=1)
    found = [runs_of(alone, "library", {"name": str(size), "batch_size": size}) for size in (8, 16)]
    assert "One seed alone" in batch_answer(found, [2.0, 1.0])[-1]


def test_ten_columns_become_ten_signed_images(context) -> None:
    (images,) = ten_images(context, case="library", runs=[{"name": "SGD", "optimizer": "sgd"}])
    assert isinstance(images, Images)
    assert images.diverging
    assert [each.shape for each in images.images] == [(28, 28)] * 10
    weights = runs_of(context, "library", {"name": "SGD", "optimizer": "sgd"}).weights
    np.testing.assert_allclose(images.images[1][0], weights[784 : 784 + 28], rtol=1e-6)


def test_by_hand_stands_beside_the_library_for_a_batch_and_a_whole_run(context) -> None:
    (table,) = softmax_by_hand(context, case="library", images=16)
    gaps = [float(row[3]) for row in table.rows]
    assert len(gaps) == 8
    assert max(gaps[0], gaps[1], gaps[3], gaps[4]) < 1e-14  # float64
    assert max(gaps[2], gaps[5]) < 1e-7  # differences
    assert gaps[6] < 1e-6  # a run in float32
    assert all(row[1][:6] == row[2][:6] for row in table.rows)
