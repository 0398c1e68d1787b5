import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STRIPES = ("--data", "stripes", "--val", 0.25, "--lr", 0.05)


def one_line(text: str) -> str:
    """Return the only line of a text."""
    (line,) = text.splitlines()
    return line


def test_a_run_is_trained_recorded_reported_and_says_what_comes_next(command) -> None:
    done = command("train", "F6-R-F2", *STRIPES, "--epochs", 2, "--out", "my run")
    assert done.code == 0
    assert "Trained 2 epochs" in done.out
    assert "Next: steepest evaluate" in done.out
    assert "Best validation accuracy" in done.out
    lines = done.err.splitlines()
    assert lines[0].startswith("F6-R-F2 (236 parameters) on stripes: 48 images, adam at 0.05")
    assert [line.split()[:2] for line in lines[1:]] == [["epoch", "1/2"], ["epoch", "2/2"]]
    names = {each.name for each in Path("my run").iterdir()}
    assert {"config.toml", "metrics.csv", "last.safetensors", "report.html", "curves.png"} <= names


def test_without_out_runs_get_free_names(command) -> None:
    for _ in range(2):
        assert command("train", "F2", *STRIPES, "--epochs", 1).code == 0
    assert sorted(each.name for each in Path("runs").iterdir()) == ["stripes-f2-adam-1", "stripes-f2-adam-2"]


def test_json_is_one_object_on_standard_output_and_nothing_else(command) -> None:
    done = command("train", "F2", *STRIPES, "--epochs", 2, "--out", "a", "--json")
    assert done.json["format"] == "steepest train 1"
    assert done.json["run"] == str(Path("a").resolve())
    counts = [row[key] for row in done.json["epochs"] for key in ("epoch", "forwards", "backwards")]
    assert all(type(each) is int for each in counts)
    assert [row["epoch"] for row in done.json["epochs"]] == [1, 2]
    assert done.json["best"] in done.json["epochs"]


def test_flags_lie_over_the_file_and_the_file_over_defaults(command) -> None:
    Path("my.toml").write_text('model = "F2"\ndata = "stripes"\nepochs = 2\nseed = 9\nlr = 0.3\n')
    assert command("train", "--config", "my.toml", "--epochs", 1, "--out", "a").code == 0
    text = Path("a/config.toml").read_text()
    for line in ("epochs = 1", "seed = 9", "lr = 0.3", "batch_size = 64", 'model = "F2"'):
        assert line in text.splitlines()
    assert command("train", "F4-F2", "--config", "my.toml", "--out", "b").code == 0
    assert 'model = "F4-F2"' in Path("b/config.toml").read_text()


def test_the_model_can_be_a_flag(command) -> None:
    done = command("train", "--model", "F4-F2", *STRIPES, "--epochs", 1, "--out", "a")
    assert done.code == 0
    assert 'model = "F4-F2"' in Path("a/config.toml").read_text()


def test_a_false_flag_and_none_win_over_the_file(command) -> None:
    Path("my.toml").write_text('data = "stripes"\nval = 0.25\npatience = 1\nstratified = true\n')
    done = command("train", "F2", "--config", "my.toml", "--no-stratified", "--epochs", 1, "--out", "a")
    assert done.code == 0
    assert "stratified = false" in Path("a/config.toml").read_text()


USER_ERRORS = {
    "unknown flag": (["train", "--epoch", "3"], "Did you mean --epochs?"),
    "no number": (["train", "--lr", "fast"], '--lr: unable to convert "fast" into float'),
    "below range": (["train", "--epochs", "0"], "epochs must be at least 1, not 0."),
    "nan": (["train", "--lr", "nan"], "lr must be above 0, not nan."),
    "unknown model": (["train", "convet", "--data", "stripes"], "Did you mean"),
    "unknown data": (["train", "--data", "mnits"], "Did you mean `mnist`"),
    "no folder": (["train", "--data", "./nowhere"], "There is no folder nowhere"),
    "unknown optimizer": (["train", "--data", "stripes", "--optimizer", "adm"], "Did you mean `adam`"),
    "hyperparameter": (["train", "--data", "stripes", "--optimizer", "adam:beta=0.5"], "`beta1`"),
    "no file": (["train", "net.py:Net", "--data", "stripes"], "net.py, asked for by"),
    "misfit": (["train", "F3", "--data", "stripes"], "end the notation with F2"),
    "toml missing": (["train", "--config", "no.toml"], "There is no config file no.toml."),
    "toml broken": (["train", "--config", "broken.toml"], "broken.toml is no TOML"),
    "toml key": (
        ["train", "--config", "key.toml"],
        "No setting is called `epoch`. Did you mean `epochs`? It stands in key.toml.",
    ),
    "toml value": (["train", "--config", "value.toml"], "epochs must be a whole number, not 'x'."),
    "toml a folder": (["train", "--config", "."], ". is a folder: give a TOML file."),
    "two models": (["train", "F2", "--model", "F3"], "twice, as `F2` and as --model F3. Give one."),
    "resume with more": (["train", "--resume", "x", "--epochs", "3"], "give no other setting"),
    "resume nothing": (["train", "--resume", "x"], "x is no run"),
    "val of nothing": (["train", "F2", "--data", "stripes", "--val", "0.001"], "one side would be empty"),
    "patience alone": (["train", "--patience", "3"], "give val, such as --val 0.2"),
    "device": (["train", "--data", "stripes", "--device", "gpu"], "device must be auto, cpu, cuda or mps"),
    "size": (["train", "--image-size", "32"], "image_size must be HEIGHTxWIDTH"),
    "out a file": (
        ["train", "F2", "--data", "stripes", "--out", "key.toml/x"],
        "cannot be a folder: there is a file",
    ),
    "out too long": (["train", "F2", "--data", "stripes", "--out", "x" * 300], "File name too long"),
    "batch norm": (
        ["train", "F4-B-F2", "--data", "stripes", "--batch-size", "1"],
        "batch norm needs more than one value a channel",
    ),
}


@pytest.mark.parametrize("name", USER_ERRORS)
def test_the_users_errors_are_one_line_and_code_2(name: str, command) -> None:
    Path("broken.toml").write_text("epochs = = 3")
    Path("key.toml").write_text("epoch = 3")
    Path("value.toml").write_text('epochs = "x"')
    arguments, words = USER_ERRORS[name]
    done = command(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert one_line(done.err).startswith("steepest: ")
    assert words in done.err
    assert not Path("runs").exists()


def test_a_run_that_diverges_ends_with_code_4_and_one_line_more(command) -> None:
    done = command("train", "F6-R-F2", "--data", "stripes", "--optimizer", "sgd", "--lr", "1e30")
    assert done.code == 4
    last = done.err.splitlines()[-1]
    assert last.startswith("steepest: The ")
    assert "Try a smaller --lr" in last


def test_a_taken_folder_is_refused(command, trained) -> None:
    folder = trained()
    done = command("train", "F2", "--data", "stripes", "--out", folder)
    assert done.code == 2
    assert "a new run never overwrites. Give another --out." in one_line(done.err)


def test_resuming_a_finished_run_makes_what_is_missing_and_ends_with_code_0(command, trained) -> None:
    trained()
    folder = Path("run")
    before = {each: each.read_bytes() for each in folder.glob("*.*")}
    finished = command("train", "--resume", folder)
    assert finished.code == 0
    assert "is finished: 3 of 3 epochs, and nothing of it is missing." in one_line(finished.out)
    assert f"--init-from {folder}" in finished.out
    for missing in ("report.html", "confusion.csv"):
        (folder / missing).unlink()
        again = command("train", "--resume", folder)
        assert again.code == 0, again.err
        assert {each: each.read_bytes() for each in folder.glob("*.*")} == before
    assert command("train", "--resume", folder, "--json").json["format"] == "steepest train 1"


@pytest.mark.filterwarnings("always")
def test_a_damaged_last_checkpoint_costs_an_epoch_and_a_second_damaged_one_is_code_3(command, trained) -> None:
    folder = trained()
    last, previous = folder / "last.safetensors", folder / ".previous.safetensors"
    kept = last.read_bytes()
    last.write_bytes(kept[:-1])
    assert command("evaluate", folder).code == 3
    healed = command("train", "--resume", folder)
    assert healed.code == 0
    assert "is damaged: training goes on after epoch 2, the generation before" in healed.err
    assert last.read_bytes() == kept
    last.write_bytes(kept[:-1])
    previous.write_bytes(kept[:-2])
    damaged = command("train", "--resume", folder)
    assert damaged.code == 3
    assert "last.safetensors is damaged" in one_line(damaged.err)
    assert ".previous.safetensors is damaged" in damaged.err


def test_other_settings_for_a_run_to_go_on_with_get_the_command_for_a_new_one(command, trained) -> None:
    folder = trained()
    done = command("train", "--resume", folder, "--epochs", 5)
    assert done.code == 2
    advice = one_line(done.err).partition("steepest train ")[2].partition(" and what differs")[0].split()
    assert command("train", *advice, "--epochs", 5, "--out", "further").code == 0
    assert "epochs = 5" in Path("further/config.toml").read_text()


def test_what_was_killed_before_it_was_a_run_says_how_to_begin(command) -> None:
    Path("dead").mkdir()
    for name in (".lock", "environment.json"):
        Path("dead", name).touch()
        done = command("train", "--resume", "dead")
        assert done.code == 2
        assert "dead was stopped before its run began" in one_line(done.err)
    assert command("train", "F2", *STRIPES, "--epochs", 1, "--out", "dead").code == 0


def test_early_stopping_is_said(command) -> None:
    done = command(
        *("train", "F2", "--data", "stripes", "--val", 0.25, "--optimizer", "sgd", "--lr", 1e-12),
        *("--patience", 1, "--epochs", 40, "--out", "early"),
    )
    assert done.code == 0
    assert "stopped early, best epoch" in done.out


def test_a_full_disk_is_code_75_with_the_line_how_to_go_on(command, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from steepest.runs import run as runs

    real = runs.write_table

    def full(path, history, seconds) -> None:
        if len(history) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, history, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "write_table", full)
        done = command("train", "F2", *STRIPES, "--epochs", 3, "--out", "a b")
    assert done.code == 75
    last = done.err.splitlines()[-1]
    assert last == (
        "steepest: The disk is full. Make room. What is done is kept: epoch 1 of 3 is safe. "
        "Go on with: steepest train --resume 'a b'"
    )
    again = command("train", "--resume", "a b")
    assert again.code == 0
    assert "going on after epoch 1" in again.err


def test_a_disk_that_fills_after_the_last_epoch_costs_the_report_alone(
    command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("steepest.verbs.train.write_report", full)
    done = command("train", "F2", *STRIPES, "--epochs", 1, "--out", "a b")
    assert done.code == 75
    assert done.err.splitlines()[-1] == (
        "steepest: The run is trained, but its report is not written. The disk is full. Make room. "
        "Go on with: steepest train --resume 'a b'"
    )


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A real file system of 200 kB, where this user may mount one."""
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full_keeps_the_epochs_before(command, tiny_disk: Path) -> None:
    # 7,000 numbers: the first checkpoint with Adam's two moments fits, two generations of it do not
    done = command("train", "F190-F2", *STRIPES, "--epochs", 3, "--out", tiny_disk / "run")
    assert done.code == 75
    assert "disk is full" in done.err.splitlines()[-1] or "No space left" in done.err.splitlines()[-1]
    assert not list((tiny_disk / "run").glob(".*.part"))


# ---- signals, in a process of its own

PROGRAM = """
import signal
# whoever runs the tests may ignore Ctrl-C, as a shell does for what it runs in the background
signal.signal(signal.SIGINT, signal.default_int_handler)
import sys
sys.path.insert(0, {tests!r})
from fakes import stripe_dataset
from steepest.runs import recording, run
run.load = recording.load = lambda name, **how: stripe_dataset()
from steepest.cli import main
main(sys.argv[1:])
"""


def started(*arguments: object) -> subprocess.Popen[str]:
    program = PROGRAM.format(tests=str(Path(__file__).parent.parent))
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "words"),
    [(signal.SIGTERM, 75, "Terminated after epoch"), (signal.SIGINT, 130, "Stopped after epoch")],
)
def test_a_signal_ends_the_run_with_the_line_how_to_go_on_and_going_on_gives_the_same_bytes(
    number: signal.Signals, code: int, words: str, command, tmp_path: Path
) -> None:
    settings = ("train", "F6-R-D0.2-F2", *STRIPES, "--epochs", 60)
    with started(*settings, "--out", tmp_path / "stopped") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if re.match(r"epoch +3/", line):
                break
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert out == ""
    last = err.splitlines()[-1]
    assert words in last
    assert last.endswith(f"Go on with: steepest train --resume {tmp_path / 'stopped'}")
    assert "Traceback" not in err
    again = command("train", "--resume", tmp_path / "stopped")
    assert again.code == 0, again.err
    unbroken = command(*settings, "--out", tmp_path / "unbroken")
    assert unbroken.code == 0
    for name in ("last.safetensors", "best.safetensors"):
        mine, theirs = (tmp_path / run / name for run in ("stopped", "unbroken"))
        assert mine.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("seconds", [0.3, 0.5, 0.8, 1.2])
def test_ctrl_c_while_the_libraries_load_is_code_130_without_a_traceback(seconds: float, tmp_path: Path) -> None:
    program = (  # whoever runs the tests may ignore Ctrl-C
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from steepest.cli import main; print(flush=True); main()"
    )
    verb = ["train", "F10", "--epochs", "1000000", "--out", str(tmp_path / "x")]
    with subprocess.Popen(
        [sys.executable, "-c", program, *verb],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_run_killed_at_any_moment_is_ended_by_a_loop_of_resume(command, tmp_path: Path) -> None:
    """Kills until its report is written; then `until steepest train --resume`."""
    settings = ("train", "F6-R-D0.2-F2", *STRIPES, "--epochs", 12)
    assert command(*settings, "--out", tmp_path / "unbroken").code == 0
    draw, out = random.Random(1), tmp_path / "killed"
    for _ in range(4):
        again = ("train", "--resume", out) if (out / "config.toml").is_file() else (*settings, "--out", out)
        with started(*again) as process:
            assert process.stderr is not None
            process.stderr.readline()
            time.sleep(draw.uniform(0, 0.2))
            process.kill()
            err = process.communicate(timeout=60)[1]
        assert process.returncode in {0, -signal.SIGKILL}, err
        if process.returncode == 0:
            break
    for _ in range(5):
        if (done := command("train", "--resume", out)).code == 0:
            break
    assert done.code == 0, done.err
    for name in ("last.safetensors", "best.safetensors", "config.toml", "confusion.csv"):
        assert (out / name).read_bytes() == (tmp_path / "unbroken" / name).read_bytes()
    assert not list(out.glob(".*.part"))


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_code_75_and_going_on_gives_the_same_bytes(
    command, tmp_path: Path
) -> None:
    settings = ("train", "F190-F2", *STRIPES, "--epochs", 3)
    assert command(*settings, "--out", tmp_path / "unbroken").code == 0
    program = PROGRAM.format(tests=str(Path(__file__).parent.parent))
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", limited, *map(str, settings), "--out", str(tmp_path / "limited")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 75
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "steepest: A file would become larger than is allowed here. See `ulimit -f`. What is done "
    )
    assert last.endswith(f"Go on with: steepest train --resume {tmp_path / 'limited'}")
    assert command("train", "--resume", tmp_path / "limited").code == 0
    for name in ("last.safetensors", "best.safetensors"):
        assert (tmp_path / "limited" / name).read_bytes() == (tmp_path / "unbroken" / name).read_bytes()
