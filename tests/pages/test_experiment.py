import json
import re
from pathlib import Path

from PIL import Image

from content_fakes import CONTENTS, reproduction
from steepest.content.content import Figure
from steepest.experiments.reproduction import Reproduction
from steepest.pages.document import document
from steepest.pages.experiment import all_text, experiment_page, reproduction_text, write_reproduction


def shown(done: Reproduction) -> str:
    return document(experiment_page(done))


FIGURES = (
    Figure("right", 0.9826, (0.982, 0.984, 0.983), unit="%", digits=4, seconds=75.0),
    Figure("wrong", 0.5, (0.7, 0.7), digits=1, why="The sheet is wrong.", exact=True),
    Figure("open", None, (1.279e-13,), digits=16),
    Figure("also wrong", 0.5, (0.7, 0.7), digits=1, why="The sheet is wrong.", exact=True),
)


def test_the_page_holds_every_part_and_asks_the_network_for_nothing() -> None:
    page = shown(reproduction(*CONTENTS, figures=FIGURES))
    for words in ("Published and ours", "It is wrong.", "It is right.", "Why?", "Because."):
        assert words in page
    assert "steepest reproduce mine.toml" in page
    assert "default-src &#x27;none&#x27;" in page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)
    assert "Mine &lt;i&gt;" in page
    assert "&lt;b&gt;adam&lt;/b&gt;" in page
    assert "<i>" not in page


def test_the_main_table_tells_published_ours_verdict_and_reason() -> None:
    page = shown(reproduction(figures=FIGURES))
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
    assert right.split() == ["right", "98.26%", "98.300%", "0.100%", "3", "agrees", "1", "min", "15", "s"]
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
    page, text = shown(done), reproduction_text(done)
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
