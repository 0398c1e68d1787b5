import numpy as np
import pytest
import torch

from steepest.pages.explanation.tiles import colours, maps_picture, mosaic, occlusion_picture


def test_colours_have_white_at_zero_where_values_have_both_signs():
    below, zero, above = colours(torch.tensor([-2.0, 0.0, 1.0]))
    assert min(zero[:3]) > 240
    assert below[2] > below[0]
    assert above[0] > above[2]
    assert colours(torch.tensor([0.0, 3.0]))[0, :3].max() < 10


def test_tiles_are_enlarged_by_whole_blocks_with_a_frame_between():
    tiles = np.full((3, 2, 2, 4), 255, np.uint8)
    tiles[1] = (10, 20, 30, 255)
    sheet = mosaic(tiles, side=5, columns=2)
    assert sheet.shape == (2 * 6 + 2, 2 * 6 + 2, 4)
    assert sheet[3, 3].tolist() == [255] * 4
    assert sheet[3, 9].tolist() == [10, 20, 30, 255]
    assert sheet[-1, -1].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("shape", [(3, 7, 7), (100, 3, 3), (40, 1, 1), (10,)])
def test_maps_of_any_shape_become_a_picture(shape):
    assert min(maps_picture(torch.randn(shape)).shape[:2]) > 15


def test_the_occlusion_picture_is_red_where_the_class_is_spoken_for():
    image = torch.full((1, 4, 4), 128, dtype=torch.uint8)
    covered = torch.zeros(4, 4)
    covered[0, 0], covered[3, 3] = 0.5, -0.5
    seen = occlusion_picture(image, covered)
    assert seen[0, 0, 0] > seen[0, 0, 2] + 100
    assert seen[3, 3, 2] > seen[3, 3, 0] + 100
    assert len(set(seen[1, 1].tolist())) == 1
