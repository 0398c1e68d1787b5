import numpy as np
import pytest

from content_fakes import GREY
from steepest.content.content import Images, Line, Table
from steepest.errors import UserError


def test_a_row_of_another_length_and_a_line_without_its_y_are_refused() -> None:
    with pytest.raises(UserError, match="Row 0 of the table `T` has 1 cells for 2 columns"):
        Table("T", ("a", "b"), (("x",),))
    with pytest.raises(UserError, match="`l` has 2 x and 1 y"):
        Line("l", (1.0, 2.0), (1.0,))
    with pytest.raises(UserError, match="`P` has 1 images and 2 captions"):
        Images("P", (GREY,), ("a", "b"))
    with pytest.raises(UserError, match=r"holds an array \[2, 3, 2\]"):
        Images("P", (np.zeros((2, 3, 2)),), ("a",))
