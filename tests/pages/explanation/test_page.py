import csv
import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from steepest.content.content import Group
from steepest.explanation import Explanation, LabelRanking
from steepest.pages.explanation.page import explanation_page, label_errors_csv, subject_images, write_explanation
from steepest.pages.explanation.summary import PICTURE, ImageCard, View, asked_card, views, wrong_card


def test_the_page_has_a_card_for_every_image(explanation: Explanation) -> None:
    asked, wrong, weights, meanings = explanation_page(explanation).sections
    assert [each.title for each in asked.contents if isinstance(each, Group)] == [
        asked_card(each).said for each in explanation.images
    ]
    assert sum(isinstance(each, Group) for each in wrong.contents) == 8
    assert len(weights.contents) == len(explanation.weights)
    assert meanings.title == "How to read it"


def test_a_wrong_images_card_shows_the_classes_it_lies_between(explanation: Explanation) -> None:
    card = wrong_card(explanation.wrong[0])
    captions = [each.caption for each in card.views]
    assert captions[: len(views(explanation.wrong[0]))] == [c for c, _ in views(explanation.wrong[0])]
    assert any(caption.startswith("nearest ") for caption in captions)


def test_a_card_reads_back_from_its_record(explanation: Explanation) -> None:
    card = asked_card(explanation.images[0])
    assert ImageCard.of(asdict(card)) == card


def test_a_view_holds_a_png_file_and_nothing_else() -> None:
    view = View.of("black", np.zeros((4, 4), np.uint8))
    assert view.file.startswith(b"\x89PNG")
    assert view.shown("views").images == (view.file,)
    for uri in ("https://example.org/a.png", PICTURE + "AAAA", PICTURE + "<b>"):
        with pytest.raises(ValueError, match=r"picture begins|base64|padding|binary"):
            View("x", uri)


def test_the_page_comes_first_and_the_record_last(explanation: Explanation, tmp_path: Path) -> None:
    written = write_explanation(explanation, tmp_path)
    assert (written[0].name, written[-1].name) == ("explanation.html", "explanation.json")
    kinds = {path.name.split("-")[0] for path in written if path.suffix == ".png"}
    assert kinds == {"weights", "maps", "image", "wrong"}
    for path in written[1:-1]:
        with Image.open(path) as picture:
            picture.load()


def test_what_an_earlier_explanation_left_is_taken_away(explanation: Explanation, tmp_path: Path) -> None:
    (tmp_path / "image-old.png").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    write_explanation(explanation, tmp_path)
    assert not (tmp_path / "image-old.png").exists()
    assert (tmp_path / "notes.txt").exists()


def test_a_picture_shows_at_most_eight_views_and_no_neighbour_twice(explanation: Explanation) -> None:
    for each in explanation.wrong:
        shown = subject_images(each)
        assert len(shown.images) == len(shown.captions) <= 8
        assert shown.captions[0] == "the image"


def test_the_most_doubtful_label_is_the_first_row_and_no_name_is_a_formula() -> None:
    shares = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.05, 0.95]])
    ranking = LabelRanking(shares, torch.tensor([0, 1, 0]), ("=cmd()", "b"), ("a", "b", "c"))
    rows = list(csv.DictReader(io.StringIO(label_errors_csv(ranking))))
    assert (rows[0]["row"], rows[0]["label"], rows[0]["suggested"]) == ("2", "'=cmd()", "b")
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
