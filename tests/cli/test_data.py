import gzip
import json
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from steepest.cli.data import app
from steepest.data import table
from steepest.data.source import idx_files
from steepest.errors import IntegrityError, MissingDataset, UnknownName, UserError
from steepest.storage import sha256


def run(*words: object) -> None:
    app([str(word) for word in words], exit_on_error=False, result_action="return_value")


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("STEEPEST_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def stick(tmp_path, monkeypatch) -> Path:
    """The four files of a tiny MNIST, which the table then knows as `mnist`, without mirrors."""
    shapes = [(12, 28, 28), (12,), (6, 28, 28), (6,)]
    contents = [
        bytes([0, 0, 8, len(shape)])
        + struct.pack(f">{len(shape)}I", *shape)
        + bytes(number % 10 for number in range(int(np.prod(shape))))
        for shape in shapes
    ]
    files = idx_files(12, 6, sha256=tuple(sha256(each) for each in contents))
    source = replace(table.TABLE["mnist"], train=12, test=6, mirrors=(), files=files)
    monkeypatch.setitem(table.TABLE, "mnist", source)
    folder = tmp_path / "stick"
    folder.mkdir()
    for file, content in zip(files, contents, strict=True):
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(content))
    return folder


def test_list_shows_every_dataset_with_its_state(capsys):
    run("list")
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0].split() == ["name", "train", "test", "image", "classes", "state", "download"]
    assert [line.split()[0] for line in lines[1:]] == list(table.TABLE)
    assert lines[1].split() == ["mnist5k", "4,000", "1,000", "1x28x28", "10", "embedded", "-"]
    assert lines[2].endswith("to fetch  11.6 MB")
    assert "The folder of data is" in shown.err


def test_list_json_is_one_object_and_nothing_else(capsys, data_dir):
    run("list", "--json")
    shown = capsys.readouterr()
    listed = json.loads(shown.out)
    assert listed["data_dir"] == str(data_dir)
    assert [each["name"] for each in listed["datasets"]] == list(table.TABLE)
    assert listed["datasets"][4]["shape"] == [3, 32, 32]
    assert shown.err == ""


def test_add_checks_decodes_and_says_what_is_ready(stick, data_dir, capsys):
    run("add", "mnist", "--from", stick)
    assert capsys.readouterr().out == (
        f"<mnist: 12 train, 6 test; [1, 28, 28], 10 classes> is ready in {data_dir}.\n"
    )
    run("list")
    assert "mnist          12      6       1x28x28  10       ready" in capsys.readouterr().out


def test_add_of_one_file_says_what_is_still_needed(stick, capsys):
    run("add", "mnist", "--from", stick / "train-labels-idx1-ubyte.gz")
    shown = capsys.readouterr()
    assert shown.out == "Added train-labels-idx1-ubyte.\n"
    assert shown.err.startswith("Still needed: train-images-idx3-ubyte, t10k-images-idx3-ubyte, ")


def test_add_of_another_copy_needs_unverified_and_says_so(stick, capsys):
    path = stick / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-1] + b"\x09"))
    with pytest.raises(IntegrityError, match="is refused as an unverified test copy") as caught:
        run("add", "mnist", "--from", stick)
    assert caught.value.exit_code == 3
    run("add", "mnist", "--from", stick, "--unverified")
    assert "Note: unverified test copy: the SHA-256 of its t10k" in capsys.readouterr().err


def test_fetch_of_what_is_there_fetches_nothing(stick, data_dir, capsys):
    run("add", "mnist", "--from", stick)
    run("fetch", "mnist")
    assert capsys.readouterr().out.endswith(f"is ready in {data_dir} (all files were there).\n")


def test_fetch_of_the_embedded_dataset_says_that_there_is_nothing_to_do(capsys):
    run("fetch", "mnist5k")
    assert capsys.readouterr().out == ("mnist5k comes with steepest itself; there is nothing to fetch.\n")


def test_fetch_without_any_mirror_says_the_ways_out(stick):
    with pytest.raises(MissingDataset, match="Three ways out"):
        run("fetch", "mnist")


def test_fetch_of_an_unknown_name_is_the_users_error():
    with pytest.raises(UnknownName, match="Did you mean `mnist`") as caught:
        run("fetch", "mnits")
    assert caught.value.exit_code == 2


def test_show_draws_a_sheet_and_counts_the_classes(tmp_path, capsys):
    run("show", "mnist5k", "--out", "digits.png", "--samples", 10, "--split", "test")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["class", "train", "test"]
    assert [line.split() for line in lines[1:11]] == [[str(n), "400", "100"] for n in range(10)]
    assert lines[11].split() == ["total", "4,000", "1,000"]
    assert lines[-1] == "The sheet is digits.png"
    with Image.open(tmp_path / "digits.png") as image:
        assert image.format == "PNG"
        greys = np.asarray(image.convert("L"))
    assert (greys < 50).mean() > 0.2  # ten black tiles, with strokes on them
    assert ((greys > 100) & (greys < 200)).any()


def test_show_gives_the_sheet_a_name_of_its_own(tmp_path, capsys):
    run("show", "mnist5k", "--samples", 1)
    assert capsys.readouterr().out.endswith("The sheet is mnist5k-train.png\n")
    assert (tmp_path / "mnist5k-train.png").is_file()


def test_the_seed_changes_the_sheet_and_nothing_else_does(tmp_path):
    for seed, name in ((0, "a"), (0, "b"), (1, "c")):
        run("show", "mnist5k", "--seed", seed, "--samples", 4, "--out", f"{name}.png")
    a, b, c = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--samples", "0"], "A sheet needs one sample or more; samples was 0"),
        (["--split", "validation"], "mnist5k has no validation split. It has: train, test"),
        (["--out", "no/folder/x.png"], r"no/folder/x\.png cannot be written: No such file"),
    ],
)
def test_show_refuses_what_it_cannot_draw(words, message):
    with pytest.raises(UserError, match=message):
        run("show", "mnist5k", *words)


@pytest.mark.parametrize("verb", ["list", "fetch", "add", "show"])
def test_help_has_an_example(verb, capsys):
    run(verb, "--help")
    assert f"steepest data {verb}" in " ".join(capsys.readouterr().out.split())


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from steepest.cli.data import app; app(['show', '--help'], result_action='return_value');"
        "print([each for each in ('torch', 'numpy', 'matplotlib') if each in sys.modules], file=sys.stderr)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
