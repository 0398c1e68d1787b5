import doctest
import io
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

import same_as_before
from sameness import calls, files, findings, page, sides, text, values
from sameness.comparing import compared, left_files
from sameness.files import file_findings, picture_findings, tensor_findings
from sameness.findings import Places
from sameness.page import unexpected
from sameness.sides import FOLDER, RECORD, Side, run_part
from sameness.text import flags_findings, page_findings, text_findings
from sameness.values import csv_findings, json_findings, printed_findings
from steepest.storage import write_tensors

HERE = (Places({"/w/old": "", "/trees/a": "TREE"}), Places({"/w/new": "", "/trees/b": "TREE"}))


@pytest.mark.parametrize("module", [findings, text, values, files, page])
def test_the_examples_in_the_docstrings_are_true(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("epoch 1/2   loss 0.5  1.1 s", "epoch 1/2   loss 0.5  12.0 s"),
        ("training took 59.9 s in all", "training took 1 min 2 s in all"),
        ("it took 3 h 5 min", "it took 2.0 s"),
        ("made 2026-01-02T03:04:05+00:00", "made 2027-11-12T13:14:15+00:00"),
        ('["a.gz", 1648877, 1795647574621260416]', '["a.gz", 1648877, 1795647728633018083]'),
        ("costs 1.03 to 1.90 times the seconds", "costs 1.10 times the seconds"),
        ("run: /w/old/runs/a", "run: runs/a"),
        ("run: runs/a", "run: /w/new/runs/a"),
        ("in /w/old.", "in /w/new."),
        ("File /trees/a/src/x.py", "File /trees/b/src/x.py"),
        ("a sentence that\n  is broken", "a sentence\n    that is broken"),
        ("side    mean\n------  ----", "side  mean\n----  ----"),
    ],
)
def test_clock_places_and_line_breaks_are_no_difference(old, new):
    assert text_findings(old, new, HERE).differences == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss 0.5001  1.1 s", "loss 0.5002  1.1 s"),
        ("accuracy 98.80%", "accuracy 98.8%"),
        ("adam better", "adam worse"),
        ("run: runs/a", "run: runs/b"),
        ("32 images, 3 seeds", "32 images, 4 seeds"),
        ("lr 0.1\nlr 0.2", "lr 0.1"),
        ("a line", "a line\nand another"),
        ("-3.5", "3.5"),
    ],
)
def test_a_changed_number_word_or_line_is_found(old, new):
    assert len(text_findings(old, new, HERE).differences) == 1


def test_the_column_of_seconds_is_left_out_and_its_neighbours_are_not():
    table = "side  accuracy  seconds  forwards\nadam    97.10%     {0}     {1}\nsgd     91.00%     0.50     320\n"
    old = table.format("1.25", "320")
    assert text_findings(old, table.format("9.75", "320"), HERE).differences == []
    found = text_findings(old, table.format("1.25", "321"), HERE)
    assert found.differences == ["`adam 97.10% CLOCK 320` → `adam 97.10% CLOCK 321`"]
    assert found.equal == 2


def test_a_page_is_read_without_its_scripts_and_seconds():
    page_text = (
        "<style>a {{}}</style><script>{0}</script><script type='application/json'>[{3}, 2]</script>"
        "<h1>Run</h1><table><tr><th>side</th><th>seconds</th></tr><tr><td>adam {1}</td><td>{2}</td></tr></table>"
    )
    old = page_text.format("1", "a", "3.1", "4")
    assert page_findings(old, page_text.format("2", "a", "4.2", "4"), HERE).differences == []
    assert page_findings(old, page_text.format("1", "b", "3.1", "5"), HERE).differences == [
        "`[4` → `[5`",
        "`adam a CLOCK` → `adam b CLOCK`",
    ]


def test_rows_of_a_page_that_name_weights_may_come_in_any_order_and_others_may_not():
    rows = [f"<tr><td>{name}</td><td>24</td></tr>" for name in ("a.bias", "a.weight", "x", "y")]
    old, swapped, turned = ("".join(rows[int(n)] for n in order) for order in ("0123", "1023", "0132"))
    assert page_findings(old, swapped, HERE).differences == []
    assert page_findings(old, turned, HERE).differences != []


def test_json_is_compared_leaf_by_leaf():
    old = {"a": 1, "b": [0.1, {"c": "x"}], "seconds": 1.5, "d": None}
    found = json_findings(old, {**old, "seconds": 2.5, "format": 1}, HERE)
    assert (found.differences, found.added, found.equal) == ([], ["format"], 4)
    for changed, line in [
        ({**old, "a": 1.0}, "a: 1 → 1.0"),
        ({**old, "a": True}, "a: 1 → True"),
        ({**old, "b": [0.1, {"c": "y"}]}, "b[1].c: 'x' → 'y'"),
        ({**old, "b": [0.1]}, "b: 2 entries → 1"),
        ({**old, "b": [0.10000000000000002, {"c": "x"}]}, "b[0]: 0.1 → 0.10000000000000002"),
        ({**old, "d": 0}, "d: None → 0"),
        ({key: old[key] for key in "abd" if key != "d"}, "d: is gone"),
    ]:
        assert json_findings(old, changed, HERE).differences == [line]


def test_hashes_of_the_program_are_listed_apart_and_those_of_weights_are_not():
    old = {"program": "p", "results": [{"key": "k", "weights": "w"}]}
    found = json_findings(old, {"program": "q", "results": [{"key": "l", "weights": "v"}]}, HERE)
    assert found.apart == ["program", "results[0].key"]
    assert found.differences == ["results[0].weights: 'w' → 'v'"]


def test_rows_under_a_column_of_seconds_are_left_out_of_json():
    old = {"columns": ["rule", "seconds"], "rows": [["adam", "1.2"]]}
    assert json_findings(old, {**old, "rows": [["adam", "3.4"]]}, HERE).differences == []
    assert json_findings(old, {**old, "rows": [["sgd", "1.2"]]}, HERE).differences == [
        "rows[0][0]: 'adam' → 'sgd'"
    ]


def test_a_path_that_is_a_key_is_the_same_on_both_sides():
    found = json_findings({"/w/old/net.py": "hash"}, {"/w/new/net.py": "hash"}, HERE)
    assert (found.equal, found.differences, found.added) == (1, [], [])


def test_findings_that_were_drawn_at_random_are_compared_in_one_order():
    one, other = {"name": "a", "accepted": True}, {"name": "b", "accepted": True}
    old = {"findings": [one, other]}
    assert json_findings(old, {"findings": [other, one]}, HERE).differences == []
    assert json_findings(old, {"findings": [one, one]}, HERE).differences != []


def test_what_is_printed_is_json_only_where_both_sides_printed_json():
    assert printed_findings('{"a": 1}', '{\n "a":  1}', HERE).compared["values"] == 1
    assert printed_findings("", '{"error": "no"}', HERE).differences == ['nothing → `{"error": "no"}`']


def test_a_table_is_compared_by_the_names_of_its_columns():
    old = "epoch,loss,seconds\n1,0.5,1.0\n2,0.25,1.0\n"
    moved = "epoch,new,seconds,loss\n1,x,3.0,0.5\n2,x,4.0,0.25\n"
    found = csv_findings(old, moved, HERE)
    assert (found.differences, found.added, found.equal) == ([], ["column new"], 4)
    assert csv_findings(old, old.replace("0.25", "0.250"), HERE).differences == ["row 2, loss: 0.25 → 0.250"]
    assert csv_findings(old, old[:-11], HERE).differences == ["3 rows → 2"]
    assert csv_findings(old, old.replace("loss", "error"), HERE).differences == ["column loss: is gone"]


@pytest.fixture
def weights(tmp_path):
    def written(name, record=None, **tensors):
        path = tmp_path / name
        write_tensors(path, tensors, record or {"epoch": 1})
        return path.read_bytes()

    return written


def test_one_bit_of_a_tensor_is_found_and_told(weights):
    values = torch.linspace(0, 1, 12).reshape(3, 4)
    old = weights("a", w=values, n=torch.tensor(3))
    bits = values.clone().view(torch.int32)
    bits[1, 2] ^= 1
    found = tensor_findings(old, weights("b", w=bits.view(torch.float32), n=torch.tensor(3)), HERE)
    assert found.compared["tensors"] == 2
    assert found.differences == ["tensor w: 1 of 12 numbers differ, by 5.96e-08 at most"]
    assert found.apart == ["metadata: steepest.sha256"]
    assert tensor_findings(old, old, HERE).differences == []


def test_the_sign_of_a_zero_is_a_difference(weights):
    old, new = (weights(name, w=torch.tensor([zero])) for name, zero in (("a", 0.0), ("b", -0.0)))
    assert tensor_findings(old, new, HERE).differences == ["tensor w: 1 of 1 numbers differ, by 0 at most"]


def test_other_shapes_types_names_and_records_are_found(weights):
    old = weights("a", w=torch.zeros(4), v=torch.zeros(1))
    new = weights("b", {"epoch": 2}, w=torch.zeros(2, 2), u=torch.zeros(1, dtype=torch.bfloat16))
    assert tensor_findings(old, new, HERE).differences == [
        "tensor v: is gone",
        "tensor w: F32[4] → F32[2, 2]",
        "tensor u: was not there",
        "metadata: steepest.epoch: 1 → 2",
    ]


def test_a_damaged_file_is_compared_by_its_bytes():
    assert file_findings("best.safetensors", b"12345678{", b"12345678{", HERE).differences == []
    found = file_findings("best.safetensors", b"12345678{", b"12345678[", HERE)
    assert len(found.differences) == 1
    assert file_findings("a.json", b"{", b"{}", HERE).differences != []


def picture(shade, **how):
    content = io.BytesIO()
    image = Image.new("L", (4, 5), 100)
    image.putpixel((1, 2), shade)
    image.save(content, "png", **how)
    return content.getvalue()


def test_pictures_are_compared_by_their_pixels():
    same = picture(100, compress_level=0)
    assert same != picture(100)
    assert picture_findings(picture(100), same, HERE).differences == []
    assert picture_findings(picture(100), picture(101), HERE).differences == [
        "3.750% of the pixels' values differ"
    ]


def test_a_flag_that_is_gone_is_a_difference_and_a_new_one_is_added():
    found = flags_findings("--lr --epochs --lr", "--epochs --label-errors", HERE)
    assert (found.differences, found.added) == (["--lr: is gone"], ["--label-errors"])


PROGRAM = """\
import json, pathlib, sys
words = sys.argv[1:]
if words[0] == "fail":
    sys.exit(f"no {words[1]}")
pathlib.Path("left.json").write_text(json.dumps({"number": NUMBER, "seconds": SECONDS}))
print(f"number {NUMBER}, SECONDS s, in {pathlib.Path('left.json').resolve()}")
"""


@pytest.fixture
def tree(tmp_path):
    """Make a checkout whose program prints and writes a number, and fails when asked to."""

    def made(name, number, seconds="1.5"):
        package = tmp_path / name / "src/steepest"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        text = PROGRAM.replace("NUMBER", str(number)).replace("SECONDS", seconds)
        (package / "__main__.py").write_text(text)
        return tmp_path / name

    return made


@pytest.fixture
def small(monkeypatch):
    """Put one part with two calls in place of all parts."""
    some = (calls.call("tell", "tell"), calls.call("fail", "fail loudly"))
    part = calls.Part("small", "Small", some)
    for module in (calls, sides, same_as_before):
        monkeypatch.setattr(module, "PARTS", (part,))
    return part


def test_two_versions_that_do_the_same_end_with_code_0(tree, small, tmp_path, capsys):
    old, new = tree("a", 7), tree("b", 7, seconds="2.5")
    assert same_as_before.main([str(old), str(new), "--work", str(tmp_path / "work")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("# Nothing differs")
    assert "| Small | 2 | 1 | 0 | 1 | 2 | 0 | 2 | 6 | 0 | 0 |" in shown
    assert (tmp_path / "work/old/small" / RECORD).is_file()
    assert not (tmp_path / "work/new").exists()


def test_a_changed_number_ends_with_code_1_and_is_shown_wherever_it_is(tree, small, tmp_path, capsys):
    work = ["--work", str(tmp_path / "work")]
    assert same_as_before.main([str(tree("a", 7)), str(tree("b", 8)), *work]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("# 2 differences")
    assert "- small: tell, stdout: `number 7, DURATION, in left.json` → `number 8," in shown
    assert "- small: left.json: number: 7 → 8" in shown


def test_a_finished_part_is_run_again_only_for_other_code_or_calls(tree, small, tmp_path):
    one = Side("old", tree("a", 7), "a", "code", tmp_path / "work")
    run_part(small, one, one)
    left = tmp_path / "work/small/folder/left.json"
    left.write_text("kept")
    run_part(small, one, one)
    assert left.read_text() == "kept"
    other_calls = replace(small, calls=(calls.call("tell", "tell more"), small.calls[1]))
    run_part(other_calls, one, one)
    assert json.loads(left.read_text())["number"] == 7
    left.write_text("kept")
    other_code = replace(one, code="other")
    run_part(other_calls, other_code, other_code)
    assert left.read_text() != "kept"


def test_another_exit_code_is_never_made_on_purpose(tree, small, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "CHANGED", (page.Change("*", ".", "all of it"),))
    pair = [Side(role, tree(role, 7), "", role, tmp_path / role / "w") for role in ("old", "new")]
    for side in pair:
        run_part(small, side, side)
    record = json.loads((pair[1].work / "small" / RECORD).read_text())
    assert record["codes"] == {"tell": 0, "fail": 1}
    record["codes"]["fail"] = 2
    (pair[1].work / "small" / RECORD).write_text(json.dumps(record))
    found = compared(small, *pair)
    assert unexpected(small, found) == ["fail, exit code: 1 → 2"]


def test_runs_of_a_sweep_are_known_by_their_settings(tmp_path):
    for key, seed in (("0" * 16, 1), ("f" * 16, 2)):
        job = tmp_path / "runs" / key
        job.mkdir(parents=True)
        (job / "config.toml").write_text(f'optimizer = "adam"\nseed = {seed}\nnewer = 3\n')
    names = sorted(left_files(tmp_path, HERE[0]))
    assert [name.partition("adam seed ")[2][:1] for name in names] == ["1", "2"]
    assert all(name.startswith("runs/[adam") and name.endswith("]/config.toml") for name in names)


@pytest.mark.parametrize("changer", [0, 1])
def test_a_file_that_only_one_side_changed_is_a_difference(tree, tmp_path, monkeypatch, changer):
    first = calls.Part("first", "First", (calls.call("tell", "tell"),))
    second = calls.Part("second", "Second", (calls.call("fail", "fail loudly"),), uses="first")
    monkeypatch.setattr(sides, "PARTS", (first, second))
    pair = [Side(role, tree(role, 7), "", role, tmp_path / "w" / role) for role in ("old", "new")]
    for side in pair:
        run_part(second, side, pair[0])
    assert compared(second, *pair).compared["files"] == 0
    left = pair[changer].work / "second" / FOLDER / "left.json"
    left.write_text(left.read_text().replace("7", "8"))
    (difference,) = compared(second, *pair).differences
    assert difference.startswith("left.json: number: ")


def test_every_part_has_calls_of_different_names_and_uses_one_that_is_there():
    names = [part.name for part in calls.PARTS]
    for part in calls.PARTS:
        assert max(Counter(each.name for each in part.calls).values()) == 1
        assert not part.uses or names.index(part.uses) < names.index(part.name)


def test_the_script_explains_itself():
    script = Path(same_as_before.__file__)
    done = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True, check=True)
    assert "OLD NEW" in done.stdout
