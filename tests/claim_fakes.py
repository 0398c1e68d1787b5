"""What the tests of claims share: verifying one without a file by hand, and rules of the user's own that cheat."""

import random
from pathlib import Path
from typing import Any

from steepest.comparison.claims import write_claim
from steepest.verification.verifying import Verification, claim_findings

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
