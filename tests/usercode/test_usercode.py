"""Code that a file names is run once it is confirmed, and what is run is what was hashed."""

import copy
import pickle
import sys
from pathlib import Path

import pytest

from code_fakes import RUNS, files
from steepest import usercode
from steepest.comparison.space import Dimension, Space, with_settings
from steepest.config import Config
from steepest.errors import UserError
from steepest.specification import Foreign, Specification, in_known_spelling, with_absolute_files, with_short_files
from steepest.storage import sha256
from steepest.usercode import allow, foreign, hashes_of, hashes_run, keep, kept, load, require
from steepest.usercode.reading import PACKAGE


def test_a_class_is_loaded_from_the_users_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class Net:\n    size = 7\n")
    assert load(f"{tmp_path}/mine.py:Net").size == 7


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
        load(f"{tmp_path}/{asked}")
    assert line in str(caught.value)


def test_a_file_of_the_package_is_the_module_that_it_is() -> None:
    from steepest.experiments.blind_descent import rule

    found = load(f"{rule.__file__}:AsPublished")
    assert found is rule.AsPublished
    assert rule.__name__ in sys.modules


# ---- a stranger's


def foreign_text(text: str) -> str:
    return Foreign(text, "runs/a/config.toml")


def test_a_file_that_a_file_names_is_refused_until_it_is_allowed(tmp_path: Path) -> None:
    path = files(tmp_path, mine_py="import helper\n" + RUNS + "class Net: pass\n", helper_py=RUNS)
    with pytest.raises(UserError) as caught:
        load(foreign_text(f"{path}:Net"))
    digest = sha256(path.read_bytes())[:16]
    assert (
        f"runs/a/config.toml names code that was never run or confirmed on this machine: {path} "
        f"(SHA-256 {digest}), " in str(caught.value)
    )
    assert "--allow-code, in Python allow_code=True" in str(caught.value)
    assert not Path("PWNED").exists()
    said: list[str] = []
    allow([path], said.append)
    assert said[0] == f"allowed: {path} (SHA-256 {digest})"
    assert len(said) == 2
    assert load(foreign_text(f"{path}:Net")).__name__ == "Net"


@pytest.mark.parametrize("changed", ["mine_py", "helper_py"])
def test_what_is_confirmed_is_the_bytes_of_the_file_and_of_its_helpers(tmp_path: Path, changed: str) -> None:
    content = {"mine_py": "import helper\nclass Net: pass\n", "helper_py": "V = 1\n"}
    path = files(tmp_path, **content)
    allow([path])
    load(foreign_text(f"{path}:Net"))
    files(tmp_path, **{changed: RUNS + content[changed]})
    with pytest.raises(UserError, match="never run or confirmed"):
        load(foreign_text(f"{path}:Net"))
    with pytest.raises(UserError, match="never run or confirmed"):
        require([path], "a claim")
    assert not Path("PWNED").exists()


def test_a_link_that_is_turned_after_it_was_required_is_not_followed(tmp_path: Path) -> None:
    good = files(tmp_path, good_py="class Net: pass\n", evil_py=RUNS + "class Net: pass\n")
    allow([good])
    link = tmp_path / "link.py"
    link.symlink_to(good)
    require([link], "a claim")
    link.unlink()
    link.symlink_to(tmp_path / "evil.py")
    with pytest.raises(UserError, match="never run or confirmed"):
        load(foreign_text(f"{link}:Net"))
    assert not Path("PWNED").exists()


def test_what_is_exchanged_while_it_is_hashed_does_not_run(tmp_path: Path, monkeypatch) -> None:
    path = files(tmp_path, mine_py="class Net: kind = 'read'\n")
    allow([path])
    real = usercode.confirmed_hashes

    def exchanged() -> set[str]:
        path.write_text(RUNS + "class Net: kind = 'exchanged'\n")
        return real()

    monkeypatch.setattr(usercode, "confirmed_hashes", exchanged)
    assert load(foreign_text(f"{path}:Net")).kind == "read"
    assert not Path("PWNED").exists()


def test_a_helper_that_appears_beside_a_confirmed_file_is_refused(tmp_path: Path) -> None:
    path = files(tmp_path, mine_py="try: import helper\nexcept ImportError: pass\nclass Net: pass\n")
    allow([path])
    load(foreign_text(f"{path}:Net"))
    (tmp_path / "helper.py").write_text(RUNS)
    with pytest.raises(UserError, match=r"helper\.py"):
        load(foreign_text(f"{path}:Net"))
    assert not Path("PWNED").exists()


def test_what_a_user_types_runs(tmp_path: Path) -> None:
    path = files(tmp_path, mine_py=RUNS + "class Net: pass\n")
    load(f"{path}:Net")
    assert Path("PWNED").exists()


@pytest.mark.parametrize(
    "name", ["lazy.py:import_module", "verbs/runs.py:predict", "storage/files.py:write_durably"]
)
def test_a_stranger_calls_no_function_of_ours(name: str) -> None:
    with pytest.raises(UserError, match="is no class"):
        load(foreign_text(f"{PACKAGE}/{name}"))


def test_a_stranger_calls_nothing_that_a_confirmed_file_only_imports(tmp_path: Path) -> None:
    path = files(
        tmp_path, mine_py="from os import system\nfrom helper import make\n", helper_py="def make(): return 1\n"
    )
    allow([path])
    with pytest.raises(UserError, match="is no class"):
        load(foreign_text(f"{path}:system"))
    assert load(foreign_text(f"{path}:make"))() == 1
    assert load(f"{path}:system")


def test_the_mark_goes_through_every_way_that_a_text_is_changed() -> None:
    text = Foreign("sam of ~/a.py:Mine:k=1", "here", {"a.py": "1"})
    for made in (
        in_known_spelling(text, ["sam"]),
        with_absolute_files(text),
        with_short_files(text),
        Specification.chain(text)[1].name,
        Config.of({"optimizer": text}).with_(seed=1).optimizer,
        Config.of(Config.of({"optimizer": text}).to_dict()).optimizer,
        pickle.loads(pickle.dumps(Config.of({"optimizer": text}))).optimizer,
        copy.deepcopy(Config.of({"optimizer": text})).optimizer,
        foreign({"optimizer": text}, "elsewhere")["optimizer"],
        with_settings(Config(optimizer=text), Space((Dimension("lr", 0.1, 1),)), {"lr": 0.2}).optimizer,
    ):
        assert isinstance(made, Foreign)
        assert (made.where, made.recorded) == ("here", {"a.py": "1"})


def test_the_bytes_that_ran_are_those_that_are_recorded(tmp_path: Path) -> None:
    path = files(tmp_path, mine_py="class Net: kind = 1\n")
    load(f"{path}:Net")
    ran = hashes_of([path])
    path.write_text("class Net: kind = 2\n")
    assert hashes_run([path]) == ran != hashes_of([path])
    keep(ran)
    text = Foreign(f"{path}:Net", "runs/a/config.toml", ran)
    with pytest.raises(UserError, match=r"mine\.py was changed since runs/a/config\.toml was written"):
        load(text)
    with kept():
        assert load(text).kind == 1
    keep(hashes_of([path]))
    assert load(text).kind == 2


def test_what_was_exchanged_since_it_was_compared_is_not_allowed(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("WIDTH = 3\n")
    compared = hashes_of([path])
    path.write_text("WIDTH = 4\n")
    said: list[str] = []
    with pytest.raises(UserError, match=r"net\.py was exchanged while its hash was compared"):
        require([path], "claim.json", allow_code=True, note=said.append, compared=compared)
    assert not said
    assert not set(hashes_of([path]).values()) & usercode.confirmed_hashes()
