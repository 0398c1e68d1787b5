import pytest

from steepest.comparison.sides import pairs_of, read_sides
from steepest.config import Config
from steepest.errors import UnknownName, UserError


def test_a_side_has_the_base_but_for_the_value_that_is_compared():
    base = Config(model="F2", epochs=3, val=0.25)
    sides = read_sides(["constant", "step:every=2"], base, "schedule")
    assert [each.name for each in sides] == ["constant", "step:every=2"]
    assert [each.config for each in sides] == [
        base.with_(schedule="constant"),
        base.with_(schedule="step:every=2"),
    ]


def test_a_side_may_have_settings_of_its_own_and_commas_stay_in_the_value():
    (side, _) = read_sides(["adam:beta1=0.8,eps=1e-7@lr=0.01@augment=shift:2+rotate:9", "sgd"], Config())
    assert side.config == Config(optimizer="adam:beta1=0.8,eps=1e-7", lr=0.01, augment="shift:2+rotate:9")


def test_values_are_numbers_where_the_setting_is_one_and_text_where_it_is_text():
    sides = read_sides(["32", "64"], Config(), "batch_size")
    assert [each.config.batch_size for each in sides] == [32, 64]
    assert read_sides(["1", "2"], Config(), "model")[0].config.model == "1"
    assert read_sides(["none@lr=none", "1"], Config(lr=0.1), "clip_norm")[0].config.lr is None


def test_a_files_folders_are_left_out_of_the_name_and_an_at_in_them_is_none():
    (side, _) = read_sides(["/home/a@b/rules/mine.py:Mine:k=2@lr=0.1", "sgd"], Config())
    assert side.name == "mine.py:Mine:k=2@lr=0.1"
    assert side.config.optimizer == "/home/a@b/rules/mine.py:Mine:k=2"
    (side, _) = read_sides(["ema of /My Drive/my rule.py:Mine@model=/a b/net.py:Net", "sgd"], Config())
    assert side.name == "ema of my rule.py:Mine@model=net.py:Net"
    assert side.config.model == "/a b/net.py:Net"


@pytest.mark.parametrize(
    ("texts", "vary", "words"),
    [
        (["adam", "adam"], "optimizer", "`adam` and `adam` are the same side"),
        (["0.1", "0.10"], "lr", "are the same side"),
        (["0", "1"], "seed", "seeds are what pairs the sides"),
        (["mnist", "kmnist"], "data", "measured on different images"),
        (["adam@seed=3", "sgd"], "optimizer", "seeds are what pairs"),
        (["adam@lr=0.1@lr=0.2", "sgd"], "optimizer", "gives lr twice"),
        (["@lr=0.1", "sgd"], "optimizer", "has no value of optimizer before its @"),
        (["many", "2"], "epochs", "epochs must be a whole number"),
    ],
)
def test_what_cannot_be_compared_is_refused(texts, vary, words):
    with pytest.raises(UserError, match=words):
        read_sides(texts, Config(), vary)


def test_an_unknown_setting_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean `schedule`"):
        read_sides(["a", "b"], Config(), "shedule")


def test_a_candidate_is_paired_with_each_other_side_wherever_it_stands():
    sides = read_sides(["sgd", "adam", "lion"], Config())
    assert pairs_of(sides, "adam") == (("adam", "sgd"), ("adam", "lion"))
    assert len(pairs_of(sides)) == 3
