"""Every dense optimizer that torch has: 1,000 steps in double precision, the same to 1e-10 relative."""

import pytest
import torch

from steepest.layout import Layout
from steepest.objective import FunctionObjective
from steepest.optimizers import choose
from steepest.optimizers.problems import PROBLEMS, quadratic

STEPS = 1000
TOLERANCE = 1e-10
# Rates at which 1,000 steps do not end in a limit cycle, where rounding decides what comes next
RATES = {"quadratic": 0.002, "rosenbrock": 0.0005, "small network": 0.002}

SAME = {
    "gradient-descent": ("SGD", {}),
    "sgd": ("SGD", {}),
    "momentum:beta=0.8": ("SGD", {"momentum": 0.8}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "momentum:nesterov=true": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "nesterov:beta=0.8": ("SGD", {"momentum": 0.8, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "adagrad:eps=0.01": ("Adagrad", {"eps": 0.01}),
    "adadelta": ("Adadelta", {}),
    "adadelta:rho=0.8,eps=1e-4": ("Adadelta", {"rho": 0.8, "eps": 1e-4}),
    "rmsprop": ("RMSprop", {}),
    "rmsprop:rho=0.9,eps=1e-3": ("RMSprop", {"alpha": 0.9, "eps": 1e-3}),
    "rmsprop:centred=true": ("RMSprop", {"centered": True}),
    "rmsprop:momentum=0.9": ("RMSprop", {"momentum": 0.9}),
    "rmsprop:momentum=0.5,centred=true": ("RMSprop", {"momentum": 0.5, "centered": True}),
    "adam": ("Adam", {}),
    "adam:beta1=0.8,beta2=0.95,eps=1e-3": ("Adam", {"betas": (0.8, 0.95), "eps": 1e-3}),
    "adamw": ("AdamW", {}),
    "adamw:weight_decay=0.3,eps=1e-3": ("AdamW", {"weight_decay": 0.3, "eps": 1e-3}),
    "amsgrad": ("Adam", {"amsgrad": True}),
    "amsgrad:beta1=0.5,beta2=0.7,eps=1e-3": ("Adam", {"amsgrad": True, "betas": (0.5, 0.7), "eps": 1e-3}),
    "adamax": ("Adamax", {}),
    "adamax:beta1=0.8,beta2=0.9,eps=1e-3": ("Adamax", {"betas": (0.8, 0.9), "eps": 1e-3}),
    "nadam": ("NAdam", {}),
    "nadam:beta1=0.8,momentum_decay=0.02,eps=1e-3": (
        "NAdam",
        {"betas": (0.8, 0.999), "momentum_decay": 0.02, "eps": 1e-3},
    ),
    "radam": ("RAdam", {}),
    "radam:beta2=0.95,eps=1e-3": ("RAdam", {"betas": (0.9, 0.95), "eps": 1e-3}),
    "radam:beta2=0.5": ("RAdam", {"betas": (0.9, 0.5)}),
}


def path_of(rule, problem, lr, steps=STEPS):
    """Return the point after every step, [steps, P]."""
    params, path = problem.start, []
    state = rule.init(params, problem.layout)
    for step in range(steps):
        noise = torch.Generator().manual_seed(step)
        params, state, _ = rule.step(problem.objective, params, state, lr, noise)
        path.append(params.clone())
    return torch.stack(path)


@pytest.fixture(autouse=True)
def double_precision():
    """Make torch.optim count its steps and products in double precision too."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def torch_path(name, settings, problem, lr, steps=STEPS):
    """Return the same of a torch.optim class: on a matrix where the problem is one, else on one flat tensor."""
    shapes = problem.layout.shapes
    parameter = torch.nn.Parameter(problem.start.view(shapes[0] if len(shapes) == 1 else -1))
    optimizer = getattr(torch.optim, name)([parameter], lr=lr, **settings)
    path = []
    for _ in range(steps):
        _, grad = problem.objective.loss_and_grad(parameter.detach().flatten())
        parameter.grad = grad.view_as(parameter)
        optimizer.step()
        path.append(parameter.detach().flatten().clone())
    return torch.stack(path)


def relative_distance(ours, theirs):
    """Return the largest distance at any step, in units of the point's size there."""
    return float(((ours - theirs).norm(dim=-1) / theirs.norm(dim=-1)).max())


# every rule with its defaults on all problems; with other settings on the quickest one
CASES = [(text, name) for text in SAME for name in PROBLEMS if ":" not in text or name == "quadratic"]


@pytest.mark.parametrize(("text", "problem_name"), CASES)
def test_a_rule_takes_the_path_of_its_torch_counterpart(text, problem_name):
    problem, lr = PROBLEMS[problem_name](), RATES[problem_name]
    if "adadelta" in text:
        lr = 0.2  # of its own unit
    ours, theirs = path_of(choose(text).rule, problem, lr), torch_path(*SAME[text], problem, lr)
    assert theirs.isfinite().all()
    assert relative_distance(ours, theirs) <= TOLERANCE


@pytest.mark.parametrize("text", ["muon:weight_decay=0.1", "muon:nesterov=false,beta=0.8,steps=3"])
def test_muon_takes_the_path_of_torch_on_a_matrix(text, monkeypatch):
    # torch iterates in bfloat16; in double precision both must agree to the last digits
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    rule = choose(text).rule
    settings = {"momentum": rule.beta, "nesterov": rule.nesterov, "ns_steps": rule.steps}
    settings |= {"weight_decay": rule.weight_decay, "adjust_lr_fn": "match_rms_adamw"}
    ours = path_of(rule, quadratic(), 0.002)
    assert relative_distance(ours, torch_path("Muon", settings, quadratic(), 0.002)) <= TOLERANCE


def test_muon_is_adamw_where_nothing_is_a_matrix():
    problem, rule = PROBLEMS["rosenbrock"](), choose("muon:weight_decay=0.1,adam_eps=1e-3").rule
    theirs = torch_path("AdamW", {"weight_decay": 0.1, "eps": 1e-3}, problem, 0.0005)
    assert relative_distance(path_of(rule, problem, 0.0005), theirs) <= TOLERANCE


def test_soap_is_adam_one_step_later_where_nothing_is_a_matrix():
    problem = PROBLEMS["rosenbrock"]()
    rule = choose("soap:weight_decay=0,beta1=0.9,beta2=0.9,eps=1e-12").rule
    ours = path_of(rule, problem, 0.0005, steps=101)[1:]
    settings = {"betas": (0.9, 0.9), "eps": 1e-12}
    theirs = torch_path("Adam", settings, problem, 0.0005, steps=100)
    assert relative_distance(ours, theirs) <= TOLERANCE


def test_a_learning_rate_per_weight_is_torchs_parameter_groups():
    layout = Layout(("a", "b"), ((2,), (3,)))
    bowl = FunctionObjective(lambda w: (w - 1).square().sum(), layout)
    lr = torch.tensor([0.1, 0.1, 0.01, 0.01, 0.01], dtype=torch.float64)
    params = torch.zeros(5, dtype=torch.float64)
    rule = choose("adam").rule
    state = rule.init(params, layout)
    groups = [torch.nn.Parameter(torch.zeros(n, dtype=torch.float64)) for n in (2, 3)]
    theirs = torch.optim.Adam([{"params": groups[0], "lr": 0.1}, {"params": groups[1], "lr": 0.01}])
    for step in range(100):
        params, state, _ = rule.step(bowl, params, state, lr, torch.Generator().manual_seed(step))
        for parameter in groups:
            parameter.grad = 2 * (parameter.detach() - 1)
        theirs.step()
    assert relative_distance(params, torch.cat([each.detach() for each in groups])) <= TOLERANCE
