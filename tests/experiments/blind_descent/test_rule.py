"""The published loop as a rule: what it does to a small problem, and what each switch mends."""

from pathlib import Path

import pytest
import torch

from steepest.config import Config
from steepest.errors import UserError
from steepest.experiments.blind_descent import rule as blind_rule
from steepest.experiments.blind_descent.rule import AsPublished, SearchWithNewBiases, bias_bounds, biases
from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import choose
from steepest.optimizers.problems import network
from steepest.runs.environment import changed_files, hashes_of_files
from steepest.usercode import placed

MENDED = ("clears", "rivals", "restores", "keeps_momentum", "noisy_biases")
LAYOUT = Layout(("fc.weight", "fc.bias"), ((3, 2), (3,)))
LR = 0.05


def walked(rule, steps, lr=LR):
    """Return the weights after each step of a rule on a small network, and the last state."""
    problem = network()
    params, state, path = problem.start, None, []
    state = rule.init(params, problem.layout)
    for number in range(steps):
        draws = torch.Generator().manual_seed(number)
        params, state, _ = rule.step(problem.objective, params, state, lr, draws)
        path.append(params.clone())
    return path, state


def torch_loop(steps, epoch_steps, lr=LR, beta=0.9):
    """Return the path of the notebook's loop without noise, written with torch's own optimizer."""
    problem = network()
    weights = torch.nn.Parameter(problem.start.clone())
    path = []
    for number in range(steps):
        if number % epoch_steps == 0:
            optimizer = torch.optim.SGD([weights], lr=lr, momentum=beta)
        _, grad = problem.objective.loss_and_grad(weights.detach())
        weights.grad = grad if weights.grad is None else weights.grad + grad  # never cleared
        optimizer.step()
        path.append(weights.detach().clone())
    return path


def test_without_noise_it_is_torchs_sgd_on_gradients_that_are_never_cleared():
    path, _ = walked(AsPublished(eta=0.0, epoch_steps=4), 10)
    for ours, theirs in zip(path, torch_loop(10, epoch_steps=4), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_the_momentum_is_forgotten_at_the_end_of_an_epoch_unless_it_is_kept():
    often, _ = walked(AsPublished(eta=0.0, epoch_steps=3), 6)
    kept, _ = walked(AsPublished(eta=0.0, epoch_steps=3, keeps_momentum=True), 6)
    never, _ = walked(AsPublished(eta=0.0, epoch_steps=100), 6)
    assert torch.equal(often[2], kept[2])
    assert not torch.equal(often[3], kept[3])
    assert torch.equal(kept[-1], never[-1])


def test_with_every_fault_mended_it_is_blind_descent_to_the_last_bit():
    ours, _ = walked(AsPublished(**dict.fromkeys(MENDED, True)), 25)
    theirs, _ = walked(choose("blind-descent").rule, 25)
    assert all(torch.equal(one, two) for one, two in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("left", MENDED)
def test_no_switch_is_idle(left):
    """Each fault alone, left in the mended rule, leads elsewhere."""
    switches = dict.fromkeys(MENDED, True) | {left: False}
    ours, _ = walked(AsPublished(**switches, epoch_steps=5, eta=0.5), 25)
    mended, _ = walked(AsPublished(**dict.fromkeys(MENDED, True), eta=0.5), 25)
    assert not torch.equal(ours[-1], mended[-1])


def slope(numbers):
    """Return a linear loss with this gradient; on the way down no step raises it."""
    direction = torch.tensor(numbers, dtype=torch.float64)
    return FunctionObjective(lambda w: (w * direction).sum(), LAYOUT)


def one_step(rule, objective, state=None, lr=0.1):
    params = torch.zeros(9, dtype=torch.float64)
    state = state or rule.init(params, LAYOUT)
    return rule.step(objective, params, state, lr, torch.Generator().manual_seed(0))


def test_the_noise_is_kept_in_the_sum_for_later_steps_and_spares_the_biases():
    grads = [1.0, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    step = one_step(AsPublished(eta=0.5), slope(grads))
    total = torch.tensor(grads, dtype=torch.float64)
    assert torch.equal(step.params, -0.1 * total)  # the step itself has none
    ratio = step.state["sum"] / total - 1
    assert torch.equal(ratio[6:], torch.zeros(3))
    assert ratio[:6].abs().max() <= 0.5
    assert (ratio[:6] != 0).all()
    step = one_step(AsPublished(eta=0.5, noisy_biases=True), slope(grads))
    assert (step.state["sum"] != total).all()


class Rising(FunctionObjective):
    """A loss that is higher wherever one goes, whatever its gradient promised."""

    def __init__(self):
        super().__init__(lambda w: w.sum() + 0 * w.detach().sum(), LAYOUT)

    def loss(self, params):
        return params.detach().abs().sum() + 1


def test_a_step_that_raises_the_loss_stays_and_only_the_sums_noise_is_put_back():
    step = one_step(AsPublished(), Rising())
    assert torch.equal(step.params, torch.full((9,), -0.1, dtype=torch.float64))
    assert torch.equal(step.state["sum"], torch.ones(9))
    assert float(step.loss) == 0  # the lower of the two
    read_otherwise = one_step(AsPublished(noise_stays=True), Rising())
    assert torch.equal(read_otherwise.params, step.params)
    assert not torch.equal(read_otherwise.state["sum"], step.state["sum"])


def test_restoring_for_real_undoes_weights_velocity_and_sum():
    step = one_step(AsPublished(restores=True), Rising())
    assert torch.equal(step.params, torch.zeros(9))
    assert torch.equal(step.state["velocity"], torch.zeros(9))
    assert torch.equal(step.state["sum"], torch.zeros(9))
    assert int(step.state["step"]) == 1


def test_two_candidates_that_are_not_put_back_are_two_steps():
    step = one_step(AsPublished(rivals=True, clears=True, eta=0.0), slope([1.0] * 9))
    # v = g, then v = 0.9 g + g: the way of both is 1 + 1.9
    assert torch.allclose(step.params, torch.full((9,), -0.29, dtype=torch.float64))
    lost = one_step(AsPublished(rivals=True, clears=True), Rising())
    assert lost.params[6:] == pytest.approx([-0.29] * 3)  # it stays there, though its loss is higher
    assert torch.equal(lost.state["sum"], torch.ones(9))
    step = one_step(AsPublished(rivals=True, clears=True, restores=True, eta=0.0), slope([1.0] * 9))
    assert torch.equal(step.params, torch.full((9,), -0.1, dtype=torch.float64))


def test_it_is_named_by_its_file_and_stands_in_no_list():
    text = f"{Path(blind_rule.__file__)}:AsPublished:epoch_steps=49,clears=true"
    choice = choose(text)
    assert (choice.lr, choice.rule.epoch_steps, choice.rule.clears) == (0.001, 49, True)
    with pytest.raises(UserError, match="epoch_steps = 0 is not in"):
        AsPublished(epoch_steps=0)


def test_the_ancestors_candidate_has_new_biases_and_weights_nearby():
    down = FunctionObjective(lambda w: -w.detach().abs().sum(), LAYOUT)  # any draw is better than zeros
    step = choose(f"{Path(blind_rule.__file__)}:SearchWithNewBiases").rule.step(
        down, torch.zeros(9), {}, 1e-3, torch.Generator().manual_seed(0)
    )
    bound = 2**-0.5
    (bias,) = biases(step.params, LAYOUT)
    assert bias_bounds(LAYOUT) == [pytest.approx(bound)]
    assert 0.01 < bias.abs().max() <= bound
    assert 0 < step.params[:6].abs().max() < 0.01


def test_the_ancestor_keeps_what_it_has_where_the_draw_is_worse():
    up = FunctionObjective(lambda w: w.detach().abs().sum(), LAYOUT)
    start = torch.zeros(9)
    rule = choose(f"{Path(blind_rule.__file__)}:{SearchWithNewBiases.__name__}").rule
    assert torch.equal(rule.step(up, start, {}, 1e-3, torch.Generator()).params, torch.zeros(9))


OLD = "/elsewhere/lib/steepest/experiments/blind_rule.py"
# of the file that finished runs recorded
HASH = "14891f6c87b500521d7b3676d3dbed5415ec86c4bbbeebbf877d17cb24c5f8ed"


def test_the_name_it_had_in_finished_runs_still_finds_it():
    choice = choose(f"{OLD}:AsPublished:epoch_steps=49,clears=true")
    assert type(choice.rule) is AsPublished
    assert (choice.lr, choice.rule.epoch_steps, choice.rule.clears) == (0.001, 49, True)
    named = f"/elsewhere/mine/experiments/blind_rule.py:{AsPublished.__name__}"
    with pytest.raises(UserError, match=r"There is no file /elsewhere/mine"):
        choose(named)


def test_a_finished_run_that_names_it_has_the_same_files_as_then():
    config = Config(optimizer=f"{OLD}:AsPublished:epoch_steps=49")
    recorded = {"model": {}, "optimizer": {OLD: HASH}}
    assert hashes_of_files(config) == recorded
    assert changed_files(recorded, "model", "optimizer") == []
    assert changed_files({"optimizer": {OLD: "0" * 64}}, "optimizer") == [OLD]


def test_a_users_own_file_of_that_name_is_the_users(tmp_path):
    own = tmp_path / "steepest" / "experiments" / "blind_rule.py"
    own.parent.mkdir(parents=True)
    own.write_text("mine = 1")
    assert placed(own) == own
