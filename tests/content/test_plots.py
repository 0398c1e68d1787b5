import numpy as np
import pytest

from steepest.content.plots import Contours, Curves, Intervals, Line, Network, Panels
from steepest.errors import UserError


def test_a_line_has_a_y_for_every_x() -> None:
    with pytest.raises(UserError, match="The line `l` has 2 x and 1 y"):
        Line("l", (1.0, 2.0), (1.0,))


def test_every_kind_has_a_name_of_its_own() -> None:
    kinds = [each.kind for each in (Curves, Intervals, Panels, Contours, Network)]
    assert kinds == ["curves", "intervals", "panels", "contours", "network"]


def test_a_record_cannot_be_changed() -> None:
    contours = Contours("t", "x", "y", np.arange(2), np.arange(2), np.zeros((2, 2)))
    with pytest.raises(AttributeError):
        contours.title = "other"  # type: ignore[misc]
