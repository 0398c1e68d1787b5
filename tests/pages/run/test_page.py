"""What stands on a run's page: the curves of every epoch, the settings, the layers, the commands."""

import csv
import io
import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from steepest.content.svg import svg_of
from steepest.content.text import csv_of, printable
from steepest.data.dataset import Dataset, Split
from steepest.errors import IntegrityError
from steepest.evaluation import Evaluation, WrongImage
from steepest.pages import document as files
from steepest.pages.run.evaluation import confusion
from steepest.pages.run.page import file_name, run_page, training_panels, value_range, write_report
from steepest.runs.run import Run


def curves(made: list[dict[str, float]], best: int) -> str:
    return svg_of(training_panels(made, best, "Training")) or ""


def rows(epochs: int, validated: bool = True) -> list[dict[str, float]]:
    made = []
    for epoch in range(1, epochs + 1):
        row = {"epoch": float(epoch), "train_loss": 2 / epoch, "train_accuracy": 1 - 0.5 / epoch}
        if validated:
            row |= {"val_loss": 2.2 / epoch, "val_accuracy": 0.9 - 0.5 / epoch}
        made.append(row)
    return made


def test_both_panels_have_a_line_for_each_split() -> None:
    tree = ElementTree.fromstring(curves(rows(4), best=3))
    assert [line.get("class") for line in tree.iter("polyline")] == ["line c0", "line c1 dashed"] * 2
    assert all(len(line.get("points", "").split()) == 4 for line in tree.iter("polyline"))


def test_without_a_validation_split_there_is_one_line() -> None:
    tree = ElementTree.fromstring(curves(rows(4, validated=False), best=4))
    assert [line.get("class") for line in tree.iter("polyline")] == ["line c0"] * 2
    assert "validation" not in "".join(tree.itertext())


def test_each_epochs_numbers_stand_under_the_pointer() -> None:
    tree = ElementTree.fromstring(curves(rows(2), best=2))
    titles = [title.text for title in tree.iter("title")]
    assert titles[1] == "epoch 2\ntraining 1.0000\nvalidation 1.1000"
    assert titles[3] == "epoch 2\ntraining 75.00%\nvalidation 65.00%"


def test_the_kept_epoch_is_marked_unless_it_is_the_last() -> None:
    assert curves(rows(5), best=2).count(">kept: epoch 2<") == 2
    assert ">kept" not in curves(rows(5), best=5)


def test_one_epoch_is_drawn_too() -> None:
    tree = ElementTree.fromstring(curves(rows(1), best=1))
    assert len(list(tree.iter("circle"))) == 8  # alone, and under the pointer


def test_dots_of_many_epochs_do_not_hide_the_line() -> None:
    assert 'class="chart dense"' in curves(rows(41), best=41)
    assert 'class="chart dense"' not in curves(rows(40), best=40)


def test_a_reader_hears_where_the_curves_begin_and_end() -> None:
    label = "Loss (nats) by epoch: training from 2.0000 to 1.0000; validation from 2.2000 to 1.1000."
    assert label in curves(rows(2), best=2)


def test_an_accuracys_axis_never_leaves_what_is_possible_nor_has_no_height() -> None:
    for values in ([1.0], [0.0], [0.5, 0.5], [0.0, 1.0]):
        low, high = value_range("accuracy", values)
        assert 0 <= low <= min(values) <= max(values) <= high <= 1
        assert high - low >= 0.02 - 1e-12
    assert value_range("loss", [0.0]) == (0.0, 1.0)


def document(run: Run, evaluation: Evaluation | None, split: Split | None) -> str:
    return files.document(run_page(run, evaluation, split))


def confusion_csv(evaluation: Evaluation) -> str:
    return csv_of(confusion(evaluation))


class Page(HTMLParser):
    """What a browser would make of a report: its elements, and its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(written: list[Path]) -> Page:
    return Page(written[0].read_text(encoding="utf-8"))


@pytest.fixture
def copied(run: Run, tmp_path: Path) -> Run:
    """The run in a folder that a test may change."""
    return Run(copytree(run.path, tmp_path / "copied"))


def test_all_files_are_written_the_report_first(written: list[Path], run: Run) -> None:
    names = [str(path.relative_to(run.path)) for path in written]
    assert names[:5] == ["report.html", "curves.png", "confusion.png", "confusion.csv", "misclassified/sheet.png"]
    assert all(path.stat().st_size for path in written)


def test_names_of_strangers_are_text_and_never_markup(page: Page) -> None:
    assert page.named("script") == []
    assert not [each for _, each in page.elements if any(key.startswith("on") for key in each)]
    assert all((image["src"] or "").startswith("data:image/png;base64,") for image in page.named("img"))
    assert "<script>alert(1)</script>" in page.text
    assert "x\\x1b[2J\\u202eevil" in page.text


def test_nothing_points_outside_the_file(page: Page) -> None:
    targets = [each.get(key) for _, each in page.elements for key in ("src", "href", "action", "data")]
    assert all(target is None or target.startswith(("data:", "#")) for target in targets)
    assert "url(" not in page.text
    assert "@import" not in page.text
    policies = [each["content"] or "" for each in page.named("meta") if each.get("http-equiv")]
    assert policies[0].startswith("default-src 'none'")


def test_links_of_the_page_have_their_parts(page: Page) -> None:
    places = {each.get("id") for each in page.named("section")}
    links = {(each["href"] or "")[1:] for each in page.named("a")}
    assert links == places
    assert "surest-wrong-images" in places


def test_headings_come_in_order_and_pictures_have_words(page: Page) -> None:
    headings = [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert headings[0] == "h1"
    assert headings[1:].count("h2") == 10
    assert set(headings[1:]) <= {"h2", "h3"}
    assert all(image["alt"] for image in page.named("img"))
    assert all(svg["aria-label"] for svg in page.named("svg"))
    assert page.named("html")[0]["lang"] == "en"


def test_the_headline_has_the_accuracy_its_interval_and_the_notes(page: Page, evaluation: Evaluation) -> None:
    low, high = evaluation.interval
    assert f"{evaluation.accuracy:.2%}test accuracy95% interval {low:.2%} to {high:.2%}" in page.text
    assert page.text.count("unverified copy: <b>its hash</b> is not the published one.") == 1


def test_the_configuration_shows_what_differs_first(page: Page) -> None:
    before_fold = page.text.split("All 25 settings")[0].split("Configuration")[-1]
    assert "epochs3" in before_fold
    assert "label_smoothing" not in before_fold
    assert "label_smoothing0Share" in page.text


def test_the_file_of_every_wrong_image_is_named(page: Page, evaluation: Evaluation) -> None:
    for each in evaluation.wrong_images(24):
        assert each.name is not None
        assert each.name in page.text


def test_each_wrong_image_stands_over_its_own_name(page: Page, evaluation: Evaluation, dataset: Dataset) -> None:
    assert dataset.test is not None
    shown = page.named("img")
    wrong = evaluation.wrong_images(24)
    assert len(shown) == len(wrong)
    for image, each in zip(shown, wrong, strict=True):
        png = b64decode((image["src"] or "").partition(",")[2])
        pixels = np.asarray(Image.open(io.BytesIO(png)))
        assert (pixels == dataset.test.images[each.row].permute(1, 2, 0).numpy()).all()


def test_the_network_table_adds_up(page: Page, run: Run) -> None:
    count = sum(each.numel() for each in run.network().parameters())
    assert f"total{count:,}" in page.text


def test_the_commands_stand_on_lines_of_their_own(page: Page, run: Run) -> None:
    assert f"--threads 1\nsteepest evaluate {run.path} --split test" in page.text


def test_without_an_evaluation_the_report_says_how_to_measure(run: Run) -> None:
    text = Page(document(run, None, None)).text
    assert f"The test split is not in this report. Measure it with steepest evaluate {run.path}" in text
    assert "Confusion matrix" not in text
    assert "unverified copy" in text


def test_a_validation_report_says_that_its_accuracy_is_too_high(run: Run, evaluation: Evaluation) -> None:
    text = Page(document(run, replace(evaluation, split="validation"), None)).text
    assert "The kept weights were chosen on these images" in text
    assert "The test split is not in this report" in text


def test_without_the_images_the_wrong_ones_are_listed(run: Run, evaluation: Evaluation) -> None:
    page = Page(document(run, evaluation, None))
    assert page.named("img") == []
    assert "Surest wrong images" in page.text


def test_an_unfinished_run_says_how_to_go_on(unfinished: Run) -> None:
    text = Page(document(unfinished, None, None)).text
    assert f"not finished. Go on with steepest train --resume {unfinished.path}" in text
    assert "epochs1 of 2" in text


def test_a_run_without_an_epoch_has_a_report(begun: Run) -> None:
    assert [path.name for path in write_report(begun, None, None)] == ["report.html"]
    assert "No epoch is done yet." in (begun.path / "report.html").read_text()


def test_a_faultless_evaluation_has_no_wrong_images(copied: Run, evaluation: Evaluation, dataset: Dataset) -> None:
    faultless = replace(evaluation, labels=evaluation.predictions)
    written = write_report(copied, faultless, dataset.test)
    assert not (copied.path / "misclassified").exists()
    assert "No image got another class than its own." in written[0].read_text()


def test_a_new_report_takes_the_files_of_the_old_one_away_and_no_others(
    copied: Run, evaluation: Evaluation, dataset: Dataset
) -> None:
    folder = copied.path / "misclassified"
    write_report(copied, evaluation, dataset.test)
    (folder / "my notes.txt").write_text("look at row 5")
    write_report(copied, None, None)
    assert [path.name for path in folder.iterdir()] == ["my notes.txt"]
    assert not (copied.path / "confusion.png").exists()


def test_wrong_images_lie_in_files_named_by_what_they_are(
    written: list[Path], evaluation: Evaluation, dataset: Dataset
) -> None:
    first = evaluation.wrong_images(1)[0]
    path = next(path for path in written if path.name.startswith("0001-"))
    assert path.name == file_name(1, first)
    assert dataset.test is not None
    pixels = np.asarray(Image.open(path))
    assert pixels.shape == (32, 32, 3)
    assert (pixels[::4, ::4] == dataset.test.images[first.row].permute(1, 2, 0).numpy()).all()


def test_at_most_a_hundred_wrong_images_are_written(copied: Run, evaluation: Evaluation, dataset: Dataset) -> None:
    wrong = replace(evaluation, labels=(evaluation.predictions + 1) % 5)
    written = write_report(copied, wrong, dataset.test)
    assert sum(path.parent.name == "misclassified" for path in written) == 101  # and the sheet


def test_a_class_name_cannot_leave_the_folder() -> None:
    wrong = WrongImage(7, None, "../../etc/passwd", "猫" * 300, 0.5)
    assert file_name(2, wrong) == "0002-true-etc-passwd-predicted-class-row-7.png"


def test_the_confusion_table_reads_back(evaluation: Evaluation) -> None:
    rows = list(csv.reader(io.StringIO(confusion_csv(evaluation))))
    assert rows[0][1:] == [*map(printable, evaluation.classes)] == [row[0] for row in rows[1:]]
    assert [[int(count) for count in row[1:]] for row in rows[1:]] == evaluation.confusion.tolist()


def test_a_name_that_is_no_text_is_spelled_out(evaluation: Evaluation) -> None:
    odd = replace(evaluation, classes=("a\udc80", *evaluation.classes[1:]))
    assert "a\\udc80" in confusion_csv(odd)


def test_a_class_of_the_users_own_has_a_table_of_tensors(dataset: Dataset, tmp_path: Path) -> None:
    import steepest

    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.out = nn.Linear(192, 5)\n"
        "    def forward(self, x):\n"
        "        return self.out(x.flatten(1))\n"
    )
    run = steepest.train(
        model=f"{tmp_path}/net.py:Net", dataset=dataset, epochs=1, threads=1, out=tmp_path / "run"
    )
    text = Page(document(run, None, None)).text
    assert "body.out.weight5 × 192960" in text
    (run.path / "best.safetensors").unlink()
    with pytest.raises(IntegrityError):
        run.weights()
    assert "is missing, though epochs were finished" in Page(document(run, None, None)).text
