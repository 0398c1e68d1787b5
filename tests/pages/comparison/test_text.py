import shlex

import pytest

from comparison_fakes import BASE, invented
from steepest.comparison.question import question_of
from steepest.config import Config
from steepest.pages.commands import compare_command
from steepest.pages.comparison.text import comparison_text, subject
from steepest.verbs.settings import separated


def test_a_tuned_comparison_tells_verdicts_costs_budgets_and_its_population():
    text = comparison_text(invented())
    assert text.splitlines()[:2] == [
        "adam, sgd: F4-R-F2, on stripes, 2 epochs, batches of 16",
        "tuned: 8 studies x 2 seeds; 16 trials in each study; the unit is the study",
    ]
    assert "population: luck with initial weights, batch order, validation images and tuning" in text
    assert "exactly these 1,000 images of stripes (--test-images" in " ".join(text.split())
    assert "adam against sgd\n  better: +1." in text
    assert "correlation of the pairs " in text
    assert "the verdict by tuning budget" in text
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  1") or line.startswith("  8")]
    assert "chosen in the first study" in text
    (row,) = [line for line in text.splitlines() if line.startswith("adam  ") and "%" in line]
    assert row.split()[-3:] == ["1.25", "500", "500"]


def test_a_fixed_comparison_tells_that_nothing_was_tuned():
    text = comparison_text(invented(fixed=True))
    assert "fixed settings: 8 seeds; the unit is the seed" in text
    assert "tuning" not in text


def test_arrivals_and_divergence_have_columns_only_where_they_are():
    plain = comparison_text(invented(fixed=True))
    assert "diverged" not in plain
    assert "arrived" not in plain
    text = comparison_text(invented(levels=(0.95, 0.9), fixed=True, target=0.92, metric="steps", diverge="sgd"))
    assert "steps to 92 %" in text
    rows = {line.split()[0]: line.split() for line in text.splitlines()[5:8]}
    assert rows["adam"][-3:] == ["300", "8/8", "0/8"]
    assert rows["sgd"][-3:] == ["-", "0/8", "1/8"]


def test_the_name_of_a_side_is_told_whole_however_long_it_is():
    """Two sides may differ at their names' ends alone."""
    sides = [
        f"adamw:weight_decay=0.0123456789,beta1=0.912345,beta2=0.9912345678,eps={eps}"
        for eps in ("1e-07", "1e-06")
    ]
    rows = [line for line in comparison_text(invented(sides)).splitlines() if "%" in line]
    for side in sides:
        assert any(row.startswith(f"{side}  ") for row in rows)


def test_notes_stand_beside_the_verdicts():
    from dataclasses import replace

    noted = replace(invented(), notes=("unverified copy",))
    assert "note: unverified copy" in comparison_text(noted)


def test_what_differs_between_the_sides_is_not_told_of_all():
    question = question_of(["mlp", "lenet5@epochs=9"], Config(optimizer="sgd"), vary="model", fixed=True)
    assert subject(question) == "sgd, on mnist5k, batches of 64"


QUESTIONS = [
    {"sides": ["adam", "sgd"]},
    {"sides": ["adam:beta1=0.8,eps=1e-7", "sam of sgd@batch_size=32@epochs=3"], "trials": 8},
    {"sides": ["sgd", "adam"], "candidate": "lion", "studies": 6, "budget": "passes"},
    {"sides": ["constant", "step:every=2"], "vary": "schedule", "fixed": True, "seeds": 9},
    {"sides": ["mlp", "F9"], "vary": "model", "fixed": True, "until_decided": True, "max_seeds": 30},
    {"sides": ["adam", "sgd"], "fixed": True, "metric": "steps", "target": 0.9, "margin": 0.1},
    {"sides": ["adam", "sgd"], "fixed": True, "test_images": True, "studies": None},
    {"sides": ["0.5", "none"], "vary": "clip_norm", "studies": 7, "seeds": 21},
]


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: " ".join(asked["sides"]))
def test_the_printed_command_asks_the_same_question(asked, monkeypatch):
    sides = asked["sides"]
    rest = {key: value for key, value in asked.items() if key != "sides"}
    base = Config(batch_size=16, seed=3, stratified=False)
    question = question_of(sides, base, **rest)
    heard = []

    class Heard(Exception):
        pass

    def listen(texts, base, **words):
        heard.append(question_of(texts, base, **words))
        raise Heard

    from steepest.cli import application

    monkeypatch.setattr("steepest.comparison.question.question_of", listen)
    with pytest.raises(Heard):
        application("compare")(
            shlex.split(compare_command(question))[1:],
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    (again,) = heard
    assert again.to_dict() | {"sides": None} == question.to_dict() | {"sides": None}
    assert [side.config for side in again.sides] == [side.config for side in question.sides]


def test_sides_with_commas_are_told_apart_from_their_settings():
    assert separated("sgd, adam@lr=0.1,my/rule.py:Mine:k=2,j=3,torch.optim.SGD:momentum=0.9") == [
        *("sgd", "adam@lr=0.1", "my/rule.py:Mine:k=2,j=3", "torch.optim.SGD:momentum=0.9")
    ]
    assert separated("") == []
    assert BASE.data == "stripes"
