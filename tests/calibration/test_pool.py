import numpy as np
import pytest

from calibration import recorded
from calibration.calibrating import run
from calibration.pool import Line, read_pool, write_pool
from calibration.recorded import workloads
from steepest.errors import DataError, IntegrityError, MissingDataset


def made(folder, studies=30, images=80, rules=("sgd", "adam")):
    random = np.random.default_rng(0)
    easy, lines, correct = random.normal(2, 1, images), [], {}
    for rule in rules:
        for study in range(studies):
            luck = random.normal(0, 0.3)
            for seed in (2 * study + 1, 2 * study):
                right = random.random(images) < 1 / (1 + np.exp(-(easy + luck)))
                steps = float(random.integers(1, 13) * 100)
                arrived = steps if steps <= 1000 else None
                lines.append(Line("mnist5k-mlp", rule, study, seed, float(right.mean()), arrived, 1000.0))
                correct["mnist5k-mlp", rule, study, seed] = right
    write_pool(folder, lines, correct)
    return lines, correct


def test_what_is_written_is_read(tmp_path):
    lines, correct = made(tmp_path / "pool", studies=4)
    first, second = read_pool(tmp_path / "pool")
    assert {first.rule, second.rule} == {"sgd", "adam"}
    sgd = first if first.rule == "sgd" else second
    assert sgd.accuracy.shape == (4, 2)
    assert sgd.correct.shape == (4, 2, 80)
    line = next(each for each in lines if (each.rule, each.study, each.seed) == ("sgd", 3, 7))
    assert sgd.accuracy[3, 1] == line.accuracy
    steps = {each.seed: each.steps for each in lines if each.rule == "sgd"}
    assert None in steps.values()
    assert sgd.time.ravel().tolist() == [steps[seed] or 1000 for seed in range(8)]
    assert np.array_equal(sgd.correct[3, 1], correct["mnist5k-mlp", "sgd", 3, 7])


def test_times_and_images_may_be_missing(tmp_path):
    write_pool(tmp_path, [Line("w", "sgd", study, 0, 0.9) for study in range(30)])
    (only,) = read_pool(tmp_path)
    assert only.time is None
    assert only.correct is None
    modes = {each.mode for each in recorded.experiments([only])}
    assert "new images" not in modes
    assert "time to target" not in modes


def test_a_folder_without_a_pool_is_named(tmp_path):
    with pytest.raises(MissingDataset, match=r"studies\.csv is not there"):
        read_pool(tmp_path)


def test_files_that_do_not_fit_each_other_are_refused(tmp_path):
    made(tmp_path, studies=4)
    table = tmp_path / "studies.csv"
    rows = table.read_text().splitlines()
    table.write_text("\n".join(rows[:-1]))
    with pytest.raises(IntegrityError, match="the studies of sgd on mnist5k-mlp differ in seeds"):
        read_pool(tmp_path)
    table.write_text("\n".join(rows[:-2]))
    with pytest.raises(IntegrityError, match=r"correct\.npz has 8 rows for sgd"):
        read_pool(tmp_path)
    table.write_text("rule,accuracy\nsgd,0.9\n")
    with pytest.raises(IntegrityError, match="the columns workload, rule, study"):
        read_pool(tmp_path)


def test_too_few_studies_are_refused(tmp_path):
    made(tmp_path, studies=12)
    with pytest.raises(DataError, match="30 or more; mnist5k-mlp has 12"):
        workloads(read_pool(tmp_path))


def test_the_sides_of_a_comparison_never_share_a_study():
    values = np.arange(80.0).reshape(2, 40)
    drawn = recorded.disjoint(values, (3, 10), lambda each: each, np.random.default_rng(0), 50)
    assert drawn.shape == (50, 3, 10)
    for comparison in drawn.reshape(50, -1):
        assert len(set(comparison)) == 30
        assert len(set(comparison // 40)) == 1  # all of one rule


def test_every_line_on_a_pool_runs_and_is_seldom_false(tmp_path):
    made(tmp_path)
    pool = read_pool(tmp_path)
    modes = set()
    for line in (*recorded.experiments(pool), *recorded.limits(pool)):
        row = run(line, 300)
        modes.add(line.mode.partition(",")[0])
        assert row.rate < 0.1
        assert row.power > row.rate
    assert modes == {"fixed n", "until decided", "new images", "time to target"}


def test_two_rules_are_compared_at_equal_means(tmp_path):
    made(tmp_path)
    line = next(iter(recorded.limits(read_pool(tmp_path))))
    drawn = line.null.draw(np.random.default_rng(0), 4000)
    assert drawn.mean() == pytest.approx(0, abs=1e-3)
    assert drawn.std() > 0.01
