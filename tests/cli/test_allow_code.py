"""A stranger's run, config, claim or experiment runs nothing unasked; each test would find the file PWNED."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

import steepest
from code_fakes import NET, RULE, RUNS, files, forget, nothing_confirmed
from comparison_fakes import forget_images
from fakes import recorded, stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError, UserError
from steepest.runs.run import Run
from steepest.storage import sealed, sha256

__all__ = ["nothing_confirmed"]
pytestmark = pytest.mark.usefixtures("nothing_confirmed")
SMALL = ("--data", "stripes", "--epochs", 1, "--batch-size", 32)
OWN = Config(data="stripes", epochs=1, batch_size=32, threads=1)
WAY_OUT = "--allow-code, in Python allow_code=True, runs it as it is now"


@pytest.fixture
def stripes_known(monkeypatch):
    """Let sweeps know the dataset `stripes` too."""
    monkeypatch.setattr("steepest.sweeping.ready.load", lambda name, **how: stripe_dataset())
    forget_images()
    yield
    forget_images()


def pwned() -> bool:
    """Say whether code ran, and forget it."""
    there = Path("PWNED").exists()
    Path("PWNED").unlink(missing_ok=True)
    return there


def theirs(folder: Path) -> Path:
    """Return a run as another machine leaves it, with a model and a rule that leave a mark where they run."""
    net = files(folder, net_py=RUNS + NET, rule_py=RUNS + "import helper\n" + RULE, helper_py=RUNS)
    config = Config(
        model=f"{net}:Net",
        optimizer=f"{folder}/rule.py:Mine",
        data="stripes",
        val=0.25,
        lr=0.1,
        epochs=1,
        threads=1,
    )
    with pytest.MonkeyPatch.context() as there:
        there.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        there.chdir(folder)
        forget(there)
        run = recorded(config, out=folder / "run", dataset=stripe_dataset())
        assert pwned()
    return run.path


@pytest.fixture(scope="module")
def their_run(tmp_path_factory) -> Path:
    return theirs(tmp_path_factory.mktemp("theirs"))


@pytest.fixture
def stranger(their_run: Path, command, tmp_path: Path, stripes_known) -> Path:
    """Return a stranger's run in this folder, with a config beside it; its code lies in theirs."""
    (tmp_path / "their").mkdir()
    (tmp_path / "their/config.toml").write_text(f'model = "{their_run.parent}/net.py:Net"\ndata = "stripes"\n')
    return shutil.copytree(their_run, tmp_path / "run")


def forge(run: Path, config: str, **fields: Any) -> None:
    """Write a run's config and fields of its environment anew, with every hash: who sends a run can do that."""
    (run / "config.toml").write_text(config)
    record = {**json.loads((run / "environment.json").read_text()), **fields, "config": sha256(config.encode())}
    record.pop("sha256", None)
    (run / "environment.json").write_text(sealed(record))


DOORS = [
    ("evaluate", "run"),
    ("report", "run"),
    ("explain", "run"),
    ("explain", "run", "--label-errors"),
    ("predict", "run", "image.png"),
    ("verify", "run"),
    ("train", "--config", "run/config.toml"),
    ("train", "--config", "their/config.toml", "--optimizer", "adam"),
    ("compare", "sgd", "adam", "--config", "their/config.toml"),
    ("compare", "sgd", "adam", "--fixed", "--config", "run/config.toml"),
    ("tune", "sgd", "--config", "their/config.toml"),
    ("evaluate", "link"),
]


@pytest.mark.parametrize("words", DOORS, ids=" ".join)
def test_no_door_runs_a_stranger_s_code(words, stranger: Path, command) -> None:
    Path("link").symlink_to(stranger)
    done = command(*words)
    assert done.code == 2
    assert WAY_OUT in done.err
    assert re.search(r"steepest: (run|their|link)/config\.toml names code", done.err)
    assert not pwned()


def test_a_run_to_go_on_with_is_refused_too_whatever_it_says_of_its_files(stranger: Path, command) -> None:
    config = (stranger / "config.toml").read_text()
    for files_then in (None, {}, {"model": {}, "optimizer": {}}, []):
        fields = {} if files_then is None else {"files": files_then}
        forge(stranger, config.replace("epochs = 1", "epochs = 2"), **fields)
        for name in ("last", "best"):
            (stranger / f"{name}.safetensors").unlink(missing_ok=True)
        (stranger / "metrics.csv").unlink(missing_ok=True)
        done = command("train", "--resume", stranger)
        assert done.code == 2 if files_then != [] else 3
        assert not pwned()
    assert command("runs", "list", ".").code == 0
    assert not pwned()


def test_python_s_doors_are_the_same(stranger: Path, command) -> None:
    run = Run.open(stranger)
    for call in (
        run.network,
        lambda: run.evaluate("train"),
        lambda: steepest.evaluate(run),
        lambda: steepest.report(stranger),
        lambda: steepest.predict(run, "image.png"),
        lambda: steepest.explain(run),
        lambda: steepest.verify(run),
        lambda: steepest.train(run.config),
        lambda: steepest.train(config=stranger / "config.toml"),
        lambda: steepest.compare(["sgd", "adam"], run.config, fixed=True),
        lambda: steepest.tune("sgd", run.config.with_(lr=None)),
        lambda: steepest.build(run.config.model, (1, 6, 6), 2),
    ):
        with pytest.raises(UserError, match="--allow-code"):
            call()
        assert not pwned()


def test_what_is_allowed_is_named_runs_and_is_confirmed(command, tmp_path: Path, monkeypatch) -> None:
    theirs(tmp_path)
    PIL.Image.new("L", (6, 6)).save("image.png")
    done = command("predict", "run", "image.png", "--allow-code")
    assert done.code == 0, done.err
    assert pwned()
    told = [line for line in done.err.splitlines() if line.startswith("allowed: ")]
    assert [Path(line.split()[1]).name for line in told] == ["net.py", "rule.py", "helper.py"]
    assert all(len(line.partition("SHA-256 ")[2]) == len("0123456789abcdef)") for line in told)
    forget(monkeypatch)  # another process
    assert Run(Path("run")).network() is not None
    Path("helper.py").write_text("# other\n" + RUNS)
    assert command("verify", "run").code == 3  # not as recorded
    assert pwned()  # by `network`
    assert Run(Path("run")).network() is not None  # it needs no rule


def test_a_config_edited_to_name_another_file_is_refused(their_run: Path, stranger: Path, command) -> None:
    net = their_run.parent / "net.py"
    assert Run.open("run", allow_code=True).network() is not None
    assert pwned()
    files(stranger.parent, evil_py="# other\n" + RUNS + NET)
    forge(stranger, (stranger / "config.toml").read_text().replace(str(net), "evil.py"))
    done = command("evaluate", "run", "--split", "train")
    assert done.code == 2
    assert "evil.py" in done.err
    assert not pwned()


def test_an_own_run_goes_on_being_one_and_a_changed_file_is_told(command, tmp_path: Path, monkeypatch) -> None:
    path = files(tmp_path / "my drive, of k=1", net_py="from parts import Net\n", parts_py=NET)
    recorded(OWN.with_(model=f"{path}:Net"), out=Path("run"), dataset=stripe_dataset())
    forget(monkeypatch)
    assert Run(Path("run")).network() is not None
    assert set(Run(Path("run")).environment["files"]["model"]) == {str(path), str(path.with_name("parts.py"))}
    path.with_name("parts.py").write_text(RUNS + NET)
    done = command("evaluate", "run", "--split", "train")
    assert done.code == 2
    assert "parts.py was changed since run/config.toml was written" in done.err
    assert WAY_OUT in done.err
    assert not pwned()
    assert Run.open("run", allow_code=True).network() is not None
    assert pwned()


def test_a_changed_helper_stops_going_on(command, tmp_path: Path) -> None:
    path = files(tmp_path, net_py="from parts import Net\n", parts_py=NET)
    recorded(OWN.with_(model=f"{path}:Net"), out=Path("run"), dataset=stripe_dataset())
    run = Run(Path("run"))
    assert run.changed_files("model", "optimizer") == []
    (tmp_path / "parts.py").write_text(RUNS + NET)
    assert run.changed_files("model", "optimizer") == [str(tmp_path / "parts.py")]
    for name in ("last.safetensors", "best.safetensors", "metrics.csv"):
        Path("run", name).unlink(missing_ok=True)
    done = command("train", "--resume", "run", "--allow-code")
    assert done.code == IntegrityError.exit_code
    assert "going on would mix two programs" in done.err
    assert not pwned()


def test_weights_of_a_stranger_s_run_are_no_code(stranger: Path, command, tmp_path: Path) -> None:
    files(tmp_path, net_py=NET)
    done = command("train", "net.py:Net", *SMALL, "--init-from", "run", "--out", "mine")
    assert done.code == 0, done.err
    assert not pwned()


def test_a_stranger_s_experiment_is_refused(command, tmp_path: Path) -> None:
    text = 'name = "theirs"\ntitle = "T"\n[[part]]\nuse = "parts.py:show"\ntitle = "Shown"\n'
    files(tmp_path / "theirs", parts_py=RUNS + "def show(context): return []\n")
    (tmp_path / "theirs/it.toml").write_text(text)
    done = command("reproduce", "theirs/it.toml")
    assert done.code == 2
    assert WAY_OUT in done.err
    assert not pwned()
    assert command("reproduce", "theirs/it.toml", "--allow-code").code == 0
    assert pwned()


BORROWED = "from os import system\nfrom subprocess import Popen\n"


@pytest.mark.parametrize("name", ["Popen:args=touch PWNED,shell=true", "system:command=touch PWNED", "nn:x=1"])
@pytest.mark.parametrize("setting", ["model", "optimizer"])
def test_a_stranger_calls_nothing_else_in_code_that_is_confirmed(
    name: str, setting: str, command, tmp_path: Path
) -> None:
    net = files(tmp_path, net_py=BORROWED + NET)
    recorded(OWN.with_(model=f"{net}:Net"), out=Path("mine"), dataset=stripe_dataset())
    (tmp_path / "theirs.toml").write_text(f'{setting} = "{net}:{name}"\n')
    assert command("train", "--config", "theirs.toml", *SMALL).code == 2
    assert not pwned()


def test_a_stranger_calls_no_function_of_ours(command, tmp_path: Path) -> None:
    files(tmp_path, evil_py=RUNS)
    place = Path(steepest.__file__).parent / "lazy.py"
    (tmp_path / "theirs.toml").write_text(f'model = "{place}:import_module:name=evil"\n')
    done = command("train", "--config", "theirs.toml", *SMALL)
    assert done.code == 2
    assert "is no class" in done.err
    assert not pwned()


def test_a_command_names_files_in_a_folder_with_any_name(command, tmp_path: Path, monkeypatch) -> None:
    drive = tmp_path / "My Drive of me" / "x.py:y"
    files(drive, **{"a b_py": NET, "it's, k=1_py": RULE})
    monkeypatch.chdir(drive)
    asked = ("train", "a b.py:Net", "--optimizer", "ema:decay=0.50 of it's, k=1.py:Mine", *SMALL, "--val", 0.25)
    done = command(*asked, "--out", "run")
    assert done.code == 0, done.err
    run = Run(Path("run"))
    assert run.config.model == f"{drive}/a b.py:Net"
    assert run.config.optimizer == f"ema:decay=0.50 of {drive}/it's, k=1.py:Mine"
    monkeypatch.chdir(tmp_path)
    assert Run(drive / "run").network() is not None
