import io

import pytest
from PIL import Image

from steepest.content.png import file_of
from steepest.optimizers.surfaces import Path, Surface, race, surface
from steepest.pages.race import FRAMES, path_figure, race_figure, race_gif, small_png


@pytest.fixture(scope="module")
def ground() -> Surface:
    return surface("ravine")


@pytest.fixture(scope="module")
def paths(ground: Surface) -> list[Path]:
    return race(ground, ["sgd:lr=0.01", "adam:lr=0.1"], steps=12)


def test_the_whole_race_is_on_the_picture(ground: Surface, paths: list[Path]) -> None:
    plane, heights = race_figure(ground, paths).axes
    assert ground.name in plane.get_title()
    assert [len(line.get_xdata()) for line in heights.lines] == [13, 13]  # type: ignore[arg-type]
    assert [text.get_text() for text in heights.get_legend().get_texts()] == [p.label for p in paths]


def test_the_moving_picture_ends_where_the_race_ends(ground: Surface, paths: list[Path]) -> None:
    with Image.open(io.BytesIO(race_gif(ground, paths))) as moving:
        assert 2 <= moving.n_frames <= min(FRAMES + 1, 13)  # type: ignore[attr-defined]


def test_a_small_picture_has_few_colours_and_fewer_bytes(ground: Surface, paths: list[Path]) -> None:
    figure = path_figure([(ground, paths[0])])
    small = small_png(figure)
    assert len(small) < len(file_of(figure))
    with Image.open(io.BytesIO(small)) as picture:
        assert len(picture.getcolors() or []) <= 32
