"""`steepest optimizers`: list, show, race and check."""

import json
import subprocess
import sys

import pytest
from PIL import Image

from steepest.cli.optimizers import app
from steepest.errors import UnknownName, UserError
from steepest.optimizers.describing import registered


@pytest.fixture
def steepest(capsys):
    def run(*tokens):
        app(tokens, exit_on_error=False, result_action="return_value")
        return capsys.readouterr().out

    return run


def test_list_has_a_line_for_every_rule_with_its_cost(steepest):
    lines = steepest("list").splitlines()
    rows = {line.split()[0]: line.split() for line in lines[1:] if line[:1].islower()}
    assert set(registered()) <= set(rows)
    assert rows["adam"][1:5] == ["0.001", "1", "1", "2"]
    assert rows["sam"][2:4] == ["2", "2"]
    assert max(map(len, lines)) <= 105


def test_list_as_json_holds_everything(steepest):
    rules = json.loads(steepest("list", "--json"))["optimizers"]
    assert [each["name"] for each in rules] == registered()
    assert rules[0]["formula"] == "w = w - lr * g"


def test_show_explains_a_rule(steepest):
    out = steepest("show", "heavy-ball")
    assert out.startswith("momentum (also heavy-ball)\n")
    assert "    v = beta * v + g\n" in out
    assert "beta                0.9  [0, 1)  a velocity that never fades grows forever\n" in out
    assert "source  Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5" in out
    assert "1 forward and 1 backward; its state is 1 times as large" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 100


def test_show_names_the_rule_that_is_wrapped(steepest):
    assert "of RULE        momentum  the rule it wraps" in steepest("show", "sam")


def test_show_says_what_a_comparison_tunes(steepest):
    assert "  rho is tuned by compare: 0.01 to 0.5, log\n" in steepest("show", "sam")
    assert "tuned" not in steepest("show", "adam")


def test_show_as_json(steepest):
    found = json.loads(steepest("show", "adam", "--json"))
    assert found["cost"] == {"forwards": 1.0, "backwards": 1.0, "vectors": 2.0}
    assert found["parameters"][0]["range"] == "[0, 1)"


def test_show_of_an_unknown_rule_gives_advice(steepest):
    with pytest.raises(UnknownName, match="Did you mean `adam`"):
        steepest("show", "adamm")


def test_race_writes_a_still_and_a_moving_picture(steepest, tmp_path):
    out = tmp_path / "race.png"
    printed = steepest(
        *("race", "--on", "ravine", "--rules", "sgd,adam:beta1=0.8,eps=1e-7", "--steps", "12"),
        *("--out", str(out)),
    )
    assert "After 12 steps on ravine, from height 33:" in printed
    assert "adam:beta1=0.8,eps=1e-7" in printed
    assert printed.splitlines()[-2:] == [str(out), str(tmp_path / "race.gif")]
    with Image.open(out) as still, Image.open(tmp_path / "race.gif") as moving:
        assert still.size[0] > 1000
        assert moving.n_frames == 13
        # the race is seen to move
        first = moving.convert("RGB").tobytes()
        moving.seek(6)
        assert moving.convert("RGB").tobytes() != first


def test_race_as_json_lists_the_rules_by_their_height(steepest, tmp_path):
    found = json.loads(
        steepest(
            *("race", "--on", "ravine", "--rules", "blind-search,momentum", "--steps", "9"),
            *("--out", str(tmp_path / "r.png"), "--json"),
        )
    )
    heights = [each["height"] for each in found["rules"]]
    assert heights == sorted(heights)
    assert found["files"] == [str(tmp_path / "r.png"), str(tmp_path / "r.gif")]


def test_the_same_race_gives_the_same_bytes(steepest, tmp_path):
    def race():
        steepest("race", "--on", "saddle", "--rules", "blind-search:lr=0.1", "--steps", "5")
        return (tmp_path / "race.png").read_bytes(), (tmp_path / "race.gif").read_bytes()

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert race() == race()


def test_race_refuses_what_it_cannot_do(steepest, tmp_path):
    with pytest.raises(UserError, match=r"out must be a \.png file in a folder that exists"):
        steepest("race", "--out", str(tmp_path / "race.pdf"))
    with pytest.raises(UserError, match="at least 1 step; steps 0 came"):
        steepest("race", "--steps", "0", "--out", str(tmp_path / "race.png"))
    with pytest.raises(UserError, match="No rule is named"):
        steepest("race", "--rules", " , ", "--out", str(tmp_path / "race.png"))


def test_check_passes_a_good_rule_and_says_what_fails_in_a_bad_one(steepest, tmp_path, capsys):
    assert steepest("check", "lion").count("ok ") == 12
    path = tmp_path / "my_rule.py"
    path.write_text(
        "class MyRule:\n"
        "    def update(self, grad, params, state, lr):\n"
        "        return params.mul_(0.99).sub_(lr * grad)\n"
    )
    with pytest.raises(UserError, match="1 of 12 checks fail for"):
        steepest("check", f"{path}:MyRule", "--lr", "0.01")
    printed = " ".join(capsys.readouterr().out.split())
    assert "FAILS a rate of 0 freezes: params move where their learning rate is 0." in printed


def test_check_as_json(steepest):
    found = json.loads(steepest("check", "sgd", "--json"))
    assert {each["passed"] for each in found["checks"]} == {True}


def test_help_imports_no_torch():
    code = (
        "import sys; from steepest.cli import run; run(['optimizers', '--help']); "
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "race" in done.stdout
    assert "torch was imported" not in done.stderr
