import json
import os
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from fakes import recorded, stripe_dataset
from steepest.config import Config
from steepest.errors import IntegrityError, ShapeError, UserError
from steepest.runs.recording import begin, last_whole, record, reopen
from steepest.runs.run import Run, free_path, list_runs, make_folder, make_free_folder, summary
from steepest.storage import sealed

SETTINGS = {
    "model": "4C3-B-R-D0.2-F2",
    "data": "stripes",
    "epochs": 3,
    "batch_size": 16,
    "val": 0.25,
    "optimizer": "momentum",
    "lr": 0.02,
}


@pytest.fixture(autouse=True)
def stripes_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name `stripes` loads the tests' own dataset, and runs go to the test's own folder."""
    monkeypatch.setattr("steepest.runs.run.load", lambda name, **_: stripe_dataset())
    monkeypatch.setattr("steepest.runs.recording.load", lambda name, **_: stripe_dataset())
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return recorded(Config.of(SETTINGS), out=tmp_path / "first run")


def reread(run: Run) -> Run:
    return Run.open(run.path)


def test_a_finished_run_holds_its_files_and_nothing_else(run: Run) -> None:
    names = {each.name for each in run.path.iterdir()}
    files = {"config.toml", "environment.json", "metrics.csv", "last.safetensors", "best.safetensors"}
    assert names == files | {".lock", ".previous.safetensors"}


def test_the_config_holds_every_value_and_the_chosen_ones(run: Run) -> None:
    assert reread(run).config.to_dict() == {**Config.of(SETTINGS).to_dict(), "lr": 0.02}
    chosen = recorded(Config.of({**SETTINGS, "lr": None, "normalize": "standard", "epochs": 1}))
    assert reread(chosen).config.lr == 0.1
    assert "/" in reread(chosen).config.normalize


def test_the_environment_tells_plan_and_data(run: Run) -> None:
    record = reread(run).environment
    assert record["data"]["classes"] == ["row 0", "row 1"]
    assert record["data"]["shape"] == [1, 6, 6]
    assert set(record["data"]["hashes"]) == {"train", "validation", "test"}
    assert reread(run).plan.channels_last


def test_metrics_have_a_row_an_epoch_with_its_seconds(run: Run) -> None:
    rows = reread(run).metrics
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert set(rows[0]) == {
        *("epoch", "lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds"),
        *("forwards", "backwards"),
    }
    assert reread(run).epochs_done == 3
    assert reread(run).finished


def test_evaluating_a_run_again_gives_the_numbers_of_its_best_epoch(run: Run) -> None:
    opened = reread(run)
    validation = opened.evaluate("validation")
    best = max(opened.metrics, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    assert validation.loss == pytest.approx(best["val_loss"], rel=1e-6)
    assert validation.accuracy == best["val_accuracy"]
    assert len(opened.evaluate("test")) == 32
    with pytest.raises(UserError, match="It has: train"):
        opened.evaluate("nothing")


def test_best_and_last_are_weights_of_their_epochs(tmp_path: Path) -> None:
    run, setup = begin(Config.of({**SETTINGS, "epochs": 4, "lr": 0.5}), out=tmp_path / "b")
    kept: dict[int, dict[str, torch.Tensor]] = {}
    best = 0
    for event in record(run, setup):
        if hasattr(event, "checkpoint"):
            kept[event.checkpoint.epoch] = event.checkpoint.weights
            best = event.checkpoint.epoch if event.improved else best
    for which, epoch in (("best", best), ("last", 4)):
        weights = run.weights(which)
        assert set(weights) == set(kept[epoch])
        assert all(torch.equal(weights[name], kept[epoch][name]) for name in weights)


def test_a_run_without_validation_has_last_as_best(tmp_path: Path) -> None:
    run = recorded(Config.of({**SETTINGS, "val": 0.0, "epochs": 2}), out=tmp_path / "plain")
    best, last = run.weights("best"), run.weights("last")
    assert all(torch.equal(best[name], last[name]) for name in last)
    with pytest.raises(UserError, match="no validation split in this run"):
        run.evaluate("validation")


def test_a_run_opens_by_its_path_or_its_name(tmp_path: Path) -> None:
    run = recorded(Config.of({**SETTINGS, "epochs": 1}))
    assert run.path.parent == Path("runs")
    assert Run.open(run.name).path == run.path
    with pytest.raises(UserError) as caught:
        Run.open("nowhere")
    assert str(caught.value) == (
        f"nowhere is no run: it holds no config.toml. The newest under runs/: {run.name}."
    )


def test_without_any_run_the_error_says_so() -> None:
    with pytest.raises(UserError, match="There are none yet"):
        Run.open("nowhere")


def test_a_run_before_its_first_epoch_has_no_weights_and_no_rows(tmp_path: Path) -> None:
    run, _ = begin(Config.of(SETTINGS), out=tmp_path / "young")
    assert run.metrics == []
    assert not run.finished
    assert run.checkpoint() is None
    assert summary(run)["train_accuracy"] is None
    with pytest.raises(UserError, match="has no weights yet: no epoch was finished"):
        run.weights()
    assert "epoch 0 of 3" in repr(run)


# ---- damage

Damage = Callable[[Path], None]


def cut(name: str) -> Damage:
    return lambda path: (path / name).write_bytes((path / name).read_bytes()[:-20])


def flip(name: str) -> Damage:
    def damage(path: Path) -> None:
        content = bytearray((path / name).read_bytes())
        content[len(content) * 2 // 3] ^= 4
        (path / name).write_bytes(bytes(content))

    return damage


def swap(name: str, old: str, new: str) -> Damage:
    def damage(path: Path) -> None:
        text = (path / name).read_text()
        assert old in text
        (path / name).write_text(text.replace(old, new, 1))

    return damage


def gone(name: str) -> Damage:
    return lambda path: (path / name).unlink()


DAMAGES = {
    "last cut": (cut("last.safetensors"), "last.safetensors is damaged"),
    "last flipped": (flip("last.safetensors"), "last.safetensors is damaged"),
    "last empty": (lambda p: (p / "last.safetensors").write_bytes(b""), "last.safetensors is damaged"),
    "last gone": (gone("last.safetensors"), "metrics.csv does not say what last.safetensors does"),
    "best cut": (cut("best.safetensors"), "best.safetensors is damaged"),
    "best gone": (gone("best.safetensors"), "best.safetensors is missing, though epochs"),
    "best flipped": (flip("best.safetensors"), "best.safetensors is damaged"),
    "config edited": (swap("config.toml", "lr = 0.02", "lr = 0.5"), "config.toml was changed since the run began"),
    "config no toml": (swap("config.toml", "= 0.02", "= = 2"), "config.toml was changed"),
    "config strange": (swap("config.toml", "lr =", "rl ="), "config.toml was changed"),
    "config value": (swap("config.toml", "epochs = 3", "epochs = -3"), "config.toml was changed"),
    "environment cut": (cut("environment.json"), "environment.json is damaged"),
    "environment gone": (gone("environment.json"), "environment.json is not as it was written"),
    "environment plan": (
        swap("environment.json", '"channels_last": true', '"channels_last": false'),
        "environment.json is damaged or was changed",
    ),
    "environment unknown plan": (
        swap("environment.json", '"channels_last"', '"sideways"'),
        "environment.json is damaged or was changed",
    ),
    "environment without data": (
        lambda path: (path / "environment.json").write_text('{"plan": {}}'),
        "data is missing",
    ),
    "environment a list": (
        lambda path: (path / "environment.json").write_text("[]"),
        "environment.json is damaged",
    ),
    "environment classes": (
        swap("environment.json", '"row 1"', '"row 9"'),
        "environment.json is damaged or was changed",
    ),
    "metrics cut": (
        lambda p: (p / "metrics.csv").write_text("\n".join((p / "metrics.csv").read_text().splitlines()[:2])),
        "metrics.csv is not as it was",
    ),
    "metrics no number": (swap("metrics.csv", "\n2,", "\nx,"), "metrics.csv is not as it was"),
    "metrics edited": (swap("metrics.csv", "\n2,0.02", "\n2,0.03"), "metrics.csv is not as it was"),
}


def use(path: Path) -> None:
    """Do what a user may do with a run."""
    run = Run.open(path)
    run.checkpoint()
    run.evaluate("test")
    _ = run.metrics


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_named_with_exit_code_3(name: str, run: Run) -> None:
    damage, words = DAMAGES[name]
    use(run.path)
    damage(run.path)
    with pytest.raises(IntegrityError, match=words) as caught:
        use(run.path)
    assert caught.value.exit_code == 3


def test_metrics_without_their_table_come_from_the_checkpoint_without_seconds(run: Run) -> None:
    before = run.metrics
    (run.path / "metrics.csv").unlink()
    assert reread(run).metrics == [
        {key: value for key, value in row.items() if key != "seconds"} for row in before
    ]


def test_going_on_with_a_finished_run_writes_a_missing_table_again(run: Run) -> None:
    table = run.path / "metrics.csv"
    table.unlink()
    assert last_whole(run) is not None
    assert [row["epoch"] for row in reread(run).metrics] == [1, 2, 3]
    written = table.read_bytes()
    assert last_whole(run) is not None
    assert table.read_bytes() == written


def test_a_row_that_no_checkpoint_committed_does_not_count(tmp_path: Path) -> None:
    run, setup = begin(Config.of(SETTINGS), out=tmp_path / "killed")
    committed = b""
    for event in record(run, setup):
        if hasattr(event, "checkpoint") and event.checkpoint.epoch == 1:
            committed = (run.path / "last.safetensors").read_bytes()
    # as if the process was killed between writing the second row and the second checkpoint
    table = (run.path / "metrics.csv").read_text().splitlines(keepends=True)
    (run.path / "metrics.csv").write_text("".join(table[:3]))
    (run.path / "last.safetensors").write_bytes(committed)
    assert reread(run).epochs_done == 1
    assert not reread(run).finished


def test_other_images_than_the_runs_are_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steepest.runs.run.load", lambda name, **_: stripe_dataset(count=60))
    with pytest.raises(IntegrityError, match="images of stripes are not those that first run was"):
        run.dataset()


def test_weights_that_do_not_fit_a_changed_class_are_refused(tmp_path: Path) -> None:
    source = (
        "from torch import nn\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self):\n"
        "        super().__init__(nn.Flatten(), nn.Linear(36, 4), nn.Linear(4, 2))\n"
    )
    path = tmp_path / "net.py"
    path.write_text(source)
    run, setup = begin(Config.of({**SETTINGS, "model": f"{path}:Net"}), out=tmp_path / "own")
    next(event for event in record(run, setup) if hasattr(event, "checkpoint"))
    path.write_text(source.replace("4", "5"))
    with pytest.raises(UserError, match=r"net\.py was changed since .*own/config\.toml was written. --allow-code"):
        run.network()
    Run.open(run.path, allow_code=True)
    with pytest.raises(ShapeError, match="weights of own do not fit this network: size mismatch"):
        run.network()


def test_a_users_file_that_changed_since_stops_going_on_and_from_being_used(tmp_path: Path) -> None:
    source = (
        "from torch import nn\n"
        "class Net(nn.Sequential):\n"
        "    def __init__(self):\n"
        "        super().__init__(nn.Flatten(), nn.Linear(36, 4), nn.ReLU(), nn.Linear(4, 2))\n"
    )
    path = tmp_path / "net.py"
    path.write_text(source)
    run, setup = begin(Config.of({**SETTINGS, "model": f"{path}:Net"}), out=tmp_path / "own")
    next(event for event in record(run, setup) if hasattr(event, "checkpoint"))
    assert run.changed_files("model", "optimizer") == []
    reopen(run)
    path.write_text(source.replace("ReLU", "Tanh"))
    with pytest.raises(IntegrityError, match=r"net\.py was changed since own was started"):
        reopen(run)
    with pytest.raises(UserError, match="was changed since"):
        run.network()
    path.unlink()
    assert run.changed_files("model") == [str(path)]
    assert run.changed_files("optimizer") == []


# ---- folders and lists


def test_a_path_that_is_taken_is_refused_and_left_alone(run: Run, tmp_path: Path) -> None:
    before = {each.name: each.read_bytes() for each in run.path.iterdir()}
    with pytest.raises(UserError, match="exists already, and a new run never overwrites"):
        recorded(Config.of(SETTINGS), out=run.path)
    assert {each.name: each.read_bytes() for each in run.path.iterdir()} == before
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="cannot be a folder: there is a file"):
            make_folder(place)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a place that takes no folders is needed")
def test_a_place_that_takes_no_folders_is_refused() -> None:
    with pytest.raises(UserError, match="/proc/x cannot be made a folder there"):
        make_folder(Path("/proc/x"))


def test_an_empty_folder_and_a_beginning_that_was_killed_can_be_taken(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert make_folder(folder) == folder
    (folder / "environment.json").write_text("{}")
    (folder / ".config.toml.x1.part").write_text("half")
    assert make_folder(folder) == folder
    run = recorded(Config.of({**SETTINGS, "epochs": 1}), out=folder)
    assert run.finished
    assert not list(folder.glob(".*.part"))


def test_a_failed_preparation_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        recorded(Config.of({**SETTINGS, "model": "F7"}), out=tmp_path / "never")
    assert not (tmp_path / "never").exists()
    assert not Path("runs").exists()


def test_free_names_count_up_and_say_data_model_and_optimizer(tmp_path: Path) -> None:
    config = Config.of(SETTINGS)
    assert free_path(tmp_path, config).name == "stripes-4c3-b-r-d0-2-f2-momentum-1"
    assert make_free_folder(tmp_path, config).name.endswith("-1")
    assert make_free_folder(tmp_path, config).name.endswith("-2")
    (tmp_path / "stripes-4c3-b-r-d0-2-f2-momentum-3").symlink_to("nowhere")
    assert make_free_folder(tmp_path, config).name.endswith("-4")


def test_a_class_of_the_users_own_gives_the_folder_its_name_and_not_its_path(tmp_path: Path) -> None:
    config = Config(model="/some/where/net.py:Net", optimizer="/a/rules.py:Mine:push=2")
    assert free_path(tmp_path, config).name == "mnist5k-net-mine-1"


def test_two_processes_never_get_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from steepest.runs import run as run_folder

    config = Config.of(SETTINGS)
    find = run_folder.free_path

    def slow(folder: Path, wanted: Config) -> Path:
        path = find(folder, wanted)
        if path.name.endswith("-1"):
            path.mkdir(parents=True)  # the other process was quicker
        return path

    monkeypatch.setattr(run_folder, "free_path", slow)
    assert make_free_folder(tmp_path, config).name.endswith("-2")


def test_runs_are_listed_newest_first_and_other_folders_are_passed_over(tmp_path: Path) -> None:
    for age, name in enumerate(("c", "a", "b")):
        run, _ = begin(Config.of(SETTINGS), out=tmp_path / "many" / name)
        os.utime(run.path / "config.toml", (1000 - age, 1000 - age))
    (tmp_path / "many" / "no run").mkdir()
    assert [run.name for run in list_runs(tmp_path / "many")] == ["c", "a", "b"]
    assert list_runs(tmp_path / "nowhere") == []


def test_the_summary_is_json_and_tells_of_the_best_epoch(run: Run) -> None:
    told = json.loads(json.dumps(summary(run)))
    assert told["epochs_done"] == told["epochs"] == 3
    assert told["finished"]
    assert told["val_accuracy"] == max(row["val_accuracy"] for row in run.metrics)
    assert told["seconds"] == pytest.approx(sum(row["seconds"] for row in run.metrics))


@pytest.mark.parametrize("text", ["32", "32x", "x32", "0x32", "-1x5", "axb", "3.5x4"])
def test_an_image_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="must be HEIGHTxWIDTH"):
        _ = Config(image_size=text).size


def test_no_file_of_a_run_knows_the_clock_or_its_own_folder(run: Run) -> None:
    for name in ("last.safetensors", "best.safetensors"):
        content = (run.path / name).read_bytes()
        assert b"seconds" not in content
        assert b"first run" not in content


def used(path: Path) -> None:
    """Do what looks at every file of a run, as `runs list`, `evaluate`, `report` and `resume` do together."""
    run = Run(path)
    summary(run)
    _ = run.environment
    run.checkpoint()
    run.weights()


COVERED = ("config.toml", "environment.json", "metrics.csv", "last.safetensors", "best.safetensors")


@pytest.mark.parametrize("name", COVERED)
def test_any_flipped_bit_and_any_cut_is_found_with_the_files_name(name: str, run: Run) -> None:
    path = run.path / name
    content = path.read_bytes()
    used(run.path)
    draw = random.Random(0)
    for _ in range(150):
        place = draw.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :])
        with pytest.raises(IntegrityError, match=re.escape(str(path))):
            used(run.path)
    for length in {0, 1, 8, len(content) // 2, content.rfind(b"\n", 0, -1) + 1, len(content) - 1}:
        path.write_bytes(content[:length])
        with pytest.raises(IntegrityError, match=re.escape(str(path))):
            used(run.path)


def test_a_flipped_bit_in_a_header_is_found_by_who_reads_the_header_alone(run: Run) -> None:
    path = run.path / "last.safetensors"
    content = path.read_bytes()
    header = 8 + int.from_bytes(content[:8], "little")
    for place in range(0, header, 5):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        with pytest.raises(IntegrityError, match=r"last\.safetensors"):
            summary(Run(run.path))


def test_runs_of_an_older_steepest_without_hashes_are_read(run: Run) -> None:
    before = run.metrics
    environment, table = run.path / "environment.json", run.path / "metrics.csv"
    of_now = {"sha256", "config", "program"}
    plain = {k: v for k, v in json.loads(environment.read_text()).items() if k not in of_now}
    environment.write_text(json.dumps(plain, indent=2) + "\n")
    table.write_text("".join(line.rpartition(",")[0] + "\n" for line in table.read_text().splitlines()))
    for name in ("last.safetensors", "best.safetensors"):
        from safetensors.torch import load, save

        content = (run.path / name).read_bytes()
        record = json.loads(
            json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]["steepest"]
        )
        del record["head"]
        (run.path / name).write_bytes(save(load(content), {"steepest": json.dumps(record, sort_keys=True)}))
    used(run.path)
    assert Run(run.path).metrics == before
    last = run.path / "last.safetensors"
    last.write_bytes(last.read_bytes().replace(b"train_loss", b"train_lost", 1))
    with pytest.raises(IntegrityError, match=r"last\.safetensors is damaged"):
        summary(Run(run.path))


def test_who_looks_while_another_process_trains_sees_whole_epochs(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several epochs may end between a look at the checkpoint and one at the table."""
    real, looks = Run._history, list[int]()

    def behind(self: Run) -> list[dict[str, float]]:
        looks.append(1)
        return real(self)[: 1 if len(looks) == 1 else None]

    monkeypatch.setattr(Run, "_history", behind)
    assert Run(run.path).epochs_done == 3
    assert len(looks) == 2


STRANGE = {
    "data": ({"data": []}, "data"),
    "hashes": ({"data": {"hashes": 7}}, "data.hashes"),
    "shape": ({"data": {"shape": [1, -28, 28]}}, "data.shape"),
    "threads": ({"plan": {"threads": -1}}, "plan.threads"),
    "device": ({"plan": {"device": ["cpu"]}}, "plan.device"),
    "no data": ({"data": None}, "data"),
    "a file's hash": ({"files": {"model": {"x.py": 3}}}, "files"),
    "data_dir": ({"data_dir": 5}, "data_dir"),
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_record_of_other_kinds_is_refused_though_its_hash_is_right(what: str, run: Run) -> None:
    """Whoever writes a record can hash it too."""
    change, said = STRANGE[what]
    path = run.path / "environment.json"
    record = {key: value for key, value in json.loads(path.read_text()).items() if key != "sha256"}
    whole = {
        **record,
        **{
            key: {**record[key], **value} if value and type(value) is dict else value
            for key, value in change.items()
        },
    }
    path.write_text(sealed(whole))
    with pytest.raises(IntegrityError, match=rf"environment\.json .*{said}.* must be "):
        _ = reread(run).environment


@pytest.mark.skipif(sys.platform == "win32", reason="it has no limit of open files")
@pytest.mark.parametrize("read", ["environment", "config", "metrics"])
def test_a_machine_without_open_files_is_no_damaged_run(read: str, run: Run) -> None:
    import resource

    other, before = reread(run), resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            getattr(other, read)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert getattr(other, read) == getattr(run, read)
