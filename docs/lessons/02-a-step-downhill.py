# %% [markdown]
# # 2. A step downhill
#
# **One idea:** to make a number smaller, go a little against its gradient; how far is the whole art.
#
# Learning means: find weights for which a *loss*, the measure of how wrong we are, is small. With two weights the loss
# is a landscape over a map. You stand in fog and feel only the slope under your feet. What do you do? You step
# where it goes down.

# %%
import matplotlib.pyplot as plt
import torch

import steepest
from steepest.objective import FunctionObjective
from steepest.optimizers import choose


def loss_of(w):
    return (w[0] - 1) ** 2 + 4 * (w[1] + 0.5) ** 2


# %% [markdown]
# The lowest point is easy to see from the formula: $w = (1, -0.5)$, where both squares are 0. Let us pretend we did not
# know. The gradient, by hand: $(2(w_0 - 1),\; 8(w_1 + 0.5))$. Check it against autograd at one place.

# %%


def gradient_of(w):
    return torch.stack([2 * (w[0] - 1), 8 * (w[1] + 0.5)])


w = torch.tensor([-1.5, 1.0], requires_grad=True)
loss_of(w).backward()
print("autograd:", w.grad.tolist(), " by hand:", gradient_of(w.detach()).tolist())
assert torch.equal(w.grad, gradient_of(w.detach()))

# %% [markdown]
# The gradient points *uphill*, where the loss grows fastest. So the step is
#
# $$w \leftarrow w - \text{lr} \cdot \text{gradient}$$
#
# and `lr`, the **learning rate**, says how far to go. Three walkers start at the same place with three rates.

# %%


def walk(lr, steps=25):
    w = torch.tensor([-1.5, 1.0])
    path = [w]
    for _ in range(steps):
        w = w - lr * gradient_of(w)
        path.append(w)
    return torch.stack(path)


paths = {lr: walk(lr) for lr in (0.02, 0.15, 0.24)}
axis = torch.linspace(-2, 2.5, 80)
height = loss_of(torch.stack(torch.meshgrid(axis, axis, indexing="xy")))
plt.figure(figsize=(9, 3), layout="constrained")
for place, (lr, path) in enumerate(paths.items(), start=1):
    plt.subplot(1, 3, place)
    plt.contour(axis, axis, height, levels=15, cmap="Greys_r", linewidths=0.7)
    plt.plot(path[:, 0], path[:, 1], "o-", markersize=3)
    plt.plot(1, -0.5, "r*")
    plt.title(f"lr {lr}: loss {float(loss_of(path[-1])):.4f}")

# %% [markdown]
# Too small: it crawls. Right: it arrives. Large: it jumps from wall to wall of the narrow direction.
#
# How large is too large? Along $w_1$ one step turns the distance $d$ to the lowest point into
# $d - \text{lr} \cdot 8d = (1 - 8\,\text{lr})\,d$. It shrinks only while $|1 - 8\,\text{lr}| < 1$, that is, below
# lr = 0.25. Just beyond, every step makes things worse:

# %%
below, above = walk(0.249, 400), walk(0.251, 400)
print("at 0.249:", float(loss_of(below[-1])), "  at 0.251:", float(loss_of(above[-1])))
assert loss_of(below[-1]) < 0.05 < loss_of(above[-1])

# %% [markdown]
# ## The same step in steepest
#
# An optimizer of steepest gets the *objective* (something that can tell loss and gradient at any place), the weights and
# the rate. The rule `sgd` is the very formula above, so the same start must lead to the same place.

# %%
objective = FunctionObjective(loss_of)
rule = choose("sgd").rule
params = torch.tensor([-1.5, 1.0])
state = rule.init(params, objective.layout)
draws = torch.Generator()
for _ in range(25):
    params, state, loss = rule.step(objective, params, state, 0.15, draws)
torch.testing.assert_close(params, paths[0.15][-1])
print("by machine:", params.tolist(), " by hand:", paths[0.15][-1].tolist())

# %% [markdown]
# ## A real loss
#
# Nothing changes when the landscape has more directions. Here are 785 of them: a weight for each pixel and one number
# more, asked to give 1 for a picture of a 7 and 0 for a 1. The loss is the mean squared miss.

# %%
digits = steepest.load("mnist5k").train
chosen = (digits.labels == 1) | (digits.labels == 7)
x = digits.images[chosen].flatten(1) / 255
target = (digits.labels[chosen] == 7).float()
w, b = torch.zeros(784), torch.zeros(())
losses = []
for _ in range(200):
    miss = x @ w + b - target
    losses.append(float((miss**2).mean()))
    # by hand: the derivative of the mean of miss^2 is the mean of 2 * miss * input
    w = w - 0.01 * 2 * (miss @ x) / len(x)
    b = b - 0.01 * 2 * miss.mean()
right = ((x @ w + b > 0.5) == (target == 1)).float().mean()
print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f}, {float(right):.1%} told apart")
assert right > 0.97
plt.figure(figsize=(7, 2.6), layout="constrained")
plt.subplot(1, 2, 1)
plt.plot(losses)
plt.xlabel("step")
plt.ylabel("loss")
plt.subplot(1, 2, 2)
plt.imshow(w.reshape(28, 28).numpy(), cmap="RdBu_r", vmin=-0.08, vmax=0.08)
plt.title("red says 7, blue says 1")

# %% [markdown]
# ## Exercises
#
# 1. From which learning rate on does a walk on $5w^2$ diverge?
# 2. Which rate reaches the lowest point of $5w^2$ in a single step, from anywhere?
# 3. Why does the loss above begin at about 0.5?
#
# <details>
# <summary>Answers</summary>
#
# 1. The gradient is $10w$, a step gives $(1 - 10\,\text{lr})\,w$, so from lr = 0.2 on it no longer shrinks.
# 2. lr = 0.1 makes the factor 0. Half the critical rate, and one over the curvature: Newton's step.
#
# ```python
# assert 3.7 - 0.1 * (10 * 3.7) == 0
# ```
#
# 3. With all weights 0 the answer is 0 for every picture. That is right for each 1 (miss 0) and wrong by 1 for each 7,
# and about half of them are 7s.
#
# ```python
# assert abs(losses[0] - float(target.mean())) < 1e-6
# ```
# </details>
