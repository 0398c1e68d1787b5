import ast
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
import torch

import steepest
from steepest.objective import FunctionObjective
from steepest.optimizers import RULES, choose, descend
from steepest.optimizers.problems import network, quadratic
from steepest.randomness import generator

SOURCE = Path(steepest.__file__).parent
RULE_STEP = ["objective", "params", "state", "lr", "generator"]  # what a rule's step takes


@pytest.mark.parametrize("name", ["adam", "blind-search", "lookahead"])
def test_each_step_is_the_rules_own_with_noise_of_seed_and_number(name: str) -> None:
    choice, problem = choose(name), network()
    params = problem.start
    state = choice.rule.init(params, problem.layout)
    steps = descend(choice.rule, network().objective, problem.start, choice.lr, seed=7)
    for number, taken in enumerate(islice(steps, 6)):
        noise = generator(7, "optimizer", number)
        own = choice.rule.step(problem.objective, params, state, choice.lr, noise)
        params, state = own.params, own.state
        assert torch.equal(taken.params, params)
        assert torch.equal(taken.loss, own.loss)


@pytest.mark.parametrize("name", ["adam", "blind-search"])
def test_it_goes_on_from_a_state_and_a_number_as_if_it_had_never_stopped(name: str) -> None:
    choice = choose(name)

    def taken(begin: torch.Tensor, **going: object):  # type: ignore[no-untyped-def]
        return descend(choice.rule, quadratic().objective, begin, choice.lr, **going)  # type: ignore[arg-type]

    *_, straight = islice(taken(quadratic().start), 9)
    *_, half = islice(taken(quadratic().start), 4)
    *_, rest = islice(taken(half.params, state=half.state, first=4), 5)
    assert torch.equal(rest.params, straight.params)
    *_, elsewhere = islice(taken(quadratic().start, seed=1), 9)
    assert torch.equal(elsewhere.params, straight.params) == RULES[name].gradient_only


def test_the_rate_can_be_a_function_of_the_steps_number() -> None:
    line = FunctionObjective(lambda w: w.sum())
    steps = descend(choose("sgd").rule, line, torch.zeros(1), lambda step: 10.0**-step)
    assert [float(next(steps).params) for _ in range(3)] == pytest.approx([-1.0, -1.1, -1.11])


def test_an_objective_can_take_a_batch_before_each_step() -> None:
    factors: list[float] = []
    batches = FunctionObjective(lambda w: factors[-1] * w.sum())
    steps = descend(choose("sgd").rule, batches, torch.zeros(1), 1.0)
    for factor in (1.0, 2.0, 3.0):
        factors.append(factor)
        last = next(steps)
    assert float(last.params) == -6.0


def step_calls(tree: ast.AST, inside: str = "") -> list[str]:
    """Return the names of the functions around each call of a rule's step, or mention of one."""
    found = []
    for node in ast.iter_child_nodes(tree):
        name = node.name if isinstance(node, ast.FunctionDef) else inside
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func.attr == "step" and len(node.args) == len(RULE_STEP)
            found += [inside] * called
        elif isinstance(node, ast.Attribute) and node.attr == "step":
            holder = ast.unparse(node.value).rpartition(".")[2]
            found += [inside] * (holder == "rule" and not isinstance(tree, ast.Call))
        found += step_calls(node, name)
    return found


def test_a_rule_is_asked_for_a_step_by_the_loop_and_by_descend_alone() -> None:
    """A rule that wraps another asks it inside its own ``step``."""
    asking: Counter[tuple[str, str]] = Counter()
    for path in SOURCE.rglob("*.py"):
        calls = step_calls(ast.parse(path.read_text()))
        asking.update((str(path.relative_to(SOURCE)), name) for name in calls if name != "step")
    assert asking == {("training/loops.py", "steps"): 1, ("optimizers/descending.py", "descend"): 1}


def test_the_walk_sees_calls_and_aliases() -> None:
    program = "def f():\n    choice.rule.step(a, b, c, d, e)\n    take = self.rule.step\n    g.step(x)"
    assert step_calls(ast.parse(program)) == ["f", "f"]
