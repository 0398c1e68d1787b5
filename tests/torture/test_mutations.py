"""What is changed at random is another thing, mostly, and the same for the same draw."""

import json
from random import Random

from torture.mutations import mutated, mutated_bytes, mutated_json

TEXT, RECORD = "adam:beta1=0.8", {"a": [1, {"b": "text"}], "c": None}


def test_the_same_draw_gives_the_same_change():
    for change in (
        lambda draw: mutated(TEXT, [TEXT], draw),
        lambda draw: mutated_bytes(TEXT.encode(), draw),
        lambda draw: mutated_json(RECORD, draw),
    ):
        assert [change(Random(seed)) for seed in range(50)] == [change(Random(seed)) for seed in range(50)]
        assert len({change(Random(seed)) for seed in range(200)}) > 100


def test_the_right_one_is_not_touched_and_json_mostly_stays_json():
    kept = json.dumps(RECORD)
    good = 0
    for seed in range(200):
        try:
            json.loads(mutated_json(RECORD, Random(seed)))
            good += 1
        except (ValueError, RecursionError):
            pass
    assert json.dumps(RECORD) == kept
    assert good > 140


def test_nothing_is_left_of_nothing():
    assert mutated_bytes(b"", Random(0)) == b""
    assert isinstance(mutated("", ["a"], Random(0)), str)
    assert mutated_json([], Random(5)) == "[]"
