import io

import numpy as np
import pytest
from PIL import Image

from content_fakes import CURVES, GREY
from steepest.content.content import Images, Line, Matrix
from steepest.content.plots import Curves, Intervals, Panels, Row
from steepest.content.png import figure_of, image_files, painted, png_of


def pixels(png: bytes | None) -> np.ndarray:
    assert png is not None
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def random_matrix(kinds: int, names: tuple[str, ...] | None = None) -> Matrix:
    draws = np.random.default_rng(kinds)
    counts = draws.integers(0, 3, (kinds, kinds))
    return Matrix("Confusion", counts, names or tuple(map(str, range(kinds))))


def test_every_count_of_the_matrix_is_written() -> None:
    matrix = random_matrix(4)
    (axis,) = figure_of(matrix).axes
    written = {tuple(map(int, text.get_position())): int(text.get_text()) for text in axis.texts}
    counts = matrix.values.T  # x is the column
    assert written == {(x, y): int(counts[x, y]) for x in range(4) for y in range(4) if counts[x, y]}


@pytest.mark.parametrize("kinds", [2, 10, 30, 100])
def test_a_matrix_of_any_size_is_written_large_enough_to_read(kinds: int) -> None:
    figure = figure_of(random_matrix(kinds))
    (axis,) = figure.axes
    figure.canvas.draw()
    cell = axis.get_window_extent().width / kinds / figure.dpi  # inches
    letters = max(text.get_fontsize() for text in axis.texts) / 72
    assert 0.03 < letters < cell
    assert max(figure.get_size_inches()) <= 20


def test_long_names_stand_upright_and_are_cut() -> None:
    (axis,) = figure_of(random_matrix(2, ("hot air balloon over the sea", "b"))).axes
    first = axis.get_xticklabels()[0]
    assert (first.get_rotation(), first.get_text()) == (90, "hot air balloon ..")


def test_panels_have_one_legend_with_the_kept_epoch() -> None:
    marked = Curves("A", "epoch", "accuracy", CURVES.lines, marks=((2.0, "kept: epoch 2"),))
    figure = figure_of(Panels("Both", (CURVES, marked)))
    (legend,) = figure.legends
    said = [text.get_text() for text in legend.get_texts()]
    assert sorted(said) == ["<b>adam</b>", "kept: epoch 2", "sgd"]
    assert pixels(png_of(Panels("Both", (CURVES, marked)))).std() > 5


def test_a_name_that_begins_with_a_low_line_is_in_the_legend_too() -> None:
    figure = figure_of(Curves("", "x", "y", (Line("_hidden", (1.0, 2.0), (1.0, 2.0)),)))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [" _hidden"]


def test_an_open_interval_ends_at_the_edge() -> None:
    rows = (Row("a - b", 0.5, (float("-inf"), float("inf")), "better"), Row("c - d", -1.0, (-2.0, 0.0)))
    figure = figure_of(Intervals("I", "points", rows, margin=0.1))
    assert figure.axes[0].get_xlim()[0] < -2
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a - b", "c - d"]


def test_bytes_are_shown_as_they_are_and_a_file_is_not_written_again() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    (file,) = image_files(Images("", (grey,), ("",)))
    assert (np.asarray(Image.open(io.BytesIO(file))) == grey).all()
    assert image_files(Images("", (file,), ("",))) == [file]
    assert (painted(Images("", (file,), ("",)))[0][..., 0] == grey).all()


def test_a_large_picture_becomes_a_thumbnail_where_pictures_are_small() -> None:
    large = np.zeros((400, 200, 3), np.uint8)
    sizes = [
        Image.open(io.BytesIO(image_files(Images("", (large,), ("",), style=style))[0])).size
        for style in ("cards", "tiles")
    ]
    assert sizes == [(80, 160), (200, 400)]


def test_signed_pictures_share_a_scale_on_which_zero_is_the_middle() -> None:
    images = Images("P", (np.array([[0.0, 2.0]]), np.array([[-1.0, 1.0]])), ("", ""), diverging=True)
    (zero, two), (less, more) = (picture[0].astype(int) for picture in painted(images))
    assert abs(zero - 247).max() < 3  # white
    assert two[0] > two[2] + 60  # red
    assert less[2] > less[0] + 60  # blue
    assert more[1] > two[1]  # half as far is paler


def test_a_grey_picture_is_stretched_and_a_flat_one_stays_dark() -> None:
    stretched, flat, colour = painted(
        Images("P", (GREY * 0.1, np.zeros((2, 2)), np.full((2, 2, 3), 0.5)), ("", "", ""))
    )
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert flat.max() == 0
    assert set(np.unique(colour)) == {128}
