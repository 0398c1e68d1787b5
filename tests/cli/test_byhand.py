"""The verbs of `byhand`, as they are typed."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from steepest.cli.byhand import app
from steepest.errors import ShapeError, UnknownName, UserError


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function that runs a verb and gives back what it printed."""

    def printed(*tokens: str) -> str:
        app(tokens, exit_on_error=False, result_action="return_value")
        return capsys.readouterr().out

    return printed


def test_backprop_alone_shows_published_by_hand_and_autograd(run):
    out = run("backprop")
    (row,) = [line for line in out.splitlines() if line.startswith("  dE/dw3 ")]
    assert row.split()[1:5] == ["0.000351776322", "0.000351776322", row.split()[3], "0.000351869"]
    assert float(row.split()[3]) < 1e-15
    assert "published dE/dw3 and dE/dw4 are wrong" in out
    assert "39 of 39 values against torch autograd in float64" in out


def test_backprop_takes_a_network_of_ones_own(run, tmp_path):
    toml = tmp_path / "net.toml"
    toml.write_text("sizes = [2, 1]\ninputs = [1, 2]\ntargets = [0.5]\nweights = [0.5, -0.5]\n")
    paths = [tmp_path / name for name in ("net.csv", "net.html", "net.svg")]
    out = run(
        "backprop", "--network", str(toml), "--biases", "0.25", "--activation", "tanh",
        "--steps", "3", "--columns", "E,dE/dw1", "--rates", "0.5", "--csv", str(paths[0]),
        "--html", str(paths[1]), "--svg", str(paths[2]),
    )  # fmt: skip
    assert "published" not in out
    (row,) = [line for line in out.splitlines() if line.startswith("  o1 ")]
    assert row.split()[1] == "−0.25"
    assert "lr 0.5: E in row 3 = " in out
    heads = [line.split() for line in out.splitlines() if line.startswith("step")]
    assert heads == [["step", "E", "dE/dw1"]]
    assert len(list(csv.reader(paths[0].read_text().splitlines()))) == 4
    assert paths[1].read_text().startswith("<!doctype html>")
    assert paths[2].read_text().startswith("<svg")


def test_backprop_as_json_holds_every_value(run):
    record = json.loads(run("backprop", "--sizes", "1,1", "--output", "linear", "--json"))
    assert record["network"]["sizes"] == [1, 1]
    assert record["check"]["agrees"] is True
    assert {"w1", "dE_dw1", "w1_new"} <= set(record["rows"][0])


@pytest.mark.parametrize(("said", "count"), [("yes", 4), ("no", 0), ("1,2,3,4", 4)])
def test_biases_are_drawn_left_out_or_typed(run, said, count):
    record = json.loads(run("backprop", "--biases", said, "--json"))
    assert len(record["network"]["biases"]) == count


def test_softmax_shows_three_gradients(run):
    out = run("softmax", "2,1,0.1", "--label", "2")
    (row,) = [line for line in out.splitlines() if line.startswith("dE/do2  ")]
    assert len(row.split()) == 4
    record = json.loads(run("softmax", "2,1", "--json"))
    assert record["autograd"] == pytest.approx(record["finite_differences"], abs=1e-9)


def test_step_works_a_rule_and_names_what_is_not_checked(run):
    out = run("step", "adam", "--steps", "2", "--start", "1,1,1")
    assert "E(w) = 1 × w1^2 / 2 + 1 × w2^2 / 2 + 1 × w3^2 / 2" in out
    assert "24 of 36 values against the rule's own step" in out
    assert "m_hat, s_hat: kept by no rule; checked through w" in out
    record = json.loads(run("step", "sgd", "--lr", "0.5", "--json"))
    assert record["lr"] == 0.5
    assert record["objective"] == "E(w) = 1 * w1^2 / 2 + 10 * w2^2 / 2"


@pytest.mark.parametrize(
    ("tokens", "kind", "said"),
    [
        (["backprop", "--sizes", "2,x"], UserError, "`x` in sizes is no whole number"),
        (["backprop", "--inputs", "1,nan"], UserError, "`nan` in inputs is no number"),
        (["backprop", "--steps", "2", "--columns", "w9"], UnknownName, "No quantity is called `w9`"),
        (["backprop", "--csv", "no/such/file.csv"], UserError, "There is no folder no/such"),
        (["step", "sgd", "--start", "1,2,3", "--curvature", "1"], UserError, "3 starts, 1 curvatures"),
    ],
)
def test_what_cannot_be_worked_through_is_refused_in_words(run, tokens, kind, said):
    with pytest.raises(kind) as caught:
        run(*tokens)
    assert said in str(caught.value)


def test_help_shows_an_example_and_imports_no_torch():
    code = (
        "import sys; from steepest.cli.byhand import app;"
        "app(['--help'], result_action='return_value');"
        "app(['backprop', '--help'], result_action='return_value'); assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "steepest byhand backprop --sizes 2,3,2" in " ".join(done.stdout.split())


def test_convolution_shows_products_sum_and_bias(run):
    out = run("convolution", "--matrix", "1 2 3; 4 5 6; 7 8 9", "--kernel", "1 0; 0 -1", "--bias", "0.5")
    assert "= 1 × 1 + 2 × 0 + 4 × 0 + 5 × (−1) + 0.5 = −3.5" in out
    assert "4 of 4 values against torch.nn.functional.conv2d" in out


def test_a_digit_is_swept_and_drawn(run, tmp_path):
    out = run(
        "convolution", "--digit", "7", "--kernel", "random:4:1", "--stride", "4",
        "--out", str(tmp_path / "new"),
    )  # fmt: skip
    assert "49 windows:" in out
    assert "more windows (--windows 49)" in out
    made = {path.name for path in (tmp_path / "new").iterdir()}
    assert made == {"overview.png", "windows.png", "windows.csv"}


def test_pooling_as_json(run):
    record = json.loads(run("pooling", "--matrix", "1 2; 3 4", "--kind", "average", "--json"))
    assert record["result"] == [[[2.5]]]
    assert record["windows"] == ["y1_1 = (x1_1 + x1_2 + x2_1 + x2_2) / 4 = (1 + 2 + 3 + 4) / 4 = 2.5"]


def test_count_and_size_show_their_sums(run):
    assert "in all: 320 + 18,496 + 401,536 + 1,290 = 421,642" in run("count", "cnn-guide")
    assert "F10  fully connected: 10 x 784 + 10 = 7,850" in run("count", "F10")
    out = run("size", "--input", "28", "--kernel", "5", "--stride", "2", "--padding", "1")
    assert "(28 - 5 + 2 x 1) // 2 + 1 = 13" in out
    rows = json.loads(run("size", "8C3-M2-F10", "--json"))["layers"]
    assert rows[1]["jump"] == "1 x 2 = 2"


@pytest.mark.parametrize(
    ("tokens", "kind", "said"),
    [
        (["convolution", "--matrix", "1", "--digit", "7"], UserError, "Give one image"),
        (["convolution", "--fit", "28"], UserError, "fit is the side in pixels"),
        (["convolution", "--matrix", "1 2; 3 4"], ShapeError, "(2 - 3 + 2 x 0) // 1 + 1 = 0"),
        (["pooling", "--windows", "-1"], UserError, "--windows must be 0 or more"),
        (["size"], UserError, "Give a model"),
        (["size", "--kernel", "3,3", "--stride", "1,1,1"], UserError, "stride has 3 numbers"),
    ],
)
def test_what_cannot_be_worked_over_is_refused_in_words(run, tokens, kind, said):
    with pytest.raises(kind) as caught:
        run(*tokens)
    assert said in str(caught.value)


@pytest.mark.parametrize("verb", ["convolution", "pooling"])
def test_too_few_windows_are_refused_before_a_file_is_written(run, tmp_path, verb):
    with pytest.raises(UserError, match="--windows must be 0 or more, not -1"):
        run(verb, "--windows", "-1", "--out", str(tmp_path / "drawn"))
    assert list(tmp_path.iterdir()) == []


def test_a_class_gets_sheets_and_grades(run, tmp_path):
    folder = tmp_path / "sheets"
    run("worksheet", "--topic", "softmax", "--seed", "7", "--students", "2", "--out", str(folder))
    assert {path.name for path in folder.iterdir()} == {
        "worksheets.html", "answers.csv", "key.html", "key.json", "key.csv",
    }  # fmt: skip
    rows = list(csv.reader((folder / "key.csv").read_text().splitlines()))
    place = next(k for k, row in enumerate(rows) if row[:2] == ["01", "dE_do1"])
    rows[place][2] = str(-float(rows[place][2]))
    answers = tmp_path / "answers.csv"
    answers.write_text("\n".join(",".join(row) for row in rows if row[0] != "02"))
    out = run("grade", str(folder / "key.json"), str(answers), "--csv", str(tmp_path / "g.csv"))
    lines = out.splitlines()
    assert lines[0] == "01: 10 of 11 right"
    assert lines[1].startswith("    first wrong: dE/do1 = ")
    assert "wrong sign, as in t1 − p1" in lines[1]
    assert lines[2] == "02: nothing handed in"
    assert len(list(csv.reader((tmp_path / "g.csv").read_text().splitlines()))) == 23
    record = json.loads(run("grade", str(folder / "key.json"), str(answers), "--json"))
    assert record["grades"][0]["first_wrong"] == "dE_do1"
    with pytest.raises(UserError, match="is not an empty folder: students may have written into it"):
        run("worksheet", "--topic", "softmax", "--out", str(folder))


def test_the_sheets_as_json_name_the_folder_and_its_files(run, tmp_path):
    folder = tmp_path / "sheets"
    asked = ("--topic", "size", "--students", "3", "--digits", "3", "--out", str(folder))
    record = json.loads(run("worksheet", *asked, "--json"))
    assert record["students"] == 3
    assert set(record["files"]) == {path.name for path in folder.iterdir()}
    assert json.loads((folder / "key.json").read_text())["significant_digits"] == 3
    blank = list(csv.reader((folder / "answers.csv").read_text().splitlines()))
    assert {row[0] for row in blank[1:]} == {"01", "02", "03"}
    assert {row[2] for row in blank[1:]} == {""}


def test_a_file_in_the_folder_s_place_and_impossible_amounts_are_refused(run, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="taken is not an empty folder"):
        run("worksheet", "--topic", "size", "--out", str(tmp_path / "taken"))
    with pytest.raises(UserError, match="1 to 1,000 students, not 0"):
        run("worksheet", "--topic", "size", "--students", "0", "--out", str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_missing_key_and_missing_answers_are_refused(run, tmp_path):
    with pytest.raises(UserError, match=r"There is no key of worksheets .*key\.json"):
        run("grade", str(tmp_path / "key.json"), str(tmp_path / "answers.csv"))
    run("worksheet", "--topic", "size", "--out", str(tmp_path / "sheets"))
    with pytest.raises(UserError, match=r"There is no file .*none\.csv"):
        run("grade", str(tmp_path / "sheets/key.json"), str(tmp_path / "none.csv"))
