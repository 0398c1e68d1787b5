"""Before anything is trained: does a rule run the network behind its objective's back?

Costs are counted by the objective. A rule that reaches through it for the network itself would get passes for
nothing, so its first steps are watched: every layer with weights counts how often it is run.
"""

from dataclasses import dataclass

import torch
from torch import nn

from ..errors import UserError
from ..losses import cross_entropy
from ..objective import ModelObjective, passes_counted
from ..preparation import Setup
from ..randomness import generator
from ..stochastic import Draws

WATCHED_STEPS = 8  # enough for rules that look ahead every five steps or so
WATCHED_BATCH = 32  # images; how often a layer runs does not depend on how many there are


@dataclass(frozen=True)
class Inspection:
    """What the first steps of a rule were seen to do.

    Args:
        counted: forward passes that the objective counted.
        seen: forward passes that the layers saw.
    """

    counted: int
    seen: float


def refuse_uncounted(name: str, setup: Setup) -> None:
    """Refuse a side whose rule runs the network without asking its objective.

    Raises:
        UserError: says how often it did.
    """
    found = inspect(setup)
    if found.seen > found.counted:
        raise UserError(
            f"`{name}` runs the network behind its objective's back: {found.seen:g} forward passes in "
            f"{WATCHED_STEPS} steps, of which its objective counted {found.counted}. Costs are compared here: "
            "a rule may only ask its objective."
        )


def inspect(setup: Setup) -> Inspection:
    """Return what the rule of a setup does in its first steps; the setup's network is used up by it."""
    network, rule = setup.network.train(), setup.choice.rule
    train = setup.dataset.train
    images, labels = train.images[:WATCHED_BATCH], train.labels[:WATCHED_BATCH]
    draws = Draws(network, setup.config.seed)
    layers = _layers(network)
    with setup.plan.applied(), torch.no_grad(), passes_counted(layers) as once, draws():
        network(images)
    objective = ModelObjective(network, cross_entropy(), setup.plan.autocast, draws)
    tensors = dict(network.named_parameters())
    params = objective.layout.flatten({name: tensors[name] for name in objective.layout.names})
    state = rule.init(params, objective.layout)
    with setup.plan.applied(), passes_counted(layers) as runs:
        for step in range(WATCHED_STEPS):
            draws.at(step)
            objective.begin(images, labels, params)
            noise = generator(setup.config.seed, "optimizer", step)
            params, state, _ = rule.step(objective, params, state, setup.choice.lr, noise)
            objective.finish(params)
    seen = [runs[number] / once[number] for number in range(len(layers)) if once[number]]
    return Inspection(objective.forwards, max(seen, default=0.0))


def _layers(network: nn.Module) -> list[nn.Module]:
    """Return the modules that hold weights of their own."""
    return [each for each in network.modules() if list(each.parameters(recurse=False))]
