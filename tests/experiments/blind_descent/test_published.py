from types import SimpleNamespace

import pytest

from steepest.content.content import Curves, Figure, Panels
from steepest.experiments import open_experiment
from steepest.experiments.blind_descent.published import (
    blind_death,
    blind_faults,
    blind_published,
    printed_loss,
    told_death,
)
from steepest.models import build


def test_the_package_experiment_reads_and_its_parts_take_what_it_gives():
    from steepest.experiments.parts import find_part

    experiment = open_experiment("blind-descent")
    homes = {find_part(use, experiment).__module__.rpartition(".")[2] for use in experiment.parts}
    assert homes == {"choice", "published", "swing", "verdict"}


def test_both_datasets_get_the_published_number_of_parameters():
    experiment = open_experiment("blind-descent")
    for case, shape in (("mnist-mended", (1, 28, 28)), ("cifar-mended", (3, 32, 32))):
        model = experiment.case(case).config.model
        assert sum(each.numel() for each in build(model, shape, 10).parameters()) == 36_074


def test_each_published_case_forgets_its_momentum_where_its_epoch_ends():
    experiment = open_experiment("blind-descent")
    for case, images in (("mnist-published", 60_000), ("cifar-published", 50_000)):
        config = experiment.case(case).config
        steps = -(-images // config.batch_size)
        assert config.optimizer.endswith(f"epoch_steps={steps}")


def test_the_printed_loss_divides_by_one_batch_too_many():
    run = SimpleNamespace(diverged=None, rows=[{"train_loss": 3.0, "forwards": 470}])
    assert printed_loss(run, 0) == pytest.approx(3.0 * 235 / 236)
    assert printed_loss(run, 1) == float("inf")


def test_published_losses_stand_beside_ours_for_the_epochs_that_were_trained(context):
    *figures, table, curves = blind_published(context, case="published", losses=[2.5, 2.0, 1.0])
    assert [each.published for each in figures] == [2.5, 2.0]
    assert all(isinstance(each, Figure) and len(each.ours) == 2 for each in figures)
    assert [row[1] for row in table.rows] == ["2.50", "2.00", "1.00"]
    assert table.rows[2][2] == "not trained"
    assert isinstance(curves, Curves)
    assert [line.name for line in curves.lines] == ["published", "ours, seed 0", "ours, seed 1"]


def test_published_accuracies_are_the_shares_of_single_classes(context):
    labels = context.source(context.config("published")).test.labels
    first = float((labels == 0).float().mean())
    assert round(first, 3) != 0.9
    asked = {"case": "published", "losses": [2.5], "accuracies": [round(first, 3), 0.9]}
    *_, shares = blind_published(context, **asked)
    assert [row[:2] for row in shares.rows] == [(1, f"{first:.1%}"), (2, "90.0%")]
    assert f"0 ({first:.2%})" in shares.rows[0][2]
    assert shares.rows[1][2] == ""


def test_the_first_steps_of_several_cases_are_watched_once(context):
    notes = []
    object.__setattr__(context, "note", notes.append)
    panels, text = blind_death(context, cases=["published", "cleared"], steps=4)
    assert isinstance(panels, Panels)
    assert [len(line.x) for panel in panels.panels for line in panel.lines] == [4] * 4
    assert text.paragraphs[0].startswith("It learns at first")
    assert len(notes) == 2
    blind_death(context, cases=["published", "cleared"], steps=4)
    assert len(notes) == 2


def test_death_is_told_from_the_numbers():
    said = told_death([2.3, 0.9, 8.0, 2.3], [0.5, 0.4, 0.2, 0.0])
    assert "falls to 0.90 at step 2" in said
    assert "reaches 8.0 at step 3" in said
    assert "From step 4 on fewer than 1% of the ReLU outputs" in said
    assert "is alive at the end of these steps, with 50% above zero" in told_death([2.3, 2.2], [0.5, 0.5])


def test_faults_are_told_by_what_they_reach(context):
    for case, accuracy in (("published", 1 / 3), ("cleared", 0.9), ("mended", 0.95), ("sgd", 0.34)):
        for run in context.outcomes(case):
            run.changed["accuracy"] = accuracy
    one, more, text, read = blind_faults(
        context, cases=["published", "cleared", "mended"], alone=["cleared", "sgd"], readings=["sgd"]
    )
    assert [row[0] for row in one.rows] == ["published loop", "gradients cleared", "momentum SGD"]
    assert [row[1] for row in more.rows] == ["33.3%", "90.0%", "95.0%"]
    assert len(read.rows) == 2
    assert text.paragraphs == (
        "The published loop ends at 33.3%; chance is 33%. Of the faults mended alone, what makes it learn is: "
        "gradients cleared (90.0%). The others stay at 34.0%. With every fault mended it reaches 95.0%.",
    )
