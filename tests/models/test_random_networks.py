"""What must hold for every network that the notation can write."""

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from steepest.errors import ShapeError
from steepest.models.composite import Repetition, Residual, expand, place, write
from steepest.models.convolution import Convolution, GlobalAverage, Pool
from steepest.models.layer import parameter_count
from steepest.models.network import initialise
from steepest.models.notation import Repeat, parse
from steepest.models.pointwise import ACTIVATIONS, Activation, BatchNorm, Dense, Drop, LeakyReLU, LocalResponseNorm
from steepest.models.shapes import layer_table

properly = settings(deadline=None, max_examples=150, derandomize=True)


@st.composite
def convolutions(draw):
    kernel = draw(st.integers(1, 4))
    groups = draw(st.sampled_from([1, 1, 1, 2]))
    return Convolution(
        filters=groups * draw(st.integers(1, 4)),
        kernel=kernel,
        stride=draw(st.integers(1, 3)),
        padding=draw(st.integers(0, kernel - 1)),
        groups=groups,
        bias=draw(st.booleans()),
    )


@st.composite
def pools(draw):
    kernel = draw(st.integers(1, 4))
    return Pool(
        draw(st.sampled_from("MA")),
        kernel,
        stride=draw(st.integers(0, 3)),
        padding=draw(st.integers(0, kernel // 2)),
    )


def simple_layers():
    fraction = st.floats(0, 0.999, allow_subnormal=False).map(lambda p: round(p, 6))
    return st.one_of(
        convolutions(),
        pools(),
        st.builds(Dense, st.integers(1, 8), st.booleans()),
        st.builds(Drop, fraction),
        st.builds(Activation, st.sampled_from(sorted(ACTIVATIONS))),
        st.builds(LeakyReLU, fraction),
        st.builds(LocalResponseNorm, st.integers(1, 5)),
        st.builds(Repeat, st.integers(1, 3)),
        st.sampled_from([BatchNorm(), GlobalAverage()]),
    )


def items():
    def nested(inner):
        some = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.one_of(st.builds(Residual, some), st.builds(Repetition, some, st.integers(1, 3)), inner)

    return st.recursive(simple_layers(), nested, max_leaves=6)


def networks():
    return st.lists(items(), min_size=1, max_size=8).map(tuple)


SHAPES = st.tuples(st.integers(1, 4), st.integers(4, 14), st.integers(4, 14))


def fitting(items, shape):
    """Leave out what does not fit behind the rest, and give the remaining items."""
    kept = []
    for item in items:
        behind = shape
        try:
            for layer in expand((item,)):
                behind = layer.output_shape(behind)
        except ShapeError:  # also one that comes after some layers of the item fitted
            continue
        shape = behind
        kept.append(item)
    return kept


@properly
@given(networks())
def test_what_is_written_reads_back_as_equal_layers(items):
    assert parse(write(items)) == items


@properly
@given(networks())
def test_a_canonical_text_prints_as_itself(items):
    assert write(parse(write(items))) == write(items)


@properly
@given(networks(), SHAPES)
def test_predicted_shapes_are_those_of_the_tensors(items, shape):
    layers = expand(fitting(items, shape))
    values = torch.rand(2, *shape)
    with torch.no_grad():
        for placed in place(layers, shape):
            module = placed.layer.build(placed.before).eval()
            values = module(values)
            assert tuple(values.shape[1:]) == placed.behind, placed


@properly
@given(networks(), SHAPES)
def test_predicted_tensors_are_those_of_the_modules(items, shape):
    for placed in place(expand(fitting(items, shape)), shape):
        module = placed.layer.build(placed.before)
        real = {name: tuple(each.shape) for name, each in module.named_parameters()}
        assert placed.layer.tensors(placed.before) == real
        assert parameter_count(placed.layer, placed.before) == sum(each.numel() for each in module.parameters())


@properly
@given(networks(), SHAPES)
def test_the_table_counts_every_parameter_once(items, shape):
    items = fitting(items, shape)
    assume(items)
    try:
        table = layer_table(write(items), shape)
    except ShapeError as error:  # channels repeated again and again
        assume("values for one image" not in str(error))
        raise
    real = sum(
        parameter.numel()
        for placed in place(expand(items), shape)
        for parameter in placed.layer.build(placed.before).parameters()
    )
    assert table.parameters == real
    for row in table.rows:
        if row.parameters:
            left, _, right = row.derivation.replace(",", "").partition(" = ")
            assert eval(left.replace("x", "*")) == int(right) == row.parameters


@properly
@given(st.one_of(convolutions(), pools()), SHAPES)
def test_a_window_is_refused_exactly_where_torch_refuses_it(layer, shape):
    try:
        predicted = layer.output_shape(shape)
    except ShapeError:
        predicted = None
    try:
        real = tuple(layer.build(shape)(torch.rand(1, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        real = None
    assert predicted == real


@st.composite
def local_networks(draw):
    """Networks without padding or whole-map layers, so that the centre sees no border."""
    kernels = st.integers(1, 3)
    windows = st.one_of(
        st.builds(Convolution, st.integers(1, 3), kernels, st.integers(1, 2)),
        st.builds(Pool, st.just("A"), kernels, st.integers(1, 2)),
        st.just(Residual((Convolution(2, 3, padding=1), Activation("T"), Convolution(2, 3, padding=1)))),
    )
    return tuple(draw(st.lists(windows, min_size=1, max_size=4)))


@settings(deadline=None, max_examples=60, derandomize=True)
@given(local_networks())
def test_the_receptive_field_is_where_the_gradient_is_not_zero(layers):
    shape = (1, 64, 64)
    row = layer_table(write(layers), shape).rows[-1]
    network = torch.nn.Sequential(*(placed.layer.build(placed.before) for placed in place(layers, shape))).double()
    initialise(network, "he", seed=0)
    assert row.receptive_field == extent_of_the_centre(network, shape)


def extent_of_the_centre(network, shape):
    pixels = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
    maps = network(pixels)
    maps[0, :, maps.shape[2] // 2, maps.shape[3] // 2].sum().backward()
    seen = pixels.grad[0].abs().sum(0).nonzero()
    height, width = (seen.max(0).values - seen.min(0).values + 1).tolist()
    return height, width
