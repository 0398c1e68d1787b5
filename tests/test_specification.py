from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steepest.errors import UserError
from steepest.specification import (
    Specification,
    expanded,
    files_of,
    read_value,
    with_absolute_files,
    with_short_files,
)

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


# ---- files and chains


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("adam", ["adam"]),
        ("sam:rho=0.1 of momentum", ["sam", "momentum"]),
        ("sam  of  momentum ", ["sam", "momentum"]),
        ("net.py:Net", ["net.py:Net"]),
        ("net.py:Net:k=1,j=a=b", ["net.py:Net"]),
        ("a b.py:Mine", ["a b.py:Mine"]),
        ("sam of a b.py:Mine:k=1", ["sam", "a b.py:Mine"]),
        ("a.py:A:k=1 of b.py:B of c d.py:C", ["a.py:A", "b.py:B", "c d.py:C"]),
        ('/My Drive/it\'s, k=1/say "x".py:Net:path=/x/y.py:Z', ['/My Drive/it\'s, k=1/say "x".py:Net']),
        ("ema of /sam of me/x.py:y/net.py:Net", ["ema", "/sam of me/x.py:y/net.py:Net"]),
        ("~/käse/нет.py:Netz", ["~/käse/нет.py:Netz"]),
        ("./hands of god/a.py:A", ["./hands of god/a.py:A"]),
        ("a:b.py:Mine", ["a:b.py:Mine"]),
        ("x.py:y/z.py:Net", ["x.py:y/z.py:Net"]),
        ("C:\\My files=1\\net.py:Net:k=1", ["C:\\My files=1\\net.py:Net"]),
        ("new\nline.py:Net", ["new\nline.py:Net"]),
        ("torch.optim.RAdam:weight_decay=0.01", ["torch.optim.RAdam"]),
        ("8C3-R-P2-F10", ["8C3-R-P2-F10"]),
        ("shift:2", ["shift:2"]),
        ("x.py:Net:loose", ["x.py:Net:loose"]),
    ],
)
def test_a_chain_is_read_from_the_left(text: str, names: list[str]) -> None:
    parts = Specification.chain(text)
    assert [part.name for part in parts] == names
    named = [name for name in names if ".py:" in name and not name.endswith("loose")]
    assert [part.name for part in parts if part.file] == named
    assert [path.name for path in files_of(text)] == [Path(name.rpartition(":")[0]).name for name in named]


def test_the_file_that_is_hashed_is_the_file_that_is_loaded() -> None:
    for text in ("a b.py:Mine", "x of y b.py:Mine:k=1", "sam of 3 of c.py:C", "? of b.py:B"):
        named = [Path(part.file) for part in Specification.chain(text) if part.file]
        assert [*map(str, files_of(text))] == [*map(str, named)]


@given(st.text(alphabet="ab .:=,/\\~'of\npy_", max_size=40))
def test_whatever_is_written_files_are_those_of_the_parts_and_stay_when_they_are_made_absolute(text: str) -> None:
    try:
        parts = Specification.chain(text)
    except UserError:
        return
    assert files_of(text) == [expanded(part.file) for part in parts if part.file]
    try:
        absolute = with_absolute_files(text)
    except UserError:
        return
    assert files_of(absolute) == [expanded(part.file).absolute() for part in parts if part.file]
    assert with_absolute_files(absolute) == absolute


def test_a_folder_that_no_path_can_tell_from_a_class_is_refused(tmp_path: Path, monkeypatch) -> None:
    for name in ("x.py:A of b", "x.py:A:k=1"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with pytest.raises(UserError, match="Give its folder another name"):
            with_absolute_files("net.py:Net")


def test_settings_stay_as_they_were_written_when_a_path_is_made_absolute(tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "My of me, k=1"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    text = "ema:decay=0.50 of net.py:Net:eps=1e-07,on=TRUE of ~/b c.py:B of ~nobody-here/d.py:D"
    absolute = with_absolute_files(text)
    assert absolute == (
        f"ema:decay=0.50 of {folder}/net.py:Net:eps=1e-07,on=TRUE of {folder}/b c.py:B "
        f"of {folder}/~nobody-here/d.py:D"
    )
    assert with_absolute_files(absolute) == absolute
    assert with_short_files(absolute) == "ema:decay=0.50 of net.py:Net:eps=1e-07,on=TRUE of b c.py:B of d.py:D"


def test_one_thing_is_one_thing() -> None:
    with pytest.raises(UserError, match=r"names 2 things, of which one is wanted here"):
        Specification.parse("a.py:A of b.py:B")


def test_a_text_of_a_stranger_is_read_in_no_time() -> None:
    spaces = " " * 4990 + "x"
    blank = ("a.py:B:k=" + 2 * spaces, "a.py:B:k=" * 500 + spaces)
    for text in ("x.py:A:" * 1400, "a of " * 1900 + "a", "x.py:A/" * 1400, "a=" * 4900, ":" * 9999, *blank):
        begun = perf_counter()
        files_of(text)
        assert perf_counter() - begun < 0.5
    with pytest.raises(UserError, match="has 20,000 characters"):
        Specification.parse("a" * 20_000)
