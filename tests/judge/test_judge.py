"""The room's front door: what it offers, and how little it loads."""

import subprocess
import sys

import numpy as np

import steepest.judge as room

EVERYTHING = """
import sys
from time import perf_counter
start = perf_counter()
from importlib import import_module
from pkgutil import iter_modules
import steepest.judge
for each in iter_modules(steepest.judge.__path__):
    import_module(f"steepest.judge.{each.name}")
print(perf_counter() - start)
print(*sys.modules)
"""
SLOW = {"torch", "sklearn", "scipy.stats", "matplotlib", "pandas"}
HOUSE = {"steepest.errors", "steepest.lazy"}  # all that the room knows of the house
GENEROUS = 5.0  # seconds; alone on its machine it takes a tenth of that, and beside others anything


def test_the_whole_room_loads_quickly_and_knows_nothing_of_torch_or_the_house():
    done = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, check=True)
    seconds, names = done.stdout.splitlines()
    loaded = set(names.split())
    assert not loaded & SLOW
    assert "scipy.special" in loaded
    ours = {name for name in loaded if name.startswith("steepest.")}
    assert {name for name in ours if not name.startswith("steepest.judge")} == HOUSE
    assert float(seconds) < GENEROUS


def test_every_name_of_the_front_door_is_there_and_documented():
    for name in room.__all__:
        assert getattr(room, name).__doc__, name


def test_plain_arrays_are_judged_from_the_front_door():
    gains = np.array([0.004, 0.006, 0.005, 0.003, 0.007, 0.005, 0.004])
    assert room.judge(gains, margin=0.001) == room.judge_all({0: gains}, margin=0.001)[0]
    assert room.judge_anytime(gains, margin=0.001).kind == "better"
    right = np.random.default_rng(0).random((7, 200)) < 0.8
    assert room.judge_images(right, right, margin=0.01).kind == "equivalent"
    assert room.judge_times(gains, gains + 1, gains > 0, gains > 0, horizon=2).kind == "better"
    assert room.units_needed(0.05, until_decided=False) == 6
