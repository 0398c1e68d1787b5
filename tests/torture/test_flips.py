"""A few flips and cuts of each file that is kept; and a reader that notices nothing is found out."""

from pathlib import Path

import pytest

from steepest.storage import sealed
from torture import flips
from torture.casework import Setting
from torture.flips import DETECTED, SAME, Kept, damaged, judged, readings_of_record

FLIPS = 30
DESIGN = {"tuned": False, "units": 6, "first_seed": 0}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("flips")


def test_words_for_what_a_reading_came_to():
    right = ("", "1")
    assert judged(right, right, "a.json") == SAME
    assert judged(right, ("IntegrityError", "x/a.json is damaged"), "a.json") == DETECTED
    assert "not named" in judged(right, ("IntegrityError", "it is damaged"), "a.json")
    assert "no damage" in judged(right, ("UserError", "a.json"), "a.json")
    assert "SILENT" in judged(right, ("", "2"), "a.json")


def test_a_reader_that_notices_nothing_is_found_out_and_one_that_heals_is_not(tmp_path):
    file = tmp_path / "numbers.txt"
    file.write_text("123456789")

    def healing():
        file.write_text("123456789")
        return "123456789"

    found = damaged(Kept("a", file, {"read": file.read_bytes, "heal": healing}), tmp_path, "flip", 20, "0")
    assert {each.what.partition(":")[0] for each in found.faults} == {"read"}
    assert (len(found.faults), found.notes.count("healed")) == (20, 20)
    assert file.read_text() == "123456789"


def test_what_is_flipped_is_detected_healed_or_says_nothing(place):
    setting = Setting(place, seed=1, count=FLIPS)
    tallies = {case.key: case.work() for case in flips.cases(setting)}
    faults = {key: each.faults for key, each in tallies.items() if each.faults}
    assert not faults
    assert sum(each.count for each in tallies.values()) > 1_000
    notes = {note for each in tallies.values() for note in each.notes}
    assert {"detected", "healed", "of no consequence"} <= notes
    kept = {Path(key.split()[-3]).name for key in tallies}
    assert {"last.safetensors", "environment.json", "outcome.json", "asked.json", "claim.json"} <= kept


def test_a_flip_in_what_was_asked_is_noticed(tmp_path):
    asked = [{"design": DESIGN, "criterion": {}, "kinds": ["better"]}]
    (tmp_path / "asked.json").write_text(sealed({"asked": asked}))
    kept = Kept("comparison", tmp_path / "asked.json", readings_of_record(tmp_path / "asked.json"))
    assert not damaged(kept, tmp_path, "flip", FLIPS, "0").faults
