import pytest

import calibrate
from calibration import simulated
from calibration.calibrating import run
from calibration.simulation import NORMAL


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "judge.md"
    path.write_text(f"before\n{calibrate.BEGIN}\nold\n{calibrate.END}\nafter\n")
    return path


def test_the_table_replaces_what_stood_between_the_markers(page):
    calibrate.write(page, "new")
    calibrate.write(page, "newer")
    assert page.read_text() == f"before\n{calibrate.BEGIN}\n\nnewer\n\n{calibrate.END}\nafter\n"


def test_a_page_without_markers_is_left_alone(tmp_path):
    path = tmp_path / "judge.md"
    path.write_text("text")
    with pytest.raises(ValueError, match="has no place for the calibration"):
        calibrate.write(path, "new")
    assert path.read_text() == "text"


def test_a_line_holds_counts_rate_and_bound_and_marks_what_is_above_the_limit():
    row = run(simulated.one_pair(simulated.FIXED, NORMAL, 10), 200)
    cells = dict(zip(calibrate.HEADINGS, calibrate.cells(row), strict=True))
    assert cells["false"] == str(row.false)
    assert cells["comparisons"] == "200"
    assert cells["rate"] == f"{row.false / 200:.2%}"
    assert row.bound > 0.06
    assert cells["upper 95 % bound"].startswith("**")


def test_the_page_is_written_and_a_broken_promise_is_reported(page, monkeypatch, capsys):
    few = [simulated.one_pair(simulated.FIXED, NORMAL, n) for n in (6, 10)]
    monkeypatch.setattr(calibrate.simulated, "experiments", lambda: few)
    monkeypatch.setattr(calibrate.simulated, "limits", lambda: few[:1])
    monkeypatch.setattr(calibrate, "POPULATIONS", (NORMAL,))
    # thirty comparisons cannot show a rate below 6 %, so the promise counts as broken
    arguments = ["--comparisons", "30", "--pool", str(page.parent), "--page", str(page)]
    assert calibrate.main(arguments) == 1
    text = page.read_text()
    assert text.count("| fixed n | normal |") == 3
    assert calibrate.NO_POOL in text
    assert "above 6%: fixed n, normal" in capsys.readouterr().out
