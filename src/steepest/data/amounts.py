"""The amounts of an augmentation's operations: refused where they make no sense, drawn where they do."""

from torch import Tensor

from ..errors import ShapeError, UserError


def check_number(name: str, key: str, value: float, low: float, high: float) -> None:
    """Refuse a value that is no number from low to high.

    Raises:
        UserError: says what came, and the range.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise UserError(
            f"`{name}` came with {key}={value}; {key} is a number from {low:g} to {high:g}."
        )


def check_whole(name: str, key: str, value: int, low: int) -> None:
    """Refuse a value that is no whole number from low up.

    Raises:
        UserError: says what came, and the range.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < low:
        raise UserError(f"`{name}` came with {key}={value}; {key} is a whole number from {low} up.")


def check_probability(name: str, value: float) -> None:
    """Refuse a value that is no probability."""
    check_number(name, "probability", value, 0, 1)


def check_fits(name: str, amount: int, limit: int, height: int, width: int) -> None:
    """Refuse an amount of pixels above what images of height x width allow.

    Raises:
        ShapeError: says what would fit.
    """
    if amount > limit:
        raise ShapeError(
            f"`{name}:{amount}` does not fit images of {height}x{width}; at most {name}:{limit} does."
        )


def chosen(draws: Tensor, probability: float) -> Tensor:
    """Say which images [B] the first of their draws [B, n] lets an operation change."""
    return draws[:, 0] < probability


def whole(draw: Tensor, count: int) -> Tensor:
    """Return whole numbers 0..count-1, int64, each as likely, from uniform draws in [0, 1)."""
    return (draw * count).long()
