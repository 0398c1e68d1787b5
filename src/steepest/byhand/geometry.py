"""Where a window can stand on an image: kernel, stride, padding and dilation, with the arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import ShapeError, UserError


@dataclass(frozen=True)
class Geometry:
    """How a window moves: kernel [height, width], stride, padding and dilation, the same on both sides."""

    kernel: tuple[int, int]
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self) -> None:
        if min(self.kernel) < 1:
            raise UserError(
                f"A kernel has a side of at least 1; {self.kernel[0]}x{self.kernel[1]} came."
            )
        for name, low in (("stride", 1), ("padding", 0), ("dilation", 1)):
            if getattr(self, name) < low:
                raise UserError(f"{name} must be at least {low}, not {getattr(self, name)}.")
        least = min(self.dilation * (side - 1) + 1 for side in self.kernel)
        if self.padding >= least:
            raise ShapeError(
                f"padding {self.padding} lets a window that reaches over {least} see nothing but padding: "
                f"at most {least - 1}."
            )

    def places(self, height: int, width: int) -> tuple[int, int]:
        """Return how many places the window has downwards and across.

        Raises:
            ShapeError: there is none; with the arithmetic.

        >>> Geometry((4, 4), stride=4).places(28, 28)
        (7, 7)
        """
        down, across = (
            self._places(*each) for each in zip((height, width), self.kernel, strict=True)
        )
        return down, across

    def _places(self, size: int, kernel: int) -> int:
        count = places(size, kernel, self.stride, self.padding, self.dilation)
        if count < 1:
            said = arithmetic(size, kernel, self.stride, self.padding, self.dilation)
            raise ShapeError(f"A window of {kernel} does not fit on {size} pixels: {said}.")
        return count

    def seen(self, row: int, column: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield for each kernel place its row and column, and the pixel's; a pixel may lie outside."""
        for u in range(self.kernel[0]):
            for v in range(self.kernel[1]):
                yield (
                    u,
                    v,
                    row * self.stride - self.padding + u * self.dilation,
                    column * self.stride - self.padding + v * self.dilation,
                )


def places(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many places a window has on one side.

    >>> places(28, 2), places(28, 5, stride=2, padding=1)
    (27, 13)
    """
    return (size - (dilation * (kernel - 1) + 1) + 2 * padding) // stride + 1


def arithmetic(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> str:
    """Return the same with its numbers.

    >>> arithmetic(28, 5, 2, 1)
    '(28 - 5 + 2 x 1) // 2 + 1 = 13'
    >>> arithmetic(9, 3, dilation=2)
    '(9 - (2 x (3 - 1) + 1) + 2 x 0) // 1 + 1 = 5'
    """
    reach = str(kernel) if dilation == 1 else f"({dilation} x ({kernel} - 1) + 1)"
    count = places(size, kernel, stride, padding, dilation)
    return f"({size} - {reach} + 2 x {padding}) // {stride} + 1 = {count}"
