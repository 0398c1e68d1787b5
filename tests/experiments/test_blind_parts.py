"""The parts of blind-descent: on small runs, and on numbers made for them."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from experiment_fakes import context_of
from fakes import stripe_dataset
from steepest.config import Config
from steepest.experiments import blind_rule, open_experiment
from steepest.experiments.blind_choice import blind_choice, choosing, told_choice
from steepest.experiments.blind_mending import blind_faults
from steepest.experiments.blind_pairs import blind_candidates, differences, over
from steepest.experiments.blind_published import (
    blind_death,
    blind_published,
    printed_loss,
    told_death,
)
from steepest.experiments.blind_rule import AsPublished
from steepest.experiments.blind_steps import Taken, walk
from steepest.experiments.blind_swing import LAYOUT, blind_swing, small_swing, swing
from steepest.experiments.blind_verdict import (
    Pair,
    blind_rates,
    blind_verdict,
    told_rate,
    told_verdict,
)
from steepest.experiments.content import Curves, Figure, Panels, Table, Text
from steepest.models import build
from steepest.objective import FunctionObjective
from steepest.preparation import prepare
from steepest.training import loop

RULE = f"{Path(blind_rule.__file__)}:AsPublished"
NET = "4C3-M2-R-F3"

CASES = f"""
[[case]]
name = "published"
title = "stripes, published loop"
config = {{ model = "{NET}", optimizer = "{RULE}:epoch_steps=6" }}

[[case]]
name = "cleared"
title = "stripes, gradients cleared"
config = {{ model = "{NET}", optimizer = "{RULE}:epoch_steps=6,clears=true" }}

[[case]]
name = "mended"
title = "stripes, mended rule"
config = {{ model = "{NET}", optimizer = "blind-descent", val = 0.5, lr = 0.02 }}

[[case]]
name = "sgd"
title = "stripes, momentum SGD"
config = {{ model = "{NET}", optimizer = "momentum:beta=0.9", val = 0.5 }}
"""


@dataclass
class Run:
    """As much of an outcome as costs and accuracies ask for."""

    seed: int
    reached: float
    forwards: int = 10
    backwards: int = 10
    seconds: float = 1.0
    diverged: str | None = None
    rows: list[dict[str, float]] = field(default_factory=list)

    @property
    def config(self) -> Config:
        return Config(seed=self.seed)

    def accuracy(self, split: str) -> float:
        return self.reached


@pytest.fixture
def context(tmp_path, monkeypatch):
    made = context_of(CASES, tmp_path, monkeypatch)
    for case in made.experiment.cases:
        for run in made.outcomes(case.name):
            run.forwards, run.backwards = (
                int(sum(row[which] for row in run.rows)) for which in ("forwards", "backwards")
            )
            run.hashes = {"weights": str(run.config.seed)}
    return made


def test_the_package_experiment_reads_and_its_parts_take_what_it_gives():
    from steepest.experiments.parts import find_part

    experiment = open_experiment("blind-descent")
    assert {
        find_part(use, experiment).__module__.rpartition(".")[2] for use in experiment.parts
    } == {
        "blind_published",
        "blind_swing",
        "blind_mending",
        "blind_choice",
        "blind_pairs",
        "blind_verdict",
        "blind_ancestor",
    }


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


def test_a_pair_differs_in_its_rule_alone():
    experiment = open_experiment("blind-descent")
    (use,) = (use for use in experiment.parts if use.use == "blind-verdict")
    for candidate, baseline in use.arguments["pairs"].values():
        ours = experiment.case(candidate).config
        assert ours.optimizer == "blind-descent"
        assert ours.with_(optimizer="momentum:beta=0.9") == experiment.case(baseline).config


def test_the_steps_that_are_watched_are_those_of_the_loop():
    data = stripe_dataset(count=48, classes=3, side=12)
    config = Config(
        model=NET, optimizer="blind-descent", lr=0.01, batch_size=8, epochs=2, threads=1
    )
    *_, last = loop(prepare(config, data))
    taken = list(walk(prepare(config, data), 2 * len(data.train) // 8))
    assert torch.equal(taken[-1].params, last.checkpoint.params)
    assert all(len(each.tried) == 2 for each in taken)
    assert all(0 < each.alive < 1 for each in taken)


def test_the_live_share_is_that_of_the_weights_before_the_step():
    data = stripe_dataset(count=16, classes=3, side=12)
    one_forward, three_forwards = (
        next(walk(prepare(Config(model=NET, optimizer=rule, lr=5.0, batch_size=8), data), 1))
        for rule in ("sgd", "blind-descent")
    )
    assert one_forward.alive == three_forwards.alive


def test_a_network_without_relu_counts_as_alive():
    data = stripe_dataset(count=16, classes=3, side=12)
    (taken,) = walk(prepare(Config(model="F3", optimizer="sgd", batch_size=8), data), 1)
    assert (taken.alive, taken.tried) == (1.0, ())


def test_the_printed_loss_divides_by_one_batch_too_many():
    run = Run(0, 0.1, rows=[{"train_loss": 3.0, "forwards": 470}])
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
    assert "is alive at the end of these steps, with 50% above zero" in told_death(
        [2.3, 2.2], [0.5, 0.5]
    )


def test_a_small_swing_has_the_period_and_growth_of_its_roots():
    small = small_swing(lr=1e-3, beta=0.9, curvature=0.1)
    rule = AsPublished(keeps_momentum=True)
    direction = torch.zeros(10, dtype=torch.float64)
    direction[0], direction[1] = 1e-4, -1e-4  # small enough that softmax is a straight line
    params, state = direction.clone(), rule.init(direction, LAYOUT)
    objective = FunctionObjective(lambda b: torch.logsumexp(b, 0) - b.mean(), LAYOUT)
    places = []
    for _ in range(1600):
        params, state, _ = rule.step(objective, params, state, 1e-3, torch.Generator())
        places.append(float(params[0]))
    path = np.array(places)
    crossings = np.flatnonzero(np.diff(np.sign(path)))
    assert 2 * np.diff(crossings).mean() == pytest.approx(small.period, rel=0.01)
    half = round(small.period / 2)
    peaks = [np.abs(path[start : start + half]).max() for start in (600, 600 + 4 * half)]
    assert peaks[1] / peaks[0] == pytest.approx(small.growth ** (4 * half), rel=0.05)


def test_without_momentum_a_swing_neither_grows_nor_fades():
    assert small_swing(lr=1e-3, beta=0.0, curvature=0.1).growth == pytest.approx(1, abs=1e-9)


def test_biases_at_rest_stay_where_they_are():
    rest = torch.zeros(10, dtype=torch.float64)
    printed = swing(rest, rest, 2, AsPublished(epoch_steps=9))
    assert printed == pytest.approx([np.log(10) * 9 / 10] * 2)


def test_the_swing_is_fitted_to_one_epoch_and_predicts_the_next(tmp_path, monkeypatch, context):
    monkeypatch.setattr("steepest.experiments.blind_swing.STARTS", 2)
    text, table, curves = blind_swing(context, losses=[2.9, 2.5, 3.1])
    assert "208 steps" in text.paragraphs[0]
    assert [row[0] for row in table.rows] == [1, 2, 3]
    assert "fitted" in table.rows[1][2]
    fitted = [line.y[0] for line in curves.lines[1:]]
    predicted = [line.y[1] for line in curves.lines[1:]]
    assert fitted == pytest.approx([2.5, 2.5], abs=0.01)
    assert all(2.8 < each < 3.4 for each in predicted)


def test_faults_are_told_by_what_they_reach(context):
    for case, accuracy in (("published", 1 / 3), ("cleared", 0.9), ("mended", 0.95), ("sgd", 0.34)):
        for run in context.outcomes(case):
            run.changed["accuracy"] = accuracy
    one, more, text, read = blind_faults(
        context,
        cases=["published", "cleared", "mended"],
        alone=["cleared", "sgd"],
        readings=["sgd"],
    )
    assert [row[0] for row in one.rows] == ["published loop", "gradients cleared", "momentum SGD"]
    assert [row[1] for row in more.rows] == ["33.3%", "90.0%", "95.0%"]
    assert len(read.rows) == 2
    assert text.paragraphs == (
        "The published loop ends at 33.3%; chance is 33%. Of the faults mended alone, what makes it learn is: "
        "gradients cleared (90.0%). The others stay at 34.0%. With every fault mended it reaches 95.0%.",
    )


def noted(before, *tried):
    return Taken(before, tried, 0.5, torch.zeros(1))


def test_choices_are_counted_exactly_as_subsets_are():
    plain = 1.0
    found = choosing([noted(1.5, plain, 0.9, 1.1, 1.0, 1.2, 1.2, 1.2, 0.8, 1.2)])
    assert (found.lower, found.same, found.higher) == (0.25, 0.125, 0.625)
    # one of two winners among 8: 2/8 alone, and 1 - (6 choose k) / (8 choose k) among k
    assert found.accepted == pytest.approx((0.25, 1 - 15 / 28, 1 - 15 / 70, 1.0))
    assert found.step == pytest.approx(0.5)
    assert found.gain == pytest.approx(0.2)
    assert found.spacing == np.spacing(np.float32(1))


def test_where_no_noisy_candidate_wins_nothing_is_gained():
    found = choosing([noted(1.5, 1.0, *[1.0] * 8)])
    assert (found.gain, found.accepted) == (0.0, (0.0, 0.0, 0.0, 0.0))
    assert "In 1 of 1 stretches" in told_choice([found])


def test_choices_are_watched_at_the_start_and_from_the_trained_weights(context):
    table, prices, text = blind_choice(context, cases=["mended"], steps=3)
    names = ["stripes, mended rule, at the start", "stripes, mended rule, after training"]
    assert [row[0] for row in table.rows] == names
    assert prices.rows[0][1:] != prices.rows[1][1:]
    assert len(prices.rows) == 2
    assert "Choosing the best of 8 adds" in text.paragraphs[0]


def test_differences_are_paired_by_seed_and_in_points():
    ours, theirs = [Run(0, 0.91), Run(1, 0.90)], [Run(1, 0.92), Run(0, 0.90), Run(2, 0.5)]
    assert differences(ours, theirs) == pytest.approx([1.0, -2.0])
    assert over(ours, theirs) == "-0.50 (-2.00 to +1.00)"
    assert over(ours[:1], theirs) == "+1.00"
    assert differences([*ours, Run(7, 0.1)], theirs) == differences(ours, theirs)


def test_candidates_show_their_price(context):
    (table,) = blind_candidates(context, cases=["sgd", "mended"])
    assert isinstance(table, Table)
    assert [row[3] for row in table.rows] == ["1", "3"]
    assert table.rows[0][2] == ""


def test_the_rate_of_the_best_validation_accuracy_is_named(context):
    for case, reached in (("sgd", 0.9), ("mended", 0.4)):
        context.outcomes(case)[0].rows[-1]["val_accuracy"] = reached
    sections = blind_rates(
        context,
        cases=["sgd", "mended"],
        grids={"Stripes": ["sgd", "mended"]},
        chosen={"Stripes": "sgd"},
    )
    curves, table, text = sections
    assert (curves.lines[0].x, curves.lines[0].y) == ((0.01, 0.02), (0.9, 0.4))
    assert table.rows == (("Stripes", "90.00%", "40.00%"),)
    assert table.columns == ("", "0.01", "0.02")
    assert text.paragraphs == (told_rate("Stripes", 0.01, 0.01),)
    assert "trains at 0.1, which was best when" in told_rate("Stripes", 0.01, 0.1)


def test_the_verdict_says_no_more_than_the_judge():
    near = Pair("near", [Run(0, 0.9, seconds=1.5)], [Run(0, 0.901)])
    far = Pair("far", [Run(0, 0.9, seconds=2)], [Run(0, 0.91)])
    kinds = {"near": SimpleNamespace(kind="equivalent"), "far": SimpleNamespace(kind="undecided")}
    assert told_verdict([near, far], kinds) == (
        "On average over the seeds the mended rule lies from -1.00 to -0.10 points from momentum SGD. The judge "
        "says of 2 settings: 1 equivalent, 1 undecided. In none of them is it better. It costs 1.50 to 2.00 times "
        "the seconds of momentum SGD."
    )
    kinds["far"] = SimpleNamespace(kind="better")
    assert "In none" not in told_verdict([near, far], kinds)


def test_the_judge_has_a_sentence_for_each_pair(context):
    table, text = blind_verdict(
        context, cases=["mended", "sgd"], pairs={"Stripes": ["mended", "sgd"]}
    )
    assert table.rows[0][4] == "3 against 1"
    assert isinstance(text, Text)
    assert text.paragraphs[1].startswith("Stripes: undecided: 2 pairs")
