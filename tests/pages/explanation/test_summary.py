"""The report's part on what the network looks at: it comes, stays, and goes when it is no longer true."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from steepest.content.html import replaced
from steepest.data.dataset import Dataset
from steepest.evaluation import Evaluation
from steepest.explanation import Explanation
from steepest.pages.document import document
from steepest.pages.explanation.summary import Summary, explanation_json, looks_at
from steepest.pages.run.page import run_page, show_explanation, write_report
from steepest.runs.run import Run
from steepest.storage import sha256

TITLE = "What the network looks at"


@pytest.fixture
def copied(explained: Run, tmp_path: Path) -> Run:
    """The explained run in a folder that a test may change."""
    return Run(copytree(explained.path, tmp_path / "copied"))


def part(text: str) -> str:
    """Return the report's part on the explanation; empty where it has none."""
    found = re.search(r'<section id="what-the-network-looks-at">.*?</section>', text, re.DOTALL)
    return found[0] if found else ""


def test_the_part_shows_the_first_asked_and_the_surest_wrong_and_links_to_the_rest(
    explained: Run, explanation: Explanation
) -> None:
    text = (explained.path / "report.html").read_text(encoding="utf-8")
    shown = part(text)
    assert shown.count("<article") == 4 + 6
    assert f"of 120 images of the test split got another class than their own. Shown: the {6} " in shown
    assert '4 more images and every layer: <a href="explanation/explanation.html">' in shown
    assert "fc1: 16 units, 8 × 8" in shown
    assert f'<a href="#what-the-network-looks-at">{TITLE}</a>' in text
    assert (explained.path / "explanation" / "explanation.html").is_file()
    assert len(explanation.wrong) == 8


def test_the_part_holds_its_pictures_and_names_as_text(explained: Run) -> None:
    shown = part((explained.path / "report.html").read_text(encoding="utf-8"))
    sources = re.findall(r'src="([^"]{0,22})', shown)
    assert len(sources) > 30
    assert set(sources) == {"data:image/png;base64,"}
    assert "<script" not in shown
    assert "<img src=x" not in shown
    assert "&lt;img src=x" in shown


def test_putting_it_in_gives_the_report_that_would_be_written_anew(
    explained: Run, evaluation: Evaluation, dataset: Dataset
) -> None:
    put = (explained.path / "report.html").read_text(encoding="utf-8")
    assert put == document(run_page(explained, evaluation, dataset.test))


def test_it_survives_a_report_of_another_split(copied: Run, evaluation: Evaluation) -> None:
    before = part((copied.path / "report.html").read_text(encoding="utf-8"))
    for measured in (None, replace(evaluation, split="validation")):
        report = write_report(copied, measured, None)[0]
        assert part(report.read_text(encoding="utf-8")) == before


def test_an_explanation_of_other_weights_is_left_out_and_said(copied: Run) -> None:
    best = copied.path / "best.safetensors"
    best.write_bytes(best.read_bytes() + b"\n")
    shown = part(write_report(copied, None, None)[0].read_text(encoding="utf-8"))
    assert "<img" not in shown
    assert "were made with other weights than best.safetensors holds now, and are left out." in shown
    assert f"Make them again with <code>steepest explain {copied.path}</code>" in shown


def test_without_an_explanation_there_is_no_part(copied: Run) -> None:
    (copied.path / "explanation" / "explanation.json").unlink()
    assert show_explanation(copied) == copied.path / "report.html"
    assert TITLE not in (copied.path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: {},
        lambda record: [],
        lambda record: {"report": {**record["report"], "asked": [{}]}},
        lambda record: {"report": {**record["report"], "surplus": 1}},
        lambda record: {
            "report": {**record["report"], "weights": {"caption": "sent home", "uri": "https://example.org/a.png"}}
        },
    ],
)
def test_a_damaged_record_is_left_out_and_said(copied: Run, damage: Callable[[dict[str, object]], object]) -> None:
    path = copied.path / "explanation" / "explanation.json"
    path.write_text(json.dumps(damage(json.loads(path.read_text()))))
    show_explanation(copied)
    text = (copied.path / "report.html").read_text(encoding="utf-8")
    assert "explanation/explanation.json cannot be read, so its pictures are left out." in text
    assert "example.org" not in text


def test_a_record_that_is_no_json_is_left_out_and_said(copied: Run) -> None:
    (copied.path / "explanation" / "explanation.json").write_bytes(b"\xff half a fi")
    show_explanation(copied)
    assert "cannot be read" in part((copied.path / "report.html").read_text(encoding="utf-8"))


def test_the_record_reads_back_and_names_its_weights(explained: Run, explanation: Explanation) -> None:
    summary = Summary.read(explained.path / "explanation" / "explanation.json")
    assert summary == Summary.of(explanation)
    assert summary.weights_sha256 == sha256((explained.path / "best.safetensors").read_bytes())
    assert json.loads(explanation_json(explanation))["wrong_in_split"] == explanation.wrong_count


def test_what_is_known_of_the_data_is_said_once(explained: Run) -> None:
    text = (explained.path / "report.html").read_text(encoding="utf-8")
    assert text.count("unverified copy:") == 1


def test_of_a_wide_dense_layer_only_the_first_units_are_in_the_report(explanation: Explanation) -> None:
    (first, *others) = explanation.weights
    wide = replace(first, values=first.values.repeat(2, 1, 1, 1))
    shown = Summary.of(replace(explanation, weights=(wide, *others))).weights
    assert shown is not None
    assert shown.caption.endswith("; the first of 32")
    nothing = Summary.of(replace(explanation, weights=()))
    assert nothing.weights is None


def test_a_report_without_a_place_is_left_to_be_written_anew(copied: Run) -> None:
    (copied.path / "report.html").write_text("<p>of an older steepest</p>")
    assert show_explanation(copied) is None
    (copied.path / "report.html").unlink()
    assert show_explanation(copied) is None
    assert replaced("", looks_at(copied)) is None
