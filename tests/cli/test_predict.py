import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from fakes import stripe_dataset


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures ✓"
    folder.mkdir()
    test = stripe_dataset().test
    assert test is not None
    for number in range(3):
        Image.fromarray(test.images[number, 0].numpy()).save(folder / f"{number}, 'x'.png")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_picture_gets_one_line_with_its_likeliest_classes(command, trained, pictures) -> None:
    file = pictures / "0, 'x'.png"
    done = command("predict", trained(), file, "--top", 1)
    assert done.code == 0
    (line,) = done.out.splitlines()
    assert line.startswith(f"{file}: row 0 ")
    assert line.endswith("%")


def test_a_folder_gives_a_table_and_says_which_files_are_no_pictures(command, trained, pictures) -> None:
    done = command("predict", trained(), pictures)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [Path(row["file"]).name for row in rows] == [f"{n}, 'x'.png" for n in range(3)]
    assert "notes.txt" in done.err


def test_the_table_can_go_to_a_file(command, trained, pictures) -> None:
    done = command("predict", trained(), pictures, "--out", "table.csv")
    assert done.code == 0
    assert len(Path("table.csv").read_text().splitlines()) == 4


def test_json_is_one_object(command, trained, pictures) -> None:
    told = command("predict", trained(), pictures, "--json").json
    assert len(told["images"]) == 3
    assert told["images"][0]["ranking"][0]["class"] == "row 0"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere.png"], "There is no file nowhere.png."),
        (["run", "empty"], "There is no image in empty"),
        (["run", "text.png"], "text.png"),
        (["run", "text.png", "--top", "0"], "top must be at least 1, not 0."),
        (["nowhere", "text.png"], "nowhere is no run"),
        (["run"], "requires"),
    ],
)
def test_the_users_errors_are_one_line_and_code_2(arguments: list[str], words: str, command, trained) -> None:
    trained()
    Path("empty").mkdir()
    Path("text.png").write_text("no picture")
    done = command("predict", *arguments)
    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1


def test_a_table_that_cannot_be_written_is_one_line(command, trained, pictures) -> None:
    done = command("predict", trained(), pictures, "--out", "no/such/folder.csv")
    assert done.code == 2
    assert "no/such/folder.csv" in done.err.splitlines()[-1]
    assert "Traceback" not in done.err
