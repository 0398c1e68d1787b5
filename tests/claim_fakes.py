"""What the tests of claims share: verifying one without a file by hand, and rules of the user's own that cheat."""

import random
from pathlib import Path
from typing import Any

from steepest.comparison.claims import FORMAT, comparison_of, sealed, verdict_rows, write_claim
from steepest.runs.program import program_hashes
from steepest.verification.claims import claim_findings
from steepest.verification.findings import Verification

Claim = dict[str, Any]


def verified(claim: Claim, folder: Path, sample: int = 0) -> Verification:
    """Write a claim, and verify it with as many of its runs made again, always the same ones."""
    write_claim(claim, folder / "claim.json")
    return verify_claim(folder / "claim.json", sample=sample, draw=random.Random(0))


def verify_claim(path: Path, **asked: Any) -> Verification:
    """Return all findings of a claim together; arguments as of ``claim_findings``."""
    return Verification(str(path), tuple(claim_findings(path, **asked)))


def refusals(found: Verification) -> list[str]:
    """Return the lines by which a claim is refuted."""
    return [f"{each.name}: {each.text}" for each in found.refuted]


RULES = """
import copy
import torch
from steepest.optimizers import Step, rule

@rule("greedy-{tag}", lr=0.05)
class Greedy:
    def step(self, objective, params, state, lr, generator):
        for _ in range(3):
            loss, grad = objective.loss_and_grad(params)
            params = params - lr * grad
        return Step(params, state, loss)

@rule("sneaky-{tag}", lr=0.05)
class Sneaky:
    def step(self, objective, params, state, lr, generator):
        loss, grad = objective.loss_and_grad(params)
        inside = objective
        while hasattr(inside, "objective"):
            inside = inside.objective
        network = {how}
        with torch.enable_grad():
            more = torch.nn.functional.cross_entropy(network(inside._inputs), inside._targets)
        return Step(params - lr * grad, state, loss)
"""


def rules(folder: Path, how: str = "inside.model") -> Path:
    """Write a file with two rules: one takes three gradients a step, one runs the network in this way."""
    file = folder / "rules.py"
    file.write_text(RULES.format(tag=folder.name, how=how))
    return file


def written_claim(
    sides: int = 2,
    units: int = 6,
    *,
    optimizer: str = "sgd",
    question: dict[str, Any] | None = None,
    design: dict[str, Any] | None = None,
    criterion: dict[str, Any] | None = None,
    **circumstances: Any,
) -> Claim:
    """Return a claim on mnist5k that nobody trained, whose numbers fit together: runs of one epoch, 63 steps."""
    names = [f"side {number}" for number in range(sides)]
    there = {"classes": 10, "train_images": 4000, "test_images": 1000, **circumstances}
    plan = {"device": "cpu", "threads": 1, "precision": "float32", "channels_last": False}
    fixed = {"tuned": False, "units": units, "seeds_each": 1, "trials": 0, "first_seed": 0, "split_seed": 0}
    asked = {
        "vary": "optimizer",
        "candidate": None,
        "sides": {
            name: {"optimizer": optimizer, "lr": 0.01 + place, "epochs": 1} for place, name in enumerate(names)
        },
        "design": {**fixed, "until_decided": False, "budget": "trials", **(design or {})},
        "criterion": {"metric": "accuracy", "target": None, "margin": 0.005, "images": False, **(criterion or {})},
        **(question or {}),
    }
    draw = random.Random(0)
    claim = {
        "format": FORMAT,
        "made": "2026-01-01T00:00:00+00:00",
        "question": asked,
        "program": program_hashes(),
        "files": {},
        "circumstances": {
            **there,
            "hashes": {f"{unit} {name}": {"test": "0" * 64} for unit in range(units) for name in names},
            "environments": [{"python": "3.11", "plan": plan}],
        },
        "notes": [],
        "trials": [],
        "results": [
            {
                **{"side": name, "unit": unit, "seed": unit, "settings": {}, "loss": 0.3, "diverged": False},
                "accuracy": draw.randint(880, 920) / 1000,
                **{"forwards": 63, "backwards": 63, "seconds": 1.5, "steps": 63, "epochs": 1, "arrival": None},
                "weights": "0" * 64,
            }
            for unit in range(units)
            for name in names
        ],
        "tunings": {},
        "verdicts": [],
        "earlier": [],
    }
    return sealed(claim)


def with_verdicts(claim: Claim) -> Claim:
    """Return a claim with the verdicts that follow from its numbers, sealed again."""
    return sealed({**claim, "verdicts": verdict_rows(comparison_of(claim))})
