from dataclasses import replace

import pytest
import torch
from PIL import Image

from steepest.data import Split
from steepest.errors import UserError
from steepest.explanation.subjects import choose_subjects


def test_rows_names_and_ends_of_names_are_found_in_the_order_asked(dataset):
    names = dataset.test.names
    found = choose_subjects([f"7,{names[3]}", "9.png"], dataset, "test")
    assert [each.row for each in found] == [7, 3, 9]
    assert found[1].name == names[3]
    assert torch.equal(found[0].image, dataset.test.images[7])
    assert found[2].label == int(dataset.test.labels[9])


def test_a_picture_file_becomes_what_the_network_saw(dataset, tmp_path):
    path = tmp_path / "a, b.png"
    Image.new("L", (6, 6), 120).save(path)
    (found,) = choose_subjects([str(path)], dataset, "test")
    assert found.image.tolist() == torch.full((1, 6, 6), 120).tolist()
    assert (found.row, found.label, found.name) == (None, None, str(path))


def test_rows_without_names_are_called_by_their_number(dataset):
    (found,) = choose_subjects(["2"], dataset, "train")
    assert found.name == "row 2"


def test_a_row_behind_the_last_is_refused(dataset):
    with pytest.raises(UserError, match="has 48 images, rows 0 to 47; there is no row 48"):
        choose_subjects(["48"], dataset, "test")


def test_what_is_nothing_is_refused_with_the_nearest_name(dataset):
    near = dataset.test.names[5]
    with pytest.raises(UserError, match=rf"no picture file\. Did you mean .*`{near}`"):
        choose_subjects([near.replace("png", "pgn")], dataset, "test")


def test_an_end_that_several_names_have_is_refused(dataset):
    test = Split(dataset.test.images[:2], dataset.test.labels[:2], ("a/1.png", "b/1.png"))
    with pytest.raises(UserError, match=r"2 files of the test split end with `1\.png`"):
        choose_subjects(["1.png"], replace(dataset, test=test), "test")
