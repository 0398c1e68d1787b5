"""What only optax, schedulefree or pytorch-optimizer has: the same to 1e-10 relative, from stored trajectories.

The scripts in reference/ made them; each file says with which versions.
"""

import json
from pathlib import Path

import pytest
import torch

from steepest.optimizers import choose
from steepest.optimizers.problems import PROBLEMS, network

TOLERANCE = 1e-10
REFERENCE = Path(__file__).parent / "reference"
TRAJECTORIES = {
    text: problems
    for file in sorted(REFERENCE.glob("*.json"))
    for text, problems in json.loads(file.read_text())["trajectories"].items()
}


# SOAP's third: on the wider one it rests with the LAPACK at hand which path is taken, see test_soap.py
BUILT = {**PROBLEMS, "narrow network": lambda: network(hidden=3)}


@pytest.mark.parametrize(
    ("text", "problem_name"), [(text, name) for text, problems in TRAJECTORIES.items() for name in problems]
)
def test_a_rule_takes_the_path_of_its_reference(text, problem_name):
    stored, problem = TRAJECTORIES[text][problem_name], BUILT[problem_name]()
    rule, params = choose(text).rule, problem.start
    state = rule.init(params, problem.layout)
    for step in range(1, 1001):
        noise = torch.Generator().manual_seed(step)
        params, state, _ = rule.step(problem.objective, params, state, stored["lr"], noise)
        if str(step) in stored["params"]:
            theirs = torch.tensor(stored["params"][str(step)], dtype=torch.float64)
            distance = (rule.weights(params, state) - theirs).norm() / theirs.norm()
            assert distance <= TOLERANCE, f"after step {step}"


def test_the_stored_trajectories_move_and_stay_finite():
    assert all(len(problems) == len(PROBLEMS) for problems in TRAJECTORIES.values())
    for text, problems in TRAJECTORIES.items():
        for name, stored in problems.items():
            last = torch.tensor(stored["params"]["1000"], dtype=torch.float64)
            assert last.isfinite().all(), (text, name)
            assert not torch.allclose(last, BUILT[name]().start, rtol=1e-3), (text, name)
