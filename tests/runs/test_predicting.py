import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fakes import recorded, stripe_dataset
from steepest.config import Config
from steepest.errors import DataError, ShapeError, UserError
from steepest.runs.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(
        Config(model="F2", data="stripes", epochs=20, lr=0.05),
        dataset=stripe_dataset(),
        out=tmp_path_factory.mktemp("run") / "run",
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Test images as files, named by their class, in folders; among them a hidden file and a text."""
    split = stripe_dataset().test
    assert split is not None
    for number in range(6):
        folder = tmp_path / "pictures" / ("deep" if number > 3 else "")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = split.images[number, 0].numpy()
        name = f"{number} is row {int(split.labels[number])}, ä.png"
        Image.fromarray(np.asarray(pixels)).save(folder / name)
    (tmp_path / "pictures" / ".hidden.png").write_bytes(b"not for us")
    (tmp_path / "pictures" / "notes.txt").write_text("no picture")
    return tmp_path / "pictures"


def test_a_folder_is_searched_and_every_file_gets_its_ranking(run: Run, pictures: Path) -> None:
    notes: list[str] = []
    found = run.predict(pictures, note=notes.append)
    assert found.files is not None
    assert [path.name[0] for path in found.files] == ["0", "1", "2", "3", "4", "5"]
    for path, ranking in zip(found.files, found.rankings(), strict=True):
        assert ranking[0][0] in path.name
        assert sum(share for _, share in ranking) == pytest.approx(1)
        assert ranking[0][1] >= ranking[1][1]
    assert len(notes) == 1
    assert "notes.txt" in notes[0]


def test_a_file_sees_what_the_network_saw_in_training(run: Run, pictures: Path) -> None:
    test = stripe_dataset().test
    assert test is not None
    with torch.no_grad():
        shares = run.network()(test.images[:1]).softmax(dim=1)[0]
    (found,) = run.predict(sorted(pictures.glob("0*"))).rankings()
    assert dict(found) == pytest.approx({"row 0": float(shares[0]), "row 1": float(shares[1])}, abs=1e-6)


def test_only_the_likeliest_are_named(run: Run, pictures: Path) -> None:
    found = run.predict(next(pictures.glob("0*")))
    assert [len(each) for each in found.rankings(1)] == [1]
    assert [len(each) for each in found.rankings(9)] == [2]
    with pytest.raises(UserError, match="top must be at least 1, not 0"):
        found.rankings(0)


def test_a_file_named_by_itself_must_be_a_picture(run: Run, pictures: Path) -> None:
    with pytest.raises(DataError, match=r"notes\.txt"):
        run.predict([pictures / "notes.txt"])


def test_a_path_that_is_not_there_and_a_folder_without_pictures_are_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no file .*nowhere"):
        run.predict([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"There is no image in .*empty"):
        run.predict([tmp_path / "empty"])


def test_the_table_has_a_row_a_file_and_survives_strange_names(run: Run, pictures: Path) -> None:
    rows = list(csv.reader(io.StringIO(run.predict([pictures]).to_csv(3))))
    assert rows[0] == ["file", "class_1", "probability_1", "class_2", "probability_2"]
    assert len(rows) == 7
    assert rows[1][0].endswith("0 is row 0, ä.png")
    assert rows[1][1] == "row 0"
    assert 0.5 <= float(rows[1][2]) <= 1


def test_its_dictionary_names_path_classes_and_probabilities(run: Run, pictures: Path) -> None:
    (told,) = run.predict(sorted(pictures.glob("0*"))).to_dict()["images"]
    assert told["ranking"][0]["class"] == "row 0"
    assert set(told["ranking"][0]) == {"class", "probability"}


def test_arrays_and_tensors_give_classes_and_probabilities(run: Run) -> None:
    test = stripe_dataset().test
    assert test is not None
    grey = test.images[:, 0]
    found = [run.predict(each) for each in (test.images, grey, grey.numpy(), test.images.numpy())]
    for each in found:
        assert each.probabilities.tolist() == found[0].probabilities.tolist()
        assert each.files is None
    right = [run.environment["data"]["classes"][label] for label in test.labels.tolist()]
    assert found[0].columns == ("row 0", "row 1")
    assert np.mean(np.array(found[0].classes) == np.array(right)) > 0.9
    assert found[0].probabilities.shape == (len(test), 2)
    assert found[0].probabilities.sum(dim=1).tolist() == pytest.approx([1.0] * len(test))
    assert found[0].to_csv().splitlines()[1].startswith("0,row ")
    assert len(repr(found[0])) < 500
    assert repr(found[0]).startswith(f"<{len(test)} predictions: ")


@pytest.mark.parametrize(
    ("images", "kind", "said"),
    [
        (np.zeros((2, 3, 3), np.uint8), ShapeError, r"\[2, 3, 3\]; the network takes \[N, 1, 6, 6\] or"),
        (np.zeros((6, 6), np.uint8), ShapeError, "the network takes"),
        (np.zeros((0, 6, 6), np.uint8), ShapeError, "N at least 1"),
        (torch.zeros(2, 1, 6, 6), DataError, "uint8 from 0 to 255; float32 came"),
    ],
)
def test_pixels_that_the_network_cannot_be_shown_are_refused(run, images, kind, said) -> None:
    with pytest.raises(kind, match=said):
        run.predict(images)
