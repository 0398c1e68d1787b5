"""Layers made of layers: ``{...}`` adds its input to what its path gives; ``(...)x3`` writes a sequence thrice."""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from ..errors import LONGEST_NAME, ShapeError
from .convolution import Convolution
from .layer import Field, Layer, Shape, parameter_count
from .pointwise import BatchNorm

MOST_LAYERS = 1000  # far above any network for small images; stops a nest of repetitions early
MOST_PARAMETERS = 1_000_000_000  # 4 GB of weights, and four times that to train them with Adam
MOST_VALUES = 250_000_000  # of all layers' outputs for one image: 1 GB, which training keeps for each of a batch


@dataclass(frozen=True)
class Repetition:
    """A sequence that is written once and stands several times, each time with weights of its own."""

    items: tuple["Item", ...]
    times: int

    def __str__(self) -> str:
        return f"({write(self.items)})x{self.times}"


@dataclass(frozen=True)
class Residual:
    """``path(x) + x``; where the path changes the shape, ``path(x) + projection(x)``.

    The projection is a 1x1 convolution without bias, with the stride of the whole path, and with a batch
    norm behind it where the path ends with one.

    Source: He et al. 2016, https://arxiv.org/abs/1512.03385, equation 2 and option B.

    >>> block = Residual((Convolution(32, 3, stride=2, padding=1), BatchNorm()))
    >>> str(block), write(block.projection((16, 32, 32)))
    ('{32C3s2p1-B}', '32C1s2n-B')
    """

    path: tuple["Item", ...]

    name: ClassVar[str] = "block"
    kind: ClassVar[str] = "residual sum"

    def __str__(self) -> str:
        return "{" + write(self.path) + "}"

    @lru_cache(maxsize=MOST_LAYERS)  # noqa: B019  # blocks within blocks would each ask twice for what is inside
    def output_shape(self, shape: Shape) -> Shape:
        """Return the path's output shape, which a projection must be able to reach."""
        last = shape_behind(expand(self.path), shape)
        self.projection(shape)
        return last

    @lru_cache(maxsize=MOST_LAYERS)  # noqa: B019
    def projection(self, shape: Shape) -> tuple[Layer, ...]:
        """Return the layers that bring the input to the path's output shape; none where it has it.

        Raises:
            ShapeError: no 1x1 convolution with the path's own stride leads there.
        """
        path = expand(self.path)
        last = shape_behind(path, shape)
        if last == shape:
            return ()
        stride = self.field(Field(), shape).jump
        refusal = ShapeError(
            f"`{self}` cannot add {list(shape)} to {list(last)}: a 1x1 convolution with the path's stride "
            f"{stride} does not lead there. Pad the path's convolutions: 3x3 with p1, 5x5 with p2."
        )
        if len(last) != 3 or len(shape) != 3:
            raise refusal
        projection = Convolution(last[0], 1, stride=stride, bias=False)
        if projection.output_shape(shape) != last:
            raise refusal
        return (projection, BatchNorm()) if isinstance(path[-1], BatchNorm) else (projection,)

    def parts(self, shape: Shape) -> Iterator["Placed"]:
        """Yield every layer of path and projection with its place, as the module names them."""
        yield from place(expand(self.path), shape, "path.")
        yield from place(self.projection(shape), shape, "projection.")

    def tensors(self, shape: Shape) -> dict[str, Shape]:
        """Return the tensors of path and projection by their full names."""
        return {
            f"{part.name}.{name}": tensor
            for part in self.parts(shape)
            for name, tensor in part.layer.tensors(part.before).items()
        }

    def multiply_adds(self, shape: Shape) -> int:
        """Return those of path and projection."""
        return sum(part.layer.multiply_adds(part.before) for part in self.parts(shape))

    @lru_cache(maxsize=MOST_LAYERS)  # noqa: B019
    def field(self, before: Field, shape: Shape) -> Field:
        """Return the path's field, which holds the projection's."""
        for _, layer, shape_before, _ in place(expand(self.path), shape):
            before = layer.field(before, shape_before)
        return before

    def build(self, shape: Shape) -> nn.Module:
        """Return the module with its ``path`` and its ``projection``."""
        return _Sum(assemble(expand(self.path), shape), assemble(self.projection(shape), shape))


Item = Layer | Repetition


class _Sum(nn.Module):
    def __init__(self, path: nn.Module, projection: nn.Module) -> None:
        super().__init__()
        self.path, self.projection = path, projection

    def forward(self, values: Tensor) -> Tensor:
        """Return the sum of both ways."""
        total: Tensor = self.path(values) + self.projection(values)
        return total


class Placed(NamedTuple):
    """A layer at its place in a network: its module's name, itself, the shapes before and behind it."""

    name: str
    layer: Layer
    before: Shape
    behind: Shape


def write(items: Sequence[Item]) -> str:
    """Return the notation of layers; it parses to equal layers."""
    return "-".join(map(str, items))


def expand(items: Sequence[Item]) -> tuple[Layer, ...]:
    """Return the layers with every repetition written out.

    >>> write(expand((Repetition((BatchNorm(),), 3),)))
    'B-B-B'
    """
    layers: list[Layer] = []
    for item in items:
        if isinstance(item, Repetition):
            layers += expand(item.items) * item.times
        else:
            layers.append(item)
    return tuple(layers)


def layer_count(items: Sequence[Item]) -> int:
    """Return how many layers there are with every repetition written out, those within blocks too.

    >>> layer_count((Repetition((BatchNorm(), Residual((BatchNorm(),))), 3),))
    9
    """
    count = 0
    for item in items:
        match item:
            case Repetition():
                count += layer_count(item.items) * item.times
            case Residual():
                count += 1 + layer_count(item.path)
            case _:
                count += 1
    return count


def check_size(model: str, layers: Sequence[Layer], shape: Shape, most: int = MOST_PARAMETERS) -> None:
    """Refuse a network that fits into no memory, before any of it is made.

    Args:
        model: its text.
        most: parameters.

    Raises:
        ShapeError: it learns too many numbers, or gives too many values for one image; the line says how many.
    """
    name = model if len(model) <= LONGEST_NAME else f"{model[:LONGEST_NAME]}.."
    parameters, values = 0, prod(shape)
    for each in place(layers, shape):
        parameters += parameter_count(each.layer, each.before)
        values += _values(each)
    if parameters > most:
        raise ShapeError(
            f"`{name}` would have {parameters:,} parameters on {list(shape)} images; at most {most:,} "
            "can be trained here. Pool more, or write smaller layers."
        )
    if values > MOST_VALUES:
        raise ShapeError(
            f"`{name}` would give {values:,} values for one image of {list(shape)}, all layers together; at most "
            f"{MOST_VALUES:,} are kept. Pool more, write smaller layers, or take smaller images."
        )


def _values(placed: "Placed") -> int:
    inner = placed.layer.parts(placed.before) if isinstance(placed.layer, Residual) else ()
    return prod(placed.behind) + sum(map(_values, inner))


def place(layers: Sequence[Layer], shape: Shape, prefix: str = "") -> Iterator[Placed]:
    """Yield each layer with its name (``conv1``, ``relu1``, ``conv2``) and the shapes around it.

    Raises:
        ShapeError: a layer does not fit what comes before it.
    """
    seen: Counter[str] = Counter()
    for layer in layers:
        seen[layer.name] += 1
        behind = layer.output_shape(shape)
        yield Placed(f"{prefix}{layer.name}{seen[layer.name]}", layer, shape, behind)
        shape = behind


def shape_behind(layers: Sequence[Layer], shape: Shape) -> Shape:
    """Return the shape behind the last layer.

    Raises:
        ShapeError: a layer does not fit what comes before it.
    """
    for layer in layers:
        shape = layer.output_shape(shape)
    return shape


def assemble(layers: Sequence[Layer], shape: Shape) -> nn.Sequential:
    """Return the modules in order, by name; weights are zeros until initialised."""
    placed = place(layers, shape)
    return nn.Sequential(OrderedDict((each.name, each.layer.build(each.before)) for each in placed))
