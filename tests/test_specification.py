import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steepest.errors import UserError
from steepest.specification import MOVED, PACKAGE, Specification, load_file_class, placed, read_value

WORDS = st.from_regex(r"[a-z][a-z_0-9]{0,6}", fullmatch=True).filter(
    lambda w: w not in ("true", "false", "nan", "inf")
)
VALUES = st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS.filter(lambda w: w != "infinity")


@given(WORDS, st.dictionaries(WORDS, VALUES, max_size=3))
def test_what_is_written_reads_back_as_it_was(name: str, settings: dict[str, object]) -> None:
    written = Specification(name, settings)  # type: ignore[arg-type]
    assert Specification.parse(str(written)) == written


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("adam:beta1=0.9,beta1=0.8", "`beta1` is given twice in `adam:beta1=0.9,beta1=0.8`."),
        ("adam:beta1=0.9,eps", "`eps` in `adam:beta1=0.9,eps` is no setting. Write key=value"),
        ("adam:=3", "`=3` in `adam:=3` is no setting"),
        ("  ", "names nothing"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, line: str) -> None:
    with pytest.raises(UserError) as caught:
        Specification.parse(text)
    assert line in str(caught.value)


def test_a_whole_number_stays_whole() -> None:
    assert isinstance(read_value("3"), int)
    assert isinstance(read_value("3.0"), float)


def test_a_class_is_loaded_from_the_users_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Net:\n    size = 7\n")
    assert load_file_class(f"{tmp_path}/mine.py:Net").size == 7


@pytest.mark.parametrize(
    ("content", "asked", "line"),
    [
        ("class Net: pass", "mine.py:Nat", "mine.py has no `Nat`. It has: Net."),
        ("1 / 0", "mine.py:Net", "fails as it is imported: ZeroDivisionError"),
        ("def", "mine.py:Net", "fails as it is imported: SyntaxError"),
        ("", "other.py:Net", "There is no file"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, content: str, asked: str, line: str) -> None:
    (tmp_path / "mine.py").write_text(content)
    with pytest.raises(UserError) as caught:
        load_file_class(f"{tmp_path}/{asked}")
    assert line in str(caught.value)


def test_a_file_of_the_package_is_the_module_that_it_is() -> None:
    from steepest.experiments.blind_descent import rule

    found = load_file_class(f"{rule.__file__}:AsPublished")
    assert found is rule.AsPublished
    assert rule.__name__ in sys.modules


def test_only_a_moved_file_of_ours_that_is_not_there_is_looked_for_elsewhere(tmp_path) -> None:
    (end, new), *_ = MOVED.items()
    gone, there = Path("/elsewhere") / end, tmp_path / end
    assert placed(gone) == PACKAGE / new
    assert placed(gone).is_file()
    there.parent.mkdir(parents=True)
    there.touch()
    assert placed(there) == there
    assert placed(Path("/elsewhere/blind_rule.py")) == Path("/elsewhere/blind_rule.py")
