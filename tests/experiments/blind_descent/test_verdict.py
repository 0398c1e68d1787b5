from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from steepest.config import Config
from steepest.content.content import Table, Text
from steepest.experiments import open_experiment
from steepest.experiments.blind_descent.verdict import (
    Pair,
    blind_candidates,
    blind_rates,
    blind_verdict,
    differences,
    over,
    told_rate,
    told_verdict,
)


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


def test_a_pair_differs_in_its_rule_alone():
    experiment = open_experiment("blind-descent")
    (use,) = (use for use in experiment.parts if use.use == "verdict.py:blind_verdict")
    for candidate, baseline in use.arguments["pairs"].values():
        ours = experiment.case(candidate).config
        assert ours.optimizer == "blind-descent"
        assert ours.with_(optimizer="momentum:beta=0.9") == experiment.case(baseline).config


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
        context, cases=["sgd", "mended"], grids={"Stripes": ["sgd", "mended"]}, chosen={"Stripes": "sgd"}
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
    table, text = blind_verdict(context, cases=["mended", "sgd"], pairs={"Stripes": ["mended", "sgd"]})
    assert table.rows[0][4] == "3 against 1"
    assert isinstance(text, Text)
    assert text.paragraphs[1].startswith("Stripes: undecided: 2 pairs")
