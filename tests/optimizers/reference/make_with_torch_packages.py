"""Writes torch_packages.json: trajectories of schedulefree and pytorch-optimizer in double precision.

Run once, in an environment that has both packages beside steepest (which needs neither):

    PYTHONPATH=src python tests/optimizers/reference/make_with_torch_packages.py
"""

import inspect
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import torch

STEPS = (1, 2, 10, 100, 1000)
# Rates at which 1,000 steps do not end in a limit cycle, where rounding decides what comes next
RATES = {"quadratic": 0.001, "rosenbrock": 0.0001, "small network": 0.001, "narrow network": 0.001}


def soap_in_double():
    """Return pytorch-optimizer's SOAP with its QR in double precision instead of single."""
    from pytorch_optimizer.optimizer import soap

    source = inspect.getsource(soap)
    assert source.count("power_iter.to(torch.float32)") == 1
    space = {"__name__": "soap_in_double"}
    exec(source.replace("power_iter.to(torch.float32)", "power_iter.to(torch.float64)"), space)
    return space["SOAP"]


def build_optimizers():
    """Return {our spelling: function of parameters and lr}."""
    import schedulefree

    soap = soap_in_double()
    return {
        "schedule-free-sgd:weight_decay=0.01": lambda p, lr: schedulefree.SGDScheduleFree(
            p, lr=lr, momentum=0.9, weight_decay=0.01
        ),
        "schedule-free-adamw:weight_decay=0.01": lambda p, lr: schedulefree.AdamWScheduleFree(
            p, lr=lr, betas=(0.9, 0.999), weight_decay=0.01, foreach=False
        ),
        # eps is large enough to keep the axes quiet in which there is no gradient: they are noise
        "soap:weight_decay=0.01,every=3,eps=1e-3": lambda p, lr: soap(
            p, lr=lr, betas=(0.95, 0.95), weight_decay=0.01, precondition_frequency=3, eps=1e-3
        ),
    }


def problems_for(spelling):
    """Return the problems on which mathematics alone decides a rule's path; test_soap.py says why."""
    from steepest.optimizers.problems import PROBLEMS, network

    if not spelling.startswith("soap"):
        return PROBLEMS
    others = {name: build for name, build in PROBLEMS.items() if name != "small network"}
    return {**others, "narrow network": lambda: network(hidden=3)}


def run(problem, make, lr):
    parameters = [torch.nn.Parameter(each.clone()) for each in problem.layout.views(problem.start)]
    optimizer = make(parameters, lr)
    names = problem.layout.names

    def set_gradients():
        _, grad = problem.objective.loss_and_grad(flat())
        for parameter, piece in zip(parameters, problem.layout.views(grad), strict=True):
            parameter.grad = piece.clone()

    def flat():
        return problem.layout.flatten(dict(zip(names, parameters, strict=True)))

    def evaluated():
        if not hasattr(optimizer, "eval"):
            return flat()
        optimizer.eval()
        weights = flat()
        optimizer.train()
        return weights

    if hasattr(optimizer, "train"):
        optimizer.train()
    kept = {}
    for number in range(1, max(STEPS) + 1):
        set_gradients()
        optimizer.step()
        if number in STEPS:
            kept[number] = evaluated().tolist()
    return kept


def main():
    warnings.simplefilter("ignore")
    trajectories = {
        spelling: {
            name: {"lr": RATES[name], "params": run(build(), make, RATES[name])}
            for name, build in problems_for(spelling).items()
        }
        for spelling, make in build_optimizers().items()
    }
    packages = ("torch", "schedulefree", "pytorch-optimizer")
    record = {"made with": {name: version(name) for name in packages}, "trajectories": trajectories}
    path = Path(__file__).with_name("torch_packages.json")
    path.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
