import pytest

from experiment_fakes import context_of
from steepest.config import Config
from steepest.content.content import Figure, Table, Text
from steepest.experiments.compact_net.parts import changes, published_summary, reaches, recipes
from steepest.experiments.reproduction import agreement

FIELDS = [3, 5, 7, 9, 9, 10, 14, 18, 22, 26, 26, 28]
SIZES = {"input": "0.00", "forward/backward": "0.90", "parameters": "0.08", "total": "0.98"}
CASES = """
[[case]]
name = "plain"
title = "plain recipe"
config = { model = "F3" }

[[case]]
name = "fast"
title = "fast recipe"
config = { model = "F3", lr = 0.1 }

[[case]]
name = "watched"
title = "plain recipe, some held out"
config = { model = "F3", val = 0.25 }
"""


@pytest.fixture
def context(tmp_path, monkeypatch):
    return context_of(CASES, tmp_path, monkeypatch)


def summary(context, **changed):
    asked = {"model": "compact-net", "parameters": 19972, "receptive_fields": FIELDS}
    return published_summary(context, **{**asked, "megabytes": SIZES, **changed})


def test_the_published_summary_comes_out_the_same(context):
    *figures, table = summary(context)
    assert {agreement(each).verdict for each in figures if isinstance(each, Figure)} == {"agrees"}
    assert len(figures) == 6
    assert isinstance(table, Table)
    assert len(table.rows) == 42
    assert table.rows[0] == ("convolution", "16C3n", "16x26x26", "144", 3, 3)
    assert table.rows[-1] == ("average-pool", "A2", "10x1x1", None, 28, 28)
    assert not table.marked


def test_a_wrong_published_number_is_marked_and_differs(context):
    wrong = [3, 5, 7, 9, 9, 10, 14, 18, 22, 26, 26, 27]
    *figures, table = summary(context, receptive_fields=wrong)
    differing = [each.name for each in figures if agreement(each).verdict == "differs"]
    assert differing == ["compact-net: receptive fields that are as published"]
    assert table.marked == {(41, 5)}
    *figures, _ = summary(context, parameters=20_000, megabytes={"total": "0.99"})
    differing = [each.name for each in figures if agreement(each).verdict == "differs"]
    assert differing == ["compact-net: parameters", "compact-net: MB, total"]


def test_a_field_too_few_is_no_agreement(context):
    *figures, _ = summary(context, receptive_fields=FIELDS[:-1])
    assert agreement(figures[1]).verdict == "differs"


def test_changes_are_told_without_what_is_no_recipe():
    before = Config(lr=0.01, schedule="step:every=15")
    assert changes(before, before.with_(seed=7, val=0.2, threads=1)) == ""
    told = changes(before, before.with_(lr=0.1, schedule="one-cycle"))
    assert told == "lr 0.1 for 0.01, schedule one-cycle for step:every=15"


def test_the_target_is_the_mean_over_the_seeds():
    assert reaches([0.9935, 0.9945], 0.994)
    assert reaches([0.994, 0.994, 0.994], 0.994)
    assert not reaches([0.9939, 0.994, 0.994], 0.994)


def test_what_each_recipe_reaches_stands_beside_the_target(context):
    for case, accuracies in (("plain", (0.9, 0.8)), ("fast", (0.95, 0.97))):
        runs = context.outcomes(case)
        context.keep(case, [run.reaching(one) for run, one in zip(runs, accuracies, strict=True)])
    table, text = recipes(context, cases=["plain", "fast"], target=0.95, chosen_on={"plain": "watched"})
    assert isinstance(table, Table)
    watched = [run.rows[-1]["val_accuracy"] for run in context.outcomes("watched")]
    assert table.rows[0] == (
        "plain recipe",
        "nothing",
        f"{sum(watched) / 2:.2%} (n = 2)",
        "85.00% ± 7.07%",
        "90.00%, 80.00%",
        "no",
    )
    assert table.rows[1][1:] == ("lr 0.1 for 0.01", "", "96.00% ± 1.41%", "95.00%, 97.00%", "yes")
    assert isinstance(text, Text)
    assert text.paragraphs == (
        "Plain recipe reaches 85.00% on average, 10.00 points below 95.0%.",
        "With lr 0.1 for 0.01 it reaches 95.0%: 96.00% on average.",
    )
    _, text = recipes(context, cases=["plain", "fast"], target=0.8)
    assert text.paragraphs == ("Plain recipe, as published and mended, reaches 80.0%: 85.00% on average.",)
