"""The named models: a name, a notation, the images it is written for, and where it comes from."""

from dataclasses import dataclass

from ..errors import find_name


@dataclass(frozen=True)
class NamedModel:
    """A network that has a name.

    Args:
        notation: written for ``classes`` classes; the last layer that learns adapts to others.
        shape: [C, H, W] of the images it is written for.
        parameters: how many numbers it learns at that shape and those classes.
    """

    name: str
    notation: str
    parameters: int
    source: str
    shape: tuple[int, int, int] = (1, 28, 28)
    classes: int = 10


_COURSE = "Of the published notebook behind `mlp-and-convnets`"
_COMPACT = "R-D0.01-B"
_RESNET = (
    "16C3p1n-B-R-({16C3p1n-B-R-16C3p1n-B}-R)x3"
    "-{32C3s2p1n-B-R-32C3p1n-B}-R-({32C3p1n-B-R-32C3p1n-B}-R)x2"
    "-{64C3s2p1n-B-R-64C3p1n-B}-R-({64C3p1n-B-R-64C3p1n-B}-R)x2-G-F10"
)

_TABLE = (
    NamedModel("softmax-regression", "F10", 7_850, f"{_COURSE}: multinomial logistic regression."),
    NamedModel(
        "softmax-regression-no-bias",
        "F10n",
        7_840,
        "Of the published notebook behind `linear-optimizers`: one matrix, gradients by hand.",
    ),
    NamedModel("mlp", "F128-R-F64-R-F10", 109_386, f"{_COURSE}: two hidden layers."),
    NamedModel("convnet", "8C5p2-R-M2-F500-R-F10", 789_718, f"{_COURSE}: one convolution."),
    NamedModel("convnet2", "8C5p2-R-M2-D0.5-F500-R-F10", 789_718, f"{_COURSE}: `convnet` with dropout."),
    NamedModel(
        "convnet3",
        "16C5p2-R-M2-32C5p2-R-M2-64C5p2-R-M2-D0.5-F128-R-D0.5-F256-R-F10",
        173_962,
        f"{_COURSE}: three convolutions.",
    ),
    NamedModel(
        "convnet4",
        "(64C3p1-B-R)x2-M2-D0.4-(128C3p1-B-R)x2-M2-D0.4-(256C3p1-B-R)x2-A7-D0.5-F10",
        1_148_618,
        f"{_COURSE}: six convolutions with batch norm.",
    ),
    NamedModel(
        "cnn-guide",
        "32C3p1-R-M2-64C3p1-R-M2-F128-F10",
        421_642,
        "Of the published notebook behind `cnn-guide`, without the softmax that stood in the model and again "
        "in the loss.",
    ),
    NamedModel(
        "compact-net",
        f"(16C3n-{_COMPACT})x4-12C1n-R-M2-D0.01-B-(20C3n-{_COMPACT})x3-16C3n-{_COMPACT}-10C1n-{_COMPACT}-A2",
        19_972,
        "Of the published notebook behind `compact-net`: under 20,000 parameters, no fully connected layer.",
    ),
    NamedModel(
        "blind-descent-net",
        "32C5-M2-32C5-R-M2-10C5",
        36_074,
        "Of the published notebook behind `blind-descent`.",
        (3, 32, 32),
    ),
    NamedModel(
        "blind-mlp", "F256-R-F10", 203_530, "Of the gradient-free ancestor of `blind-descent`: 784-256-10."
    ),
    NamedModel(
        "blind-cnn",
        "16C3p1-R-M3s2p1-F128-R-F10",
        402_986,
        "Of the gradient-free ancestor of `blind-descent`: one convolution.",
    ),
    NamedModel(
        "digits-cnn",
        "32C3p1n-M2-B-R-64C3p1n-M2-B-R-64C3p1n-M2-B-R-D0.2-F10",
        61_674,
        "Ours: made to learn a few thousand digits in seconds on two cores; it pools before it normalises, "
        "which gives the rest of each stage a quarter of the values.",
    ),
    NamedModel(
        "lenet-5",
        "6C5p2-T-A2-16C5-T-A2-F120-T-F84-T-F10",
        61_706,
        "LeCun et al. 1998, Gradient-based learning applied to document recognition; plain average pools, "
        "every map connected to every map, and a fully connected last layer.",
    ),
    NamedModel(
        "quickdraw-cnn",
        "32C3p1-R-M2-64C3p1-R-M2-128C3p1-R-M2-D0.25-F256-R-D0.5-F10",
        390_410,
        "Ours: our answer to the exercise that closes the notebook behind `cnn-guide`, a CNN for doodles.",
    ),
    NamedModel(
        "resnet-small",
        _RESNET,
        272_474,
        "He et al. 2016, https://arxiv.org/abs/1512.03385: their 20-layer network for CIFAR-10, "
        "with projections (option B).",
        (3, 32, 32),
    ),
    NamedModel(
        "alexnet",
        "64C11s4p2-R-M3s2-192C5p2-R-M3s2-384C3p1-R-256C3p1-R-256C3p1-R-M3s2-D0.5-F4096-R-D0.5-F4096-R-F1000",
        61_100_840,
        "Krizhevsky 2014, https://arxiv.org/abs/1404.5997: the one-tower form that libraries ship.",
        (3, 224, 224),
        1000,
    ),
    NamedModel(
        "alexnet-2012",
        "96C11s4p2-R-L5-M3s2-256C5p2g2-R-L5-M3s2-384C3p1-R-384C3p1g2-R-256C3p1g2-R-M3s2"
        "-F4096-R-D0.5-F4096-R-D0.5-F1000",
        60_965_224,
        "Krizhevsky, Sutskever and Hinton 2012, ImageNet classification with deep convolutional neural "
        "networks: two towers, local response norm.",
        (3, 224, 224),
        1000,
    ),
)

MODELS: dict[str, NamedModel] = {each.name: each for each in _TABLE}
"""Name -> model, in the order in which a reader meets them."""


def named_model(name: str) -> NamedModel:
    """Return a named model, whatever the case of its name.

    Raises:
        UnknownName: no model is called so.
    """
    return MODELS[find_name("model", name, MODELS, "See them all with `steepest models list`.")]
