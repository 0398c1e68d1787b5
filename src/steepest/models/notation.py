"""Networks written in one line, and read back as layers.

network    = item {"-" item}
item       = layer | "{" network "}" | "(" network ")x" times
layer      = 32C3s2p1g1n | M3s2p1 | A2 | G | F128n | D0.5 | B | L5 | X3 | R | S | T | GELU | ...
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

from torch import Tensor, nn

from ..errors import LONGEST_NAME, NotationError, UserError
from .composite import MOST_LAYERS, Item, Repetition, Residual, layer_count
from .convolution import Convolution, GlobalAverage, Pool
from .layer import Layer, Shape, counts_nothing, learns_nothing, require_maps, same_field
from .pointwise import ACTIVATIONS, Activation, BatchNorm, Dense, Drop, LeakyReLU, LocalResponseNorm

LONGEST = 20_000  # characters: a thousand layers of the longest kind
DEEPEST_NEST = 20  # brackets within brackets; far below Python's own limit on recursion

_SIZE = r"[1-9][0-9]{0,5}"  # six digits are beyond any layer that fits into memory
_FRACTION = r"[0-9]{0,6}(?:\.[0-9]{1,30})?"
_SUFFIXES = re.compile(r"([spg])([0-9]{1,6})")

Reader = Callable[[re.Match[str]], Layer]


def _suffixes(text: str) -> dict[str, int]:
    words = {"s": "stride", "p": "padding", "g": "groups"}
    found = [(words[letter], int(number)) for letter, number in _SUFFIXES.findall(text)]
    names = [name for name, _ in found]
    for name, number in found:
        if names.count(name) > 1:
            raise UserError(f"The {name} is given twice.")
        if name != "padding" and number == 0:
            raise UserError(f"The {name} must be at least 1.")
    return dict(found)


def _convolution(match: re.Match[str]) -> Layer:
    filters, kernel, suffixes, no_bias = match.groups()
    return Convolution(int(filters), int(kernel), **_suffixes(suffixes), bias=not no_bias)


def _pool(match: re.Match[str]) -> Layer:
    letter, kernel, suffixes = match.groups()
    return Pool(letter, int(kernel), **_suffixes(suffixes))


_READERS: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(rf"({_SIZE})C({_SIZE})((?:[spg][0-9]{{1,6}})*)(n?)"), _convolution),
    (re.compile(rf"([MA])({_SIZE})((?:[sp][0-9]{{1,6}})*)"), _pool),
    (re.compile("G"), lambda match: GlobalAverage()),
    (re.compile(rf"F({_SIZE})(n?)"), lambda match: Dense(int(match[1]), bias=not match[2])),
    (re.compile(rf"D(?=[0-9.])({_FRACTION})"), lambda match: Drop(float(match[1]))),
    (re.compile("B"), lambda match: BatchNorm()),
    (re.compile(rf"X({_SIZE})"), lambda match: Repeat(int(match[1]))),
    (re.compile(rf"L({_SIZE})"), lambda match: LocalResponseNorm(int(match[1]))),
    (
        re.compile(rf"LeakyReLU({_FRACTION})"),
        lambda match: LeakyReLU(float(match[1])) if match[1] else LeakyReLU(),
    ),
    (re.compile("|".join(ACTIVATIONS)), lambda match: Activation(match[0])),
]

FORMS = {
    "C": ("convolution", "32C3, 32C3s2p1, 32C3n (filters, C, kernel; s stride, p padding, n no bias)"),
    "M": ("max-pool", "M2 or M3s2p1 (kernel; s stride, p padding)"),
    "A": ("average-pool", "A2 or A3s2p1 (kernel; s stride, p padding)"),
    "F": ("fully connected", "F128 or F128n (outputs; n no bias)"),
    "D": ("dropout", "D0.5 (probability, at least 0 and below 1)"),
    "L": ("response norm", "L5 (neighbouring channels)"),
    "X": ("channels repeated", "X3 (how often)"),
    "G": ("global average", "G"),
    "B": ("batch norm", "B"),
}
"""Letter -> what it stands for and how it is written."""

WORDS = (*ACTIVATIONS, "LeakyReLU0.01")


def parse(text: str) -> tuple[Item, ...]:
    """Read a notation.

    Raises:
        NotationError: a token cannot be read; the message points at it.

    >>> from .composite import write
    >>> write(parse("32C3p1-R-M2s2-(F128-R)x2-F10"))
    '32C3p1-R-M2-(F128-R)x2-F10'
    """
    if len(text) > LONGEST:
        raise NotationError(f"The notation has {len(text):,} characters; at most {LONGEST:,} are read.", text, 0)
    reader = _Reader(text)
    items = reader.network(depth=0)
    if reader.position < len(text):
        closing = text[reader.position] in ")}"
        missing = "Nothing was opened that this could close." if closing else "A `-` is missing here."
        raise reader.error(missing, 1)
    if (count := layer_count(items)) > MOST_LAYERS:
        raise NotationError(
            f"Written out, these are {count:,} layers; at most {MOST_LAYERS:,} can be built.", text, 0
        )
    return items


class _Reader:
    """A text and how far it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, message: str, length: int, position: int | None = None) -> NotationError:
        where = self.position if position is None else position
        return NotationError(message, self.text, where, length)

    def skip_spaces(self) -> str:
        """Go on to the next character and return it; empty at the end."""
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1
        return self.text[self.position : self.position + 1]

    def network(self, depth: int) -> tuple[Item, ...]:
        if depth > DEEPEST_NEST:
            raise self.error(f"More than {DEEPEST_NEST} brackets stand within one another.", 1)
        items = [self.item(depth)]
        while self.skip_spaces() == "-":
            self.position += 1
            items.append(self.item(depth))
        return tuple(items)

    def item(self, depth: int) -> Item:
        match self.skip_spaces():
            case "{":
                return Residual(self.bracketed("}", depth))
            case "(":
                opened = self.position
                return self.repetition(self.bracketed(")", depth), opened)
            case _:
                return self.layer()

    def bracketed(self, closing: str, depth: int) -> tuple[Item, ...]:
        opened = self.position
        self.position += 1
        items = self.network(depth + 1)
        if self.skip_spaces() != closing:
            raise self.error(f"This bracket is never closed: write `{closing}`.", 1, opened)
        self.position += 1
        return items

    def repetition(self, items: tuple[Item, ...], opened: int) -> Item:
        match = re.compile(r"x([1-9][0-9]{0,2})(?![0-9])").match(self.text, self.position)
        if not match:
            raise self.error("A bracket says how often it stands: (...)x2 to (...)x999.", 1)
        self.position = match.end()
        times = int(match[1])
        if layer_count(items) * times > MOST_LAYERS:
            length = self.position - opened
            raise self.error(f"These are more than {MOST_LAYERS:,} layers.", length, opened)
        return Repetition(items, times)

    def layer(self) -> Layer:
        match = re.compile(r"[^-(){}\s]*").match(self.text, self.position)
        token = match[0] if match else ""
        if not token:
            raise self.error("A layer is missing here.", 1)
        for pattern, read in _READERS:
            if found := pattern.fullmatch(token):
                try:
                    layer = read(found)
                except UserError as error:
                    raise self.error(str(error), len(token)) from None
                self.position += len(token)
                return layer
        raise self.error(_why_not(token), len(token))


def _why_not(token: str) -> str:
    if len(token) > LONGEST_NAME:
        return f"`{token[:LONGEST_NAME]}..` is no layer: between layers stands a `-`."
    for short, (kind, _) in ACTIVATIONS.items():
        if token.lower() == kind.lower():
            return f"`{token}` is no layer. Write {kind} as `{short}`."
    letter = next((each for each in token if each.isalpha()), "")
    near = get_close_matches(token, WORDS, n=1, cutoff=0.7)
    if near:
        return f"`{token}` is no layer. Did you mean `{near[0]}`?"
    if letter in FORMS:
        kind, form = FORMS[letter]
        return f"`{token}` cannot be read as {kind}. Write {form}."
    letters = ", ".join(f"{each} {kind}" for each, (kind, _) in FORMS.items())
    return (
        f"`{token}` is no layer. Known: {letters}; activations {', '.join(WORDS)}. "
        "`steepest models list` shows the models with a name."
    )


class _Repeated(nn.Module):
    """All channels in their order, then all of them again, ``times`` times in all."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps [B, times C, H, W] for [B, C, H, W]."""
        return maps.repeat(1, self.times, 1, 1)

    def extra_repr(self) -> str:
        """Say how often."""
        return f"times={self.times}"


@dataclass(frozen=True)
class Repeat:
    """The channels of maps, ``times`` times over, so that grey images enter a network for colour ones.

    >>> Repeat(3).output_shape((1, 28, 28))
    (3, 28, 28)
    """

    times: int

    name: ClassVar[str] = "repeat"
    kind: ClassVar[str] = "channels repeated"

    tensors = learns_nothing
    multiply_adds = counts_nothing
    field = same_field

    def __str__(self) -> str:
        return f"X{self.times}"

    def output_shape(self, shape: Shape) -> Shape:
        """Return [times C, H, W]."""
        require_maps(self, shape)
        channels, *sides = shape
        return (self.times * channels, *sides)

    def build(self, shape: Shape) -> nn.Module:
        """Return a module that repeats the channels."""
        return _Repeated(self.times)
