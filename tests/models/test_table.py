import pytest
import torch

from steepest.errors import UnknownName
from steepest.models import MODELS, build, expand, layer_table, parse, write
from steepest.models.composite import assemble, place, shape_behind
from steepest.models.table import named_model

PUBLISHED = {
    "softmax-regression": 7_850,
    "softmax-regression-no-bias": 7_840,
    "mlp": 109_386,
    "convnet": 789_718,
    "convnet2": 789_718,
    "convnet3": 173_962,
    "convnet4": 1_148_618,
    "cnn-guide": 421_642,
    "compact-net": 19_972,
    "blind-descent-net": 36_074,
    "alexnet": 61_100_840,
    "alexnet-2012": 60_965_224,
    "resnet-small": 272_474,
    "lenet-5": 61_706,
}

every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
small_models = pytest.mark.parametrize(
    "model", [each for each in MODELS.values() if each.parameters < 2_000_000], ids=lambda m: m.name
)


@every_model
def test_the_notation_is_canonical(model):
    assert write(parse(model.notation)) == model.notation


@every_model
def test_the_parameters_are_counted_exactly(model):
    assert layer_table(model.name).parameters == model.parameters


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_the_parameters_are_the_published_ones(name, parameters):
    assert MODELS[name].parameters == parameters


@every_model
def test_the_source_is_a_sentence(model):
    assert model.source.endswith(".")
    assert len(model.source.split()) > 3


@small_models
def test_it_builds_and_gives_logits_for_raw_pixels(model):
    network = build(model.name, model.shape, model.classes)
    assert sum(each.numel() for each in network.parameters()) == model.parameters
    pixels = torch.randint(0, 256, (2, *model.shape), dtype=torch.uint8)
    logits = network(pixels)
    assert logits.shape == (2, model.classes)
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()


@small_models
def test_it_adapts_its_last_layer_to_the_number_of_classes(model):
    network = build(model.name, model.shape, 7).eval()
    assert network(torch.zeros(2, *model.shape)).shape == (2, 7)


@pytest.mark.parametrize("name", ["alexnet", "alexnet-2012"])
def test_alexnet_runs_as_the_table_says(name):
    model = MODELS[name]
    layers = expand(parse(model.notation))
    with torch.device("meta"):  # shapes only: 61 million numbers need no memory for that
        network = assemble(layers, model.shape).eval()
        logits = network(torch.zeros(1, *model.shape))
    assert sum(each.numel() for each in network.parameters()) == model.parameters
    assert tuple(logits.shape[1:]) == shape_behind(layers, model.shape) == (1000,)
    before_dense = next(p.before for p in place(layers, model.shape) if p.layer.name == "fc")
    assert before_dense == (256, 6, 6)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UnknownName) as caught:
        named_model("convnet5")
    assert str(caught.value).startswith("No model is called `convnet5`. Did you mean `convnet")
    assert str(caught.value).endswith("See them all with `steepest models list`.")
