import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steepest.byhand.backprop import backprop
from steepest.byhand.dense import DEFAULT
from steepest.errors import UserError
from steepest.experiments.content import (
    Contours,
    Curves,
    Figure,
    Images,
    Line,
    Matrix,
    Network,
    Panels,
    Table,
    Text,
)
from steepest.experiments.experiment import Experiment, Fault, Question
from steepest.experiments.reproduction import Reproduction, Section
from steepest.reporting.experiment_contents import content_html
from steepest.reporting.experiment_curves import curves_svg, kind_of, scale_of
from steepest.reporting.experiment_figures import painted
from steepest.reporting.experiment_files import write_reproduction
from steepest.reporting.experiment_page import experiment_page
from steepest.reporting.experiment_text import all_text, reproduction_text

CURVES = Curves(
    "Loss",
    "epoch",
    "loss (nats)",
    (
        Line("sgd", (1.0, 2.0, 3.0, 4.0), (0.9, 0.5, float("nan"), float("inf"))),
        Line("<b>adam</b>", (1.0, 2.0, 3.0), (0.8, 0.4, 0.3)),
    ),
    note="A note.",
)
ACCURACY = Curves("Accuracy", "epoch", "accuracy", (Line("adam", (1.0, 2.0), (0.5, 0.9)),))
TABLE = Table(
    "Rows",
    ("name", "size", "words"),
    (("a", 1234, "x"), ("b", 0.5, None)),
    marked=frozenset({(1, 1)}),
)
GREY = np.linspace(0, 1, 6).reshape(2, 3)
CONTENTS = (
    TABLE,
    CURVES,
    Panels("Both", (CURVES, ACCURACY), "Means."),
    Contours(
        "Hill",
        "x",
        "y",
        np.arange(3.0),
        np.arange(4.0),
        np.random.rand(4, 3),
        (Line("way", (0.0, 1.0), (0.0, 2.0)),),
    ),
    Images("Pictures", (GREY, np.zeros((4, 4, 3))), ("one", "")),
    Matrix("Confusion", np.array([[5, 0], [2, 7]]), ("cat", "dog")),
    Network("Drawn", DEFAULT, backprop(DEFAULT).rows[0]),
    Text("Words", ("See `steepest compare`.",)),
)


def reproduction(*contents, figures=(), **how) -> Reproduction:
    experiment = Experiment(
        name="mine",
        title="Mine <i>",
        source="a notebook",
        about="One\nparagraph.\n\nAnother.",
        seeds=3,
        quick_seeds=1,
        cases=(),
        parts=(),
        faults=(Fault("It is wrong.", "It is right."),),
        questions=(Question("Why?", "Because.", "steepest compare"),),
        path=Path("mine.toml"),
    )
    sections = (Section("Shown", contents),) if contents else ()
    made = {"date": "2026-01-02", "steepest": "1.0"}
    return Reproduction(
        **{
            **{"experiment": experiment, "quick": False, "seeds": 3, "figures": tuple(figures)},
            **{"sections": sections, "notes": (), "seconds": 1.0, "made": made},
            "command": "steepest reproduce mine.toml",
            **how,
        }
    )


FIGURES = (
    Figure("right", 0.9826, (0.982, 0.984, 0.983), unit="%", digits=4, seconds=75.0),
    Figure("wrong", 0.5, (0.7, 0.7), digits=1, why="The sheet is wrong.", exact=True),
    Figure("open", None, (1.279e-13,), digits=16),
    Figure("also wrong", 0.5, (0.7, 0.7), digits=1, why="The sheet is wrong.", exact=True),
)


def test_the_page_holds_every_part_and_asks_the_network_for_nothing() -> None:
    page = experiment_page(reproduction(*CONTENTS, figures=FIGURES))
    for words in ("Published and ours", "It is wrong.", "It is right.", "Why?", "Because."):
        assert words in page
    assert "steepest reproduce mine.toml" in page
    assert "default-src &#x27;none&#x27;" in page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)
    assert "Mine &lt;i&gt;" in page
    assert "&lt;b&gt;adam&lt;/b&gt;" in page
    assert "<i>" not in page


def test_the_main_table_tells_published_ours_verdict_and_reason() -> None:
    page = experiment_page(reproduction(figures=FIGURES))
    assert "✓ agrees" in page
    assert "✗ differs" in page
    assert "98.26%" in page
    assert "98.300%" in page  # a digit more, for a mean
    assert "1.279e-13" in page
    assert "1 agrees, 2 differ, 1 not published" in page
    assert page.count("The sheet is wrong.") == 2


def test_the_terminal_shows_the_same_and_tells_a_reason_once() -> None:
    text = reproduction_text(reproduction(figures=FIGURES, notes=("quick",)))
    lines = text.splitlines()
    heading, right, wrong = lines[2:5]
    assert heading.split() == ["figure", "published", "ours", "sd", "n", "seconds"]
    assert right.split() == [
        "right",
        "98.26%",
        "98.300%",
        "0.100%",
        "3",
        "agrees",
        "1",
        "min",
        "15",
        "s",
    ]
    assert wrong.split() == ["wrong", "0.5", "0.7", "2", "differs"]
    assert "wrong, also wrong: The sheet is wrong." in text
    assert text.count("The sheet is wrong.") == 1
    assert lines[-1] == "note: quick"


def test_a_recomputed_value_is_no_published_one_on_page_and_terminal() -> None:
    figures = (
        *FIGURES[:2],
        Figure("same", 0.00957214, (0.00957214,), digits=8, recomputed=True),
        Figure("other", 0.92, (0.95,), unit="%", digits=3, recomputed=True),
    )
    done = reproduction(figures=figures)
    page, text = experiment_page(done), reproduction_text(done)
    for told in (page, text):
        assert "recomputed 0.00957214" in told
        assert "recomputed 92.0%" in told
        assert "differs from the recomputed" in told
        assert "1 agrees, 1 differs, 1 agrees with a recomputed value" in told
        assert ", 1 differs from a recomputed value" in told
    assert "✓ agrees with the recomputed" in page
    assert "<dd>1 of 2</dd>" in page
    assert done.counts == (1, 1)


def test_all_experiments_have_a_line_each() -> None:
    text = all_text([reproduction(figures=FIGURES), reproduction()])
    assert text.splitlines()[0].split()[:3] == ["mine", "1.0", "s"]
    assert text.endswith("2 experiments reproduced")


@pytest.mark.parametrize("content", CONTENTS, ids=lambda each: each.kind)
def test_every_kind_of_content_is_drawn_with_its_title(content) -> None:
    html = content_html(content)
    assert content.title in html
    if getattr(content, "note", ""):
        assert content.note in html


def test_a_marked_cell_is_marked_and_only_it() -> None:
    html = content_html(TABLE)
    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", html) == ["0.5"]
    assert "1,234" in html


def test_columns_of_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    html = content_html(
        Table("T", ("a", "b", "c"), (("x", "98.3%", "98 points"), ("y", "−1,2", "")))
    )
    kinds = re.findall(r"<th scope=\"col\"( class=\"n\")?>", html)
    assert [bool(each) for each in kinds] == [False, True, False]


def test_a_long_table_is_folded() -> None:
    long = Table("Long", ("k",), tuple((k,) for k in range(68)))
    assert "<summary>68 rows</summary>" in content_html(long)
    assert "<details>" not in content_html(TABLE)


def test_a_row_of_another_length_and_a_line_without_its_y_are_refused() -> None:
    with pytest.raises(UserError, match="Row 0 of the table `T` has 1 cells for 2 columns"):
        Table("T", ("a", "b"), (("x",),))
    with pytest.raises(UserError, match="`l` has 2 x and 1 y"):
        Line("l", (1.0, 2.0), (1.0,))
    with pytest.raises(UserError, match="`P` has 1 images and 2 captions"):
        Images("P", (GREY,), ("a", "b"))
    with pytest.raises(UserError, match=r"holds an array \[2, 3, 2\]"):
        Images("P", (np.zeros((2, 3, 2)),), ("a",))


def test_what_is_no_number_is_left_out_of_a_line() -> None:
    svg = curves_svg(CURVES)
    first, second = re.findall(r"<polyline points=\"([^\"]*)\"", svg)
    assert len(first.split()) == 2
    assert len(second.split()) == 3
    assert "nan" not in svg


def test_a_logarithmic_axis_has_powers_of_ten_and_no_zero() -> None:
    line = Line("l", (1.0, 2.0, 3.0, 4.0), (100.0, 1.0, 0.0, 0.001))
    svg = curves_svg(Curves("C", "x", "loss", (line,), log_y=True))
    (points,) = re.findall(r"<polyline points=\"([^\"]*)\"", svg)
    heights = [float(point.split(",")[1]) for point in points.split()]
    assert len(heights) == 3
    assert (heights[1] - heights[0]) / (heights[2] - heights[1]) == pytest.approx(2 / 3, abs=0.02)
    assert ">0.01<" in svg


def test_an_accuracy_is_told_in_percent_and_one_point_is_an_axis_too() -> None:
    assert ">80%<" in curves_svg(ACCURACY)
    alone = Curves("C", "x", "y", (Line("l", (1.0,), (2.0,)),))
    assert "<polyline" not in curves_svg(alone)
    assert curves_svg(alone).count('class="dot alone c0"') == 1
    assert "There is nothing to draw." in curves_svg(Curves("C", "x", "y", ()))


def test_a_scale_whose_values_span_less_than_a_power_of_ten_still_has_labels() -> None:
    scale = scale_of([2.0, 5.0], log=True)
    assert len(scale.marks) >= 2
    assert scale.words(scale.place(4.0)) == "4"


def test_between_whole_numbers_there_is_no_label() -> None:
    epochs = Curves("C", "epoch", "y", (Line("l", (1.0, 2.0), (0.1, 0.2)),))
    assert ">1.5<" not in curves_svg(epochs)
    assert ">1.2<" not in curves_svg(epochs)
    assert ">2<" in curves_svg(epochs)


def test_lines_of_one_name_have_one_colour_in_all_panels() -> None:
    html = content_html(Panels("P", (CURVES, Curves("D", "x", "y", CURVES.lines[1:]))))
    kinds = re.findall(r"class=\"line (c\d)\"", html)
    assert kinds == ["c0", "c1", "c1"]
    assert kind_of(8) == "c0 dashed"


def test_signed_pictures_share_a_scale_on_which_zero_is_the_middle() -> None:
    images = Images(
        "P", (np.array([[0.0, 2.0]]), np.array([[-1.0, 1.0]])), ("", ""), diverging=True
    )
    (zero, two), (less, more) = (picture[0].astype(int) for picture in painted(images))
    assert abs(zero - 247).max() < 3  # white
    assert two[0] > two[2] + 60  # red
    assert less[2] > less[0] + 60  # blue
    assert more[1] > two[1]  # half as far is paler


def test_a_grey_picture_is_stretched_and_a_flat_one_stays_dark() -> None:
    stretched, flat, colour = painted(
        Images("P", (GREY * 0.1, np.zeros((2, 2)), np.full((2, 2, 3), 0.5)), ("", "", ""))
    )
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert flat.max() == 0
    assert set(np.unique(colour)) == {128}


def test_the_files_are_the_page_its_pictures_and_its_numbers(tmp_path: Path) -> None:
    stale = tmp_path / "pictures" / "09-old.png"
    stale.parent.mkdir()
    stale.write_text("old")
    (tmp_path / "pictures" / "mine.txt").write_text("a user's own")
    written = write_reproduction(reproduction(*CONTENTS, figures=FIGURES), tmp_path)
    names = [path.name for path in written]
    assert names[:2] == ["report.html", "result.json"]
    assert names[2:] == [
        *("01-loss.png", "02-both.png", "03-hill.png", "04-pictures.png"),
        *("05-confusion.png", "06-drawn.svg"),
    ]
    for path in written[2:-1]:
        with Image.open(path) as picture:
            picture.load()
    record = json.loads(written[1].read_text())
    assert [each["verdict"] for each in record["figures"]][:2] == ["agrees", "differs"]
    assert not stale.exists()
    assert (tmp_path / "pictures" / "mine.txt").exists()
