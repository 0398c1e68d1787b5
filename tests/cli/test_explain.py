import csv
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from cyclopts import App
from PIL import Image

import steepest
from fakes import stripe_dataset
from steepest.cli.runs import explain
from steepest.errors import UserError
from steepest.pages.explanation.page import write_explanation
from steepest.runs.run import Run

app = App(name="steepest")
app.command(explain, name="explain")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    """A run on a folder of pictures whose names want to break the page."""
    root = tmp_path_factory.mktemp("explain")
    made = stripe_dataset(count=60, classes=2)
    for kind, split in (("train", made.train), ("test", made.test)):
        for row, (image, label) in enumerate(zip(split.images, split.labels.tolist(), strict=True)):
            folder = root / "pictures" / kind / ("<b>up" if label else "down & out")
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[0].numpy()).save(folder / f"{row}.png")
    return steepest.train(
        model="4C3-R-F2", data=str(root / "pictures"), epochs=4, batch_size=10, threads=1, out=root / "run"
    )


def verb(*words: object) -> None:
    tokens = ["explain", *map(str, words)]
    app(tokens, exit_on_error=False, print_error=False, result_action="return_value")


def test_the_page_and_its_pictures_are_written_into_the_run(run, capsys):
    verb(run.path, "--images", "0,3", "--layer", "conv1")
    folder = run.path / "explanation"
    names = {path.name for path in folder.iterdir()}
    assert {"explanation.html", "image-row-0.png", "maps-row-3-conv1.png", "weights-conv1.png"} <= names
    assert not any("relu1" in name for name in names)
    for path in folder.glob("*.png"):
        with Image.open(path) as picture:
            assert np.asarray(picture).std() > 0
    out = capsys.readouterr().out
    assert re.search(r"conv1  4 maps of 4 × 4 ", out)
    assert "nearest training images" in out
    assert f"beside {folder / 'explanation.html'}" in out


def test_the_page_asks_for_nothing_and_holds_names_as_text(run):
    verb(run.path)
    page = (run.path / "explanation" / "explanation.html").read_text()
    assert "<b>up" not in page
    assert "&lt;b&gt;up" in page
    assert set(re.findall(r'src="([^"]{0,15})', page)) == {"data:image/png;"}
    assert "default-src 'none'" in unescape(page)
    assert all(words for words in re.findall(r'alt="([^"]*)"', page))


def test_a_new_explanation_takes_the_old_pictures_away_and_no_others(run):
    verb(run.path, "--images", "5")
    folder = run.path / "explanation"
    (folder / "my notes.txt").write_text("row 5")
    verb(run.path, "--images", "2")
    assert not (folder / "image-row-5.png").exists()
    assert (folder / "my notes.txt").exists()


def test_a_picture_file_is_explained_without_a_label(run, tmp_path, capsys):
    path = tmp_path / "mine.png"
    Image.new("L", (30, 30), 40).save(path)
    verb(run.path, "--images", path, "--wrong", "0", "--out", tmp_path / "out", "--json")
    found = json.loads(capsys.readouterr().out)
    (image,) = found["images"]
    assert (image["true"], image["row"], image["nearest_of_true"]) == (None, None, None)
    assert found["wrong"] == []
    assert any(re.fullmatch(r"image-.*mine\.png", Path(file).name) for file in found["files"])


def test_label_errors_are_ranked_in_a_table_a_sheet_and_a_page(run, tmp_path, capsys):
    verb(run.path, "--label-errors", "--folds", "2", "--top", "3", "--out", tmp_path)
    shown = capsys.readouterr()
    assert "fold 2/2: agrees with" in shown.err
    assert "60 training labels, each judged by a network that never saw its image." in shown.out
    with (tmp_path / "label-errors.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows] == [str(n) for n in range(1, 61)]
    margins = [float(row["probability"]) - float(row["probability_suggested"]) for row in rows]
    assert margins == sorted(margins)
    assert (tmp_path / "label-errors.html").read_text().count("<li>") == 3
    with Image.open(tmp_path / "label-errors.png") as sheet:
        assert sheet.size[0] > 200


def test_the_report_shows_the_explanation_that_lies_in_the_run_and_no_other(run, tmp_path, capsys):
    report = run.path / "report.html"
    report.unlink(missing_ok=True)
    verb(run.path, "--images", "4", "--out", tmp_path / "elsewhere")
    assert not report.exists()
    verb(run.path, "--images", "4")
    assert f"The chief ones are also in {report}" in capsys.readouterr().out
    anew = report.read_text()
    assert "What the network looks at" in anew
    assert "test accuracy" in anew
    report.write_text(anew.replace("test accuracy", "kept as it was"))
    verb(run.path, "--images", "3", "--json")
    assert str(report) in json.loads(capsys.readouterr().out)["files"]
    assert "kept as it was" in report.read_text()
    assert report.read_text() != anew.replace("test accuracy", "kept as it was")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--label-errors", "--images", "3"], "ranks all training images: leave images away"),
        (["--label-errors", "--top", "0"], "top must be at least 1, not 0"),
        (["--images", "900"], "there is no row 900"),
    ],
)
def test_what_cannot_be_is_refused_in_words(run, words, message):
    with pytest.raises(UserError, match=message):
        verb(run.path, *words)


def test_a_page_without_captum_says_so(run, tmp_path, monkeypatch):
    from steepest.explanation import explain as taken_apart

    monkeypatch.setattr("steepest.explanation.explaining.captum_installed", lambda: False)
    found = taken_apart(run, wrong=1)
    page = write_explanation(replace(found, title="a < b"), tmp_path)[0].read_text()
    assert "need captum" in page
    assert "occlusion:" not in page
    assert "<h1>a &lt; b, taken apart</h1>" in page
