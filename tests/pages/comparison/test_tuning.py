from pathlib import Path

import pytest

from comparison_fakes import invented
from steepest.comparison.tuned import Tuned
from steepest.content.text import percent
from steepest.pages.comparison.tuning import trials_table, tuned_text, tuning_page, write_page


@pytest.fixture(scope="module")
def tuned() -> Tuned:
    made = invented(studies=6)
    side = made.question.sides[0]
    trials = tuple(each for each in made.trials if each.trial.side == side.name)
    return Tuned(side, made.question.design, trials, Path("tuned"))


def test_the_best_trial_comes_first_and_one_is_chosen(tuned: Tuned) -> None:
    rows = trials_table(tuned).rows
    assert len(rows) == len(tuned.trials)
    assert [row[-1] for row in rows].count("chosen") == 1
    assert (rows[0][-1], rows[0][1]) == ("chosen", percent(tuned.chosen.accuracy))


def test_the_terminal_and_the_page_hold_the_same_table(tuned: Tuned) -> None:
    text, sections = tuned_text(tuned), tuning_page(tuned).sections
    assert sections[1].contents == (trials_table(tuned),)
    assert f"validation accuracy {percent(tuned.chosen.accuracy)} (a little too" in text
    assert "the best of each study:" in text
    assert text.splitlines()[2].split()[:3] == ["lr", "val", "accuracy"]


def test_the_page_is_written_as_a_file(tuned: Tuned, tmp_path: Path) -> None:
    write_page(tuned, tmp_path / "tuning.html")
    text = (tmp_path / "tuning.html").read_text()
    assert "<h1>adam tuned on stripes</h1>" in text
    assert text.count('class="trial') == len(tuned.trials)
