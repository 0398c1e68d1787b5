from pathlib import Path

import pytest

from comparison_fakes import BASE, HERE, drained
from steepest.comparison.tuned import question_to_tune, tuning
from steepest.comparison.tuning import best
from steepest.config import Config
from steepest.errors import UserError


def test_one_side_is_tuned_as_a_comparison_tunes_it(tuned, tmp_path):
    question = question_to_tune("adam", BASE, studies=2, trials=4)
    found = drained(tuning(question, tmp_path, engine=HERE))
    for study in range(2):
        assert [t for t in found.trials if t.trial.study == study] == [
            _without_seconds(mine, theirs)
            for mine, theirs in zip(
                tuned.trials_of("adam", study), [t for t in found.trials if t.trial.study == study], strict=True
            )
        ]
    assert found.chosen == best(found.trials)
    assert len(found.by_study) == 2
    assert found.config == BASE.with_(optimizer="adam", lr=found.chosen.trial.settings["lr"])


def _without_seconds(mine, theirs):
    from dataclasses import replace

    return replace(mine, seconds=theirs.seconds)


def test_the_test_split_is_not_touched(tmp_path: Path):
    question = question_to_tune("sgd", BASE, trials=2)
    drained(tuning(question, tmp_path, engine=HERE))
    texts = [path.read_text() for path in tmp_path.glob("runs/*/outcome.json")]
    assert len(texts) == 2
    assert not any('"test"' in text for text in texts)


def test_a_given_learning_rate_cannot_be_tuned():
    for text, base in (("adam", Config(lr=0.1)), ("adam:lr=0.1", Config())):
        with pytest.raises(UserError, match="Leave lr out, or train with it") as caught:
            question_to_tune(text, base)
        assert "--fixed" not in str(caught.value)
