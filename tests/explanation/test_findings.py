import pytest
import torch

from steepest.explanation.findings import Focus, ImageExplanation, Neighbour, focus_of
from steepest.explanation.subjects import Subject

IMAGE = torch.zeros(1, 2, 2, dtype=torch.uint8)


def neighbour(row: int, label: str, cosine: float) -> Neighbour:
    return Neighbour(row, f"row {row}", label, cosine, IMAGE)


def image(true: str | None, **changed) -> ImageExplanation:
    settings = {
        "subject": Subject(IMAGE, "row 3", 3, None if true is None else 0),
        "true": true,
        "ranking": (("cat", 0.75), ("dog", 0.25)),
        "probability_true": 0.75,
        "maps": {"conv1": torch.zeros(4, 2, 2)},
        "occlusion": None,
        "saliency": None,
        "focus": None,
        "alike": (neighbour(5, "dog", 0.9), neighbour(7, "cat", 0.8), neighbour(2, "cat", 0.1)),
        "alike_true": neighbour(7, "cat", 0.8),
        "alike_predicted": None,
    }
    return ImageExplanation(**{**settings, **changed})


def test_an_image_is_wrong_where_its_likeliest_class_is_not_its_own() -> None:
    assert image("cat").predicted == "cat"
    assert [image(true).wrong for true in ("cat", "dog", None)] == [False, True, False]


def test_the_nearest_vote_for_their_classes_the_most_frequent_first() -> None:
    assert image("cat").votes == [("cat", 2), ("dog", 1)]
    assert image("cat", alike=()).votes == []


@pytest.mark.parametrize(("place", "vertical", "horizontal"), [((0, 0), 1 / 8, 1 / 12), ((3, 5), 7 / 8, 11 / 12)])
def test_the_focus_is_the_middle_of_the_strongest_pixel(place, vertical, horizontal) -> None:
    covered = torch.full((4, 6), -0.5)
    covered[place] = 0.25
    assert focus_of(covered) == Focus(pytest.approx(vertical), pytest.approx(horizontal), 0.25)


def test_of_equal_places_the_first_is_the_focus() -> None:
    assert focus_of(torch.zeros(2, 2)) == Focus(0.25, 0.25, 0.0)


def test_the_record_has_every_number_and_no_pixels() -> None:
    record = image("cat", focus=Focus(0.5, 0.25, 0.1)).to_dict()
    assert record["nearest"][0] == {"row": 5, "name": "row 5", "label": "dog", "cosine": 0.9}
    assert record["nearest_of_true"]["row"] == 7
    assert record["nearest_of_predicted"] is None
    assert record["ranking"][1] == {"class": "dog", "probability": 0.25}
    assert record["occlusion_focus"] == {"vertical": 0.5, "horizontal": 0.25, "loss": 0.1}
    assert record["layers"] == {"conv1": [4, 2, 2]}
    assert image("cat").to_dict()["occlusion_focus"] is None
