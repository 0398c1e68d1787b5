import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fakes import stripe_dataset
from steepest.errors import DataError, UserError
from steepest.predicting import as_csv, predict_files
from steepest.recording import train
from steepest.runs import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(
        model="F2",
        data="stripes",
        epochs=20,
        lr=0.05,
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
    found = predict_files(run, [pictures], note=notes.append)
    assert [each.path.name[0] for each in found] == ["0", "1", "2", "3", "4", "5"]
    for each in found:
        assert each.ranking[0][0] in each.path.name
        assert sum(share for _, share in each.ranking) == pytest.approx(1)
        assert each.ranking[0][1] >= each.ranking[1][1]
    assert len(notes) == 1
    assert "notes.txt" in notes[0]


def test_a_file_sees_what_the_network_saw_in_training(run: Run, pictures: Path) -> None:
    test = stripe_dataset().test
    assert test is not None
    with torch.no_grad():
        shares = run.network()(test.images[:1]).softmax(dim=1)[0]
    (found,) = predict_files(run, sorted(pictures.glob("0*")))
    assert dict(found.ranking) == pytest.approx(
        {"row 0": float(shares[0]), "row 1": float(shares[1])}, abs=1e-6
    )


def test_only_the_likeliest_are_named(run: Run, pictures: Path) -> None:
    (found,) = predict_files(run, sorted(pictures.glob("0*")), top=1)
    assert len(found.ranking) == 1
    (found,) = predict_files(run, sorted(pictures.glob("0*")), top=9)
    assert len(found.ranking) == 2


def test_a_file_named_by_itself_must_be_a_picture(run: Run, pictures: Path) -> None:
    with pytest.raises(DataError, match=r"notes\.txt"):
        predict_files(run, [pictures / "notes.txt"])


def test_a_path_that_is_not_there_and_a_folder_without_pictures_are_refused(
    run: Run, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"There is no file .*nowhere"):
        predict_files(run, [tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"There is no image in .*empty"):
        predict_files(run, [tmp_path / "empty"])


def test_the_table_has_a_row_a_file_and_survives_strange_names(run: Run, pictures: Path) -> None:
    rows = list(csv.reader(io.StringIO(as_csv(predict_files(run, [pictures]), top=3))))
    assert rows[0] == ["file", "class_1", "probability_1", "class_2", "probability_2"]
    assert len(rows) == 7
    assert rows[1][0].endswith("0 is row 0, ä.png")
    assert rows[1][1] == "row 0"
    assert 0.5 <= float(rows[1][2]) <= 1


def test_its_dictionary_names_path_classes_and_probabilities(run: Run, pictures: Path) -> None:
    told = predict_files(run, sorted(pictures.glob("0*")))[0].to_dict()
    assert told["ranking"][0]["class"] == "row 0"
    assert set(told["ranking"][0]) == {"class", "probability"}
