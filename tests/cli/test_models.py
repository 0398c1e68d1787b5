import json
import subprocess
import sys

import pytest

from steepest.cli.models import app
from steepest.errors import NotationError, ShapeError, UnknownName, UserError
from steepest.models import MODELS


def run(capsys, *tokens):
    app(tokens, exit_on_error=False, result_action="return_value")
    return capsys.readouterr().out


def test_list_shows_every_model_with_its_parameters(capsys):
    lines = run(capsys, "list").splitlines()
    assert lines[0].split() == ["name", "parameters", "input", "notation"]
    for name, model in MODELS.items():
        (line,) = [each for each in lines if each.split() and each.split()[0] == name]
        assert f"{model.parameters:,}" in line
    assert max(map(len, lines)) <= 111


def test_list_as_json_holds_whole_notations_and_sources(capsys):
    models = json.loads(run(capsys, "list", "--json"))["models"]
    assert [each["name"] for each in models] == list(MODELS)
    assert models[1]["notation"] == "F10n"
    assert set(models[0]) == {"name", "notation", "parameters", "source", "shape", "classes"}


def test_show_prints_one_line_a_layer_and_the_totals(capsys):
    out = run(capsys, "show", "cnn-guide")
    lines = out.splitlines()
    assert lines[0].startswith("cnn-guide: Of the published notebook")
    assert "on images 1x28x28" in lines
    (row,) = [line for line in lines if line.startswith("64C3p1 ")]
    worked_out = "64 x (32 x 3 x 3) + 64"
    assert row.endswith(f"  {worked_out}")
    cells = ["64C3p1", "convolution", "64x14x14", "18,496", "8", "3,612,672"]
    assert row.removesuffix(worked_out).split() == cells
    assert "parameters     320 + 18,496 + 401,536 + 1,290 = 421,642" in lines
    assert "multiply-adds  4,241,152 an image" in lines
    assert "MB an image    input 0.00, forward/backward 0.36, parameters 1.61, total 1.97" in lines


def test_show_columns_stand_under_one_another(capsys):
    lines = run(capsys, "show", "cnn-guide").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("layer "))
    rows = lines[start + 2 : lines.index("", start)]
    assert len(rows) == 8
    end_of_output = lines[start].index("output") + len("output")
    assert all(row[end_of_output - 1].isdigit() and row[end_of_output] == " " for row in rows)


def test_show_takes_a_notation_and_an_input(capsys):
    out = run(capsys, "show", "8C3-{8C3p1}-F5", "--input", "3x10x12")
    assert "8x8x10" in out
    assert "\n  8C3p1 " in out
    assert "10x12" in out


def test_show_adapts_a_named_model_to_classes(capsys):
    table = json.loads(run(capsys, "show", "mlp", "--classes", "3", "--json"))
    assert table["notation"] == "F128-R-F64-R-F3"
    assert table["layers"][-1]["output_shape"] == [3]
    assert table["parameters"] == 109_386 - 7 * 65


def test_show_leaves_a_deep_network_s_sum_out(capsys):
    assert "\nparameters     272,474\n" in run(capsys, "show", "resnet-small")


@pytest.mark.parametrize(
    ("tokens", "kind", "message"),
    [
        (["show", "32Q3"], NotationError, "`32Q3` is no layer"),
        (["show", "convnte"], UnknownName, "Did you mean `convnet`"),
        (["show", "9C9", "--input", "1x5x5"], ShapeError, r"\(5 - 9 \+ 0\) // 1 \+ 1 = -3"),
        (["show", "F10", "--input", "28x28"], UserError, "Write channels x height x width, such as 1x28x28"),
        (["show", "F10", "--input", "1x0x28"], UserError, "`1x0x28` is no shape of an image"),
        (["show", "mlp", "--classes", "0"], UserError, "at least 1 class; classes 0 came"),
        (["show", "my.py:Net"], UserError, "is a class of yours"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(tokens, kind, message):
    with pytest.raises(kind, match=message):
        app(tokens, exit_on_error=False, result_action="return_value")


def test_help_shows_an_example_and_imports_no_torch():
    code = (
        "import sys; from steepest.cli.models import app;"
        "app(['show', '--help'], result_action='return_value'); assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "steepest models show 32C3p1-R-M2-F10 --input 3x32x32" in done.stdout
