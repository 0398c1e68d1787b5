# %% [markdown]
# # 8. What optimizers do
#
# **One idea:** the gradient says which way is up *here*; an optimizer remembers earlier gradients to guess what lies
# ahead.

# %%
import matplotlib.pyplot as plt
import torch

import steepest
from steepest.config import Config
from steepest.objective import FunctionObjective
from steepest.optimizers import choose
from steepest.training import Epoch, loop, prepare

# %% [markdown]
# ## The trouble with plain steps: the valley
#
# Most losses are long valleys: steep across, almost flat along. This one is 50 times as steep in one direction.

# %%


def valley(w):
    return (w[0] ** 2 + 50 * w[1] ** 2) / 2


def slope(w):
    return torch.stack([w[0], 50 * w[1]])


START = torch.tensor([-2.0, 0.6])

# %% [markdown]
# Across the valley a rate above $2 / 50 = 0.04$ diverges (lesson 2). Along it, at 0.036, each step covers 3.6 % of what
# is left. Being careful about one direction makes you slow in the other.
#
# ## Three rules by hand
#
# **Plain descent** takes the gradient $g$ as it is: $w \leftarrow w - \text{lr} \cdot g$.
#
# **Momentum** gathers speed: $v \leftarrow 0.9\,v + g$, then $w \leftarrow w - \text{lr} \cdot v$. Across the valley the
# gradients alternate and cancel; along it they agree and add up, to ten times one of them.
#
# **Adam** keeps two running means: $m$ of the gradient and $s$ of its square, and steps by $m / \sqrt{s}$. Where
# gradients agree in sign, the ratio is about 1 *whatever their size*; where they are noise, it is near 0. So every
# weight gets a step size of its own. (Both means start at 0 and are therefore too small at first; dividing by $1 -
# \beta^t$ repairs it.)

# %%


def descend(w, steps, lr):
    for _ in range(steps):
        w = w - lr * slope(w)
        yield w


def momentum(w, steps, lr):
    v = torch.zeros(2)
    for _ in range(steps):
        v = 0.9 * v + slope(w)
        w = w - lr * v
        yield w


def adam(w, steps, lr):
    m, s = torch.zeros(2), torch.zeros(2)
    for t in range(1, steps + 1):
        g = slope(w)
        m = 0.9 * m + 0.1 * g
        s = 0.999 * s + 0.001 * g**2
        w = w - lr * (m / (1 - 0.9**t)) / (torch.sqrt(s / (1 - 0.999**t)) + 1e-8)
        yield w


STEPS = 60
walks = {"sgd": (descend, 0.036), "momentum": (momentum, 0.02), "adam": (adam, 0.15)}
by_hand = {name: torch.stack([START, *walk(START, STEPS, lr)]) for name, (walk, lr) in walks.items()}

# %% [markdown]
# ## By hand = by machine
#
# Each rule of steepest is one such formula on one long vector of all weights. Same start, same rate, same path:

# %%
objective = FunctionObjective(valley)
for name, (_, lr) in walks.items():
    rule = choose(name).rule
    params, draws = START.clone(), torch.Generator()
    state = rule.init(params, objective.layout)
    path = [params.clone()]
    for _ in range(STEPS):
        params, state, _ = rule.step(objective, params, state, lr, draws)
        path.append(params.clone())
    torch.testing.assert_close(torch.stack(path), by_hand[name], rtol=1e-3, atol=1e-5)
    print(f"{name:9} loss after {STEPS} steps: {float(valley(params)):.6f}")

# %%
axis = torch.linspace(-2.2, 1.2, 90)
across = torch.linspace(-0.8, 0.8, 60)
height = valley(torch.stack(torch.meshgrid(axis, across, indexing="xy")))
plt.figure(figsize=(9, 2.6), layout="constrained")
for place, (name, path) in enumerate(by_hand.items(), start=1):
    plt.subplot(1, 3, place)
    plt.contour(axis, across, height, levels=12, cmap="Greys_r", linewidths=0.7)
    plt.plot(path[:, 0], path[:, 1], ".-", linewidth=0.8)
    plt.plot(0, 0, "r*")
    plt.title(name)

# %% [markdown]
# ## On digits, with several rates each
#
# Three epochs of a small network, each optimizer with rates from far too small to far too large.

# %%
digits = steepest.load("mnist5k")
rates = [0.001, 0.01, 0.1, 0.5]
results = {}
print("loss after 3 epochs   " + "".join(f"lr {lr:<9}" for lr in rates))
for name in walks:
    results[name] = []
    for lr in rates:
        config = Config(model="F64-R-F10", optimizer=name, lr=lr, epochs=3, batch_size=50, threads=1)
        last = [event for event in loop(prepare(config, digits)) if isinstance(event, Epoch)][-1]
        results[name].append(last.row["train_loss"])
    print(f"{name:22}" + "".join(f"{loss:<12.3f}" for loss in results[name]))

plt.figure(figsize=(4.5, 2.8), layout="constrained")
for name, losses in results.items():
    plt.semilogx(rates, losses, "o-", label=name)
plt.xlabel("learning rate")
plt.ylabel("training loss after 3 epochs")
plt.legend(loc="upper center")

# %% [markdown]
# Every row has its own best place. Read one column only, and you can "prove" what you like: at 0.001 Adam wins, at 0.5
# plain descent. **An optimizer without its tuned rate is not a thing one can compare.**

# %%
best = {name: rates[losses.index(min(losses))] for name, losses in results.items()}
print("best rates:", best)
assert best["adam"] < best["sgd"]
assert min(results, key=lambda name: results[name][0]) == "adam"
assert min(results, key=lambda name: results[name][3]) == "sgd"

# %% [markdown]
# `steepest optimizers list` shows all the rules there are, and `steepest optimizers show adam` the formula, ranges and
# source of one.
#
# ## Exercises
#
# 1. A constant gradient of 1 flows into momentum with factor 0.9. What does the velocity grow to?
# 2. Multiply the loss by 1000. Which of the three rules takes nearly the same steps as before?
# 3. What is the size of Adam's very first step, for any gradient?
#
# <details>
# <summary>Answers</summary>
#
# 1. To $1 + 0.9 + 0.81 + \dots = 1 / (1 - 0.9) = 10$.
#
# ```python
# v = 0.0
# for _ in range(200):
#     v = 0.9 * v + 1
# assert abs(v - 10) < 1e-6
# ```
#
# 2. Adam: $m$ grows a thousandfold and $\sqrt{s}$ too, and the ratio stays. The other two would need a rate a thousand times
# smaller.
# 3. Exactly lr, in each weight: $m / (1 - \beta_1) = g$ and $s / (1 - \beta_2) = g^2$, so the ratio is $g / |g|$.
#
# ```python
# first = next(iter(adam(START, 1, 0.15)))
# torch.testing.assert_close((first - START).abs(), torch.full((2,), 0.15))
# ```
# </details>
