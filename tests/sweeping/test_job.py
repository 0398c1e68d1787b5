from pathlib import Path

import pytest

from code_fakes import RULE, files
from steepest.config import Config
from steepest.errors import UnknownName, UserError
from steepest.sweeping import Job

OTHERS = {
    "a setting": Job(Config(lr=0.1)),
    "the seed": Job(Config(seed=1)),
    "the splits": Job(Config(), splits=("test", "train")),
    "the weights": Job(Config(), which="best"),
}


def test_a_key_is_sixteen_hexadecimal_digits_and_the_same_for_equal_jobs() -> None:
    key = Job(Config()).key
    assert len(key) == 16
    assert set(key) <= set("0123456789abcdef")
    assert Job(Config(epochs=5), splits=("test",)).key == key


def test_a_key_stays_the_same_from_one_version_to_the_next() -> None:
    """Else every sweep on disk would be trained anew: raise FORMAT where that is meant."""
    config = Config(model="F10", optimizer="sgd", lr=0.1, epochs=1)
    assert Job(config).key == Job(config.with_(seed=0)).key == "6595284fa31bcbde"


@pytest.mark.parametrize("what", OTHERS)
def test_another_job_has_another_key(what: str) -> None:
    assert OTHERS[what].key != Job(Config()).key


def test_splits_may_come_as_a_list() -> None:
    assert Job(Config(), splits=["test"]) == Job(Config())  # type: ignore[arg-type]


def test_a_rule_that_the_user_changed_makes_another_job(tmp_path: Path) -> None:
    file = tmp_path / "my.py"
    keys = []
    for content in ("class Rule: pass", "class Rule: other = 1"):
        file.write_text(content)
        keys.append(Job(Config(optimizer=f"{file}:Rule:k=2")).key)
        keys.append(Job(Config(model=f"{file}:Net")).key)
    assert len(set(keys)) == 4


def test_a_missing_file_is_left_to_the_check_before_training() -> None:
    assert len(Job(Config(optimizer="nowhere.py:Rule")).key) == 16


def test_a_job_tells_its_settings_in_a_line() -> None:
    text = str(Job(Config(optimizer="sgd", lr=0.5, seed=3)))
    assert text == "model mlp, data mnist5k, optimizer sgd, lr 0.5, seed 3"


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"No split is called `tests`\. Did you mean `test`\?"):
        Job(Config(), splits=("tests",))
    with pytest.raises(UnknownName, match=r"No set of weights is called `first`\. Known: last, best"):
        Job(Config(), which="first")
    with pytest.raises(UserError, match="needs a split"):
        Job(Config(), splits=())


def test_a_helper_beside_a_rule_counts_with_its_content(tmp_path: Path) -> None:
    rule = files(tmp_path, mine_py="from pack.inner import x\n" + RULE, pack__inner_py="x = 1\n")
    config = Config(optimizer=f"{rule}:Mine")
    before = Job(config).key
    assert Job(config).key == before
    files(tmp_path, pack__inner_py="x = 2\n")
    assert Job(config).key != before
    assert set(Job(config).files) == {str(rule), str(tmp_path / "pack/inner.py")}
