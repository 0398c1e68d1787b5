import shlex

import pytest

from steepest.cli import VERBS
from steepest.data.table import TABLE
from steepest.experiments import open_experiment
from steepest.models import MODELS, layer_table
from steepest.optimizers import choose
from steepest.training.schedules import choose_schedule

NAMES = ("mlp-and-convnets", "cnn-guide", "compact-net")


@pytest.fixture(params=NAMES)
def experiment(request):
    return open_experiment(request.param)


def test_every_case_can_be_built_and_trained(experiment):
    for case in experiment.cases:
        for config in (case.config, case.quick):
            assert layer_table(config.model).rows[-1].output_shape[0] == 10
            choose(config.optimizer, config.lr)
            choose_schedule(config.schedule)
            assert config.data in TABLE
        assert case.quick.data == "mnist5k"
        assert case.config.data == "mnist"
        assert case.which == "last" or case.config.val > 0


def test_every_fault_says_how_it_is_mended_and_every_question_has_a_command(experiment):
    assert len(experiment.faults) >= 4
    for fault in experiment.faults:
        assert fault.what.endswith((".", "image."))
        assert fault.mended
    for question in experiment.questions:
        program, verb, *_ = shlex.split(question.command)
        assert question.asks.endswith(("?", "."))
        assert question.answer
        assert program == "python" or verb in {*VERBS, "reproduce", "compare"}


def test_models_that_commands_name_are_known(experiment):
    for question in experiment.questions:
        words = shlex.split(question.command)
        if words[1:3] in (["models", "show"], ["byhand", "count"]):
            assert words[3] in MODELS


def test_the_published_figures_are_those_of_the_notebook():
    cases = {each.name: each for each in open_experiment("mlp-and-convnets").cases}
    published = {name: tuple(one.value for one in each.published) for name, each in cases.items()}
    assert published == {
        "logistic": (0.83, 0.9829),
        "mlp": (0.9826, 0.0521137),
        "convnet": (0.9826, 0.0521),
        "convnet2": (0.983,),
        "convnet3": (0.989,),
        "convnet4": (0.9912, 0.0273),
    }
    assert "stale cell" in cases["mlp"].fault


def test_the_two_guide_cases_differ_in_the_softmax_alone():
    mended, double = (open_experiment("cnn-guide").case(name) for name in ("mended", "double"))
    assert double.config.model == f"{MODELS['cnn-guide'].notation}-Softmax"
    assert double.config.with_(model="cnn-guide") == mended.config
    assert (mended.which, double.which) == ("best", "best")


def test_the_compact_recipes_keep_the_limits_of_the_class():
    experiment = open_experiment("compact-net")
    for case in experiment.cases:
        assert layer_table(case.config.model).parameters < 20_000
        assert case.config.epochs <= 20
    assert experiment.case("published").config.val == 0
