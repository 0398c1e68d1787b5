"""A torch.optim class as a rule of ours, beyond what the table of test_conformance.py checks for each."""

import pytest
import torch

from steepest.errors import UserError
from steepest.optimizers import choose
from steepest.optimizers.conformance import ForeignLoop, Run, through_checkpoint
from steepest.optimizers.problems import network

# with the settings that fill the most corners of the state
SETTINGS = [
    "torch.optim.SGD:momentum=0.9,nesterov=true",
    "torch.optim.Adam:amsgrad=true",
    "torch.optim.RMSprop:centered=true,momentum=0.5",
    "torch.optim.LBFGS:history_size=3,line_search_fn=strong_wolfe",
    "torch.optim.ASGD:t0=5",
    "torch.optim.Rprop",
    "torch.optim.Adafactor",
    "torch.optim.Adagrad:lr_decay=0.1",
]


@pytest.mark.parametrize("text", SETTINGS)
def test_it_takes_the_path_of_the_class_itself(text):
    choice, loop = choose(text), ForeignLoop()
    theirs = choice.rule.optimizer_class(loop.model.parameters(), lr=choice.lr, **choice.rule.settings)
    expected = loop.train(theirs, 12)
    reached = Run.of(choice, network()).step(12).params
    assert torch.allclose(reached, expected, rtol=1e-9)


@pytest.mark.parametrize("text", SETTINGS)
def test_its_state_survives_a_checkpoint_bit_for_bit(text):
    choice = choose(text)
    straight = Run.of(choice, network()).step(14)
    run = Run.of(choice, network()).step(7)
    # another rule object too, as in another process
    run.rule, run.params, run.state = (choose(text).rule, run.params.clone(), through_checkpoint(run.state))
    assert torch.equal(run.step(7).params, straight.params)


def test_a_tensor_whose_rate_is_zero_takes_no_part():
    choice, problem = choose("torch.optim.SGD:momentum=0.9"), network()
    lr = torch.full_like(problem.first, 0.1)
    problem.layout.unflatten(lr)["2.weight"].zero_()
    run = Run.of(choice, problem, lr).step(3)
    assert list(run.state["tensors"]) == ["0", "1", "3"]


def test_rates_that_differ_within_a_tensor_are_refused():
    problem = network()
    lr = torch.linspace(0.1, 0.2, problem.layout.count)
    with pytest.raises(UserError, match=r"SGD takes one learning rate per tensor.*\[6, 4\]"):
        Run.of(choose("torch.optim.SGD"), problem, lr).step()


@pytest.mark.parametrize("text", ["torch.optim.AdamW:weight_decay=0.5", "torch.optim.Rprop"])
def test_a_rate_of_zero_leaves_everything(text):
    run = Run.of(choose(text), network(), 0.0).step(3)
    assert torch.equal(run.params, network().first)


def test_going_from_one_rate_to_many_keeps_the_state():
    problem = network()
    run = Run.of(choose("torch.optim.Adam"), problem, 0.01).step(4)
    run.lr = torch.full_like(problem.first, 0.01)
    straight = Run.of(choose("torch.optim.Adam"), network(), 0.01).step(8)
    assert torch.allclose(run.step(4).params, straight.params, rtol=1e-12)


@pytest.mark.parametrize("settings", ["beta3=1", "eps=-1"])
def test_settings_that_the_class_refuses_are_told_at_once_with_its_words(settings):
    key = settings.partition("=")[0].removesuffix("3")
    with pytest.raises(UserError, match=rf"torch\.optim\.Adam cannot be used so: .*{key}"):
        choose(f"torch.optim.Adam:{settings}")


def test_what_a_class_cannot_do_with_this_model_is_told_with_its_words():
    with pytest.raises(UserError, match=r"torch\.optim\.Muon cannot be used so: .*2D parameters"):
        Run.of(choose("torch.optim.Muon"), network()).step()


def test_it_is_called_as_it_is_written():
    assert choose("torch.optim.RAdam").rule.name == "torch.optim.RAdam"
