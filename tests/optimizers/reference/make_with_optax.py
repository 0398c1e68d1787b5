"""Writes optax.json: trajectories of optax's optimizers in double precision, for test_against_optax.py.

Run once, in an environment that has optax and jax[cpu] (steepest needs neither):

    python tests/optimizers/reference/make_with_optax.py

The three problems are built here anew from their formulas in steepest/optimizers/problems.py.
"""

import json
from pathlib import Path

STEPS = (1, 2, 10, 100, 1000)


def build_problems(jnp, jax):
    def waves(count, frequency):
        return jnp.sin(frequency * jnp.arange(1, count + 1, dtype=jnp.float64))

    steepness = jnp.logspace(-1, jnp.log10(2.0), 12)
    centre = waves(12, 1.3)

    def quadratic(w):
        away = w["w"].reshape(-1) - centre
        return (steepness * away**2).sum() / 2 + away.sum() ** 2 / 20

    def rosenbrock(w):
        x, y = w["w"]
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    inputs, targets = waves(80, 0.7).reshape(20, 4), jnp.arange(20) * 7 % 3

    def network(w):
        hidden = jnp.tanh(inputs @ w["0.weight"].T + w["0.bias"])
        logits = hidden @ w["2.weight"].T + w["2.bias"]
        return -jax.nn.log_softmax(logits)[jnp.arange(20), targets].mean()

    shapes = {"0.weight": (6, 4), "0.bias": (6,), "2.weight": (3, 6), "2.bias": (3,)}
    flat, start, at = 0.7 * waves(51, 1.9), {}, 0
    for name, shape in shapes.items():
        size = int(jnp.prod(jnp.array(shape)))
        start[name] = flat[at : at + size].reshape(shape)
        at += size
    return {
        "quadratic": (quadratic, {"w": 2 * waves(12, 2.1).reshape(3, 4)}),
        "rosenbrock": (rosenbrock, {"w": jnp.array([-1.2, 1.0])}),
        "small network": (network, start),
    }


def build_optimizers(optax, jax, jnp):
    """Return {our spelling: function of lr}."""

    def matrices(params):
        return jax.tree.map(lambda each: each.ndim > 1, params)

    return {
        "signsgd": optax.sign_sgd,
        "lion:weight_decay=0.1": lambda lr: optax.lion(lr, b1=0.9, b2=0.99, weight_decay=0.1),
        "lars:trust=0.01": lambda lr: optax.lars(
            lr, trust_coefficient=0.01, momentum=0.9, trust_ratio_mask=matrices
        ),
        # an eps this large keeps tensors from hopping around where their gradient changes its sign
        "lamb:weight_decay=0.01,eps=0.1": lambda lr: optax.lamb(lr, weight_decay=0.01, eps=0.1),
        "polyak": lambda lr: optax.polyak_sgd(max_learning_rate=lr, variant="sps+"),
        "lookahead:k=5,alpha=0.5 of adam": lambda lr: optax.lookahead(optax.adam(lr), 5, 0.5),
        "sam:rho=0.05 of momentum": lambda lr: optax.contrib.sam(
            optax.sgd(lr, momentum=0.9),
            optax.chain(optax.contrib.normalize(), optax.sgd(0.05)),
            sync_period=2,
            reset_state=False,
        ),
    }


# Rates at which 1,000 steps do not end in a limit cycle, where rounding decides what comes next
RATES = {"quadratic": 0.002, "rosenbrock": 0.0005, "small network": 0.002}
# Polyak's rate is a bound on the step: it binds always, in some steps, never
BOUNDS = {"quadratic": 0.02, "rosenbrock": 0.001, "small network": 1.0}


def rate_of(spelling, problem_name):
    if spelling == "polyak":
        return BOUNDS[problem_name]
    return RATES[problem_name] / (4 if spelling.startswith("lamb") else 1)


def flat(jnp, names, params):
    return [float(x) for name in names for x in params[name].reshape(-1)]


def run(problem, spelling, make, lr):
    import jax
    import jax.numpy as jnp
    import optax

    loss, start = problem
    lookahead = spelling.startswith("lookahead")
    calls = 2 if spelling.startswith("sam") else 1  # optax counts SAM's two gradients as two steps
    names = list(start)
    optimizer = make(lr)
    params = optax.LookaheadParams.init_synced(start) if lookahead else start
    state = optimizer.init(params)

    @jax.jit
    def step(params, state):
        fast = params.fast if lookahead else params
        value, grad = jax.value_and_grad(loss)(fast)
        extra = {"value": value} if spelling == "polyak" else {}
        updates, state = optimizer.update(grad, state, params, **extra)
        return optax.apply_updates(params, updates), state

    kept = {}
    for number in range(1, max(STEPS) + 1):
        for _ in range(calls):
            params, state = step(params, state)
        if number in STEPS:
            kept[number] = flat(jnp, names, params.slow if lookahead else params)
    return kept


def main():
    import jax
    import optax
    import optax.contrib

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    problems = build_problems(jnp, jax)
    trajectories = {
        spelling: {
            name: {"lr": rate_of(spelling, name), "params": run(problem, spelling, make, rate_of(spelling, name))}
            for name, problem in problems.items()
        }
        for spelling, make in build_optimizers(optax, jax, jnp).items()
    }
    record = {"made with": {"optax": optax.__version__, "jax": jax.__version__}, "trajectories": trajectories}
    path = Path(__file__).with_name("optax.json")
    path.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
