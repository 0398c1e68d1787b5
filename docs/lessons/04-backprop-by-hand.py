# %% [markdown]
# # 4. Backprop by hand
#
# **One idea:** the error of the end is handed back layer by layer, and each weight's share is *what came in* times *the
# error that came back*.
#
# One layer of weighted sums can only draw straight borders. Put a bend (an *activation function*) behind it and a second
# layer on top, and it can draw any. But how do the first layer's weights learn, which never see the target?
# Here is the smallest network that has the problem: two inputs, two hidden units, two outputs.

# %%
import math

import matplotlib.pyplot as plt
import torch
from torch.nn import functional as F

import steepest

x = [0.6, -0.2]  # inputs
target = [0.1, 0.9]
W1 = [[0.3, -0.2], [0.5, 0.4]]  # W1[j][i]: from input i to hidden unit j
b1 = [0.1, -0.3]
W2 = [[0.7, 0.6], [-0.4, 0.2]]  # W2[k][j]: from hidden unit j to output k
b2 = [0.2, 0.1]

# %% [markdown]
# ## Forward
#
# Each unit adds up its weighted inputs, then bends the sum with the sigmoid $\sigma(z) = 1 / (1 + e^{-z})$. We keep every
# number on the way, for we will need them all on the way back.

# %%


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def layer(W, b, inputs):
    sums = [sum(w * v for w, v in zip(row, inputs, strict=True)) + c for row, c in zip(W, b, strict=True)]
    return [sigmoid(z) for z in sums]


h = layer(W1, b1, x)
y = layer(W2, b2, h)
loss = sum((out - want) ** 2 for out, want in zip(y, target, strict=True)) / 2
print("hidden:", h, "\noutput:", y, "\nloss:  ", loss)

# %% [markdown]
# ## Backward
#
# We ask at every place: if this number grew a little, how fast would the loss grow? Start at the end and go back.
#
# 1. **At an output.** The loss is half the squared miss, so its derivative is the miss, $y_k - t_k$.
# 2. **Through the sigmoid.** Its slope is $y(1 - y)$: steep in the middle, flat at both ends. So at the sum before it the
#    derivative is $\delta_k = (y_k - t_k)\; y_k (1 - y_k)$. This is the *error* of output $k$.
# 3. **At a weight.** The sum contains $w \cdot h$, so a change of $w$ counts $h$ times: $\delta_k h_j$.
# 4. **At a hidden unit.** It feeds *every* output, each through its weight. So its derivative is the sum of all that comes
#    back: $\sum_k \delta_k W2_{kj}$. Then through its own sigmoid, as in 2.

# %%
delta2 = [(out - want) * out * (1 - out) for out, want in zip(y, target, strict=True)]
grad_W2 = [[delta * value for value in h] for delta in delta2]

came_back = [sum(delta2[k] * W2[k][j] for k in range(2)) for j in range(2)]
delta1 = [came_back[j] * h[j] * (1 - h[j]) for j in range(2)]
grad_W1 = [[delta * value for value in x] for delta in delta1]
print("gradient of W2:", grad_W2)
print("gradient of W1:", grad_W1)

# %% [markdown]
# One chain in full, for the weight from input 0 to hidden unit 0. Every factor is a number we have:

# %%
chain = " + ".join(f"({y[k]:.4f} - {target[k]}) * {y[k]:.4f} * {1 - y[k]:.4f} * {W2[k][0]}" for k in range(2))
print(f"[{chain}] * {h[0]:.4f} * {1 - h[0]:.4f} * {x[0]}\n= {grad_W1[0][0]:.8f}")

# %% [markdown]
# ## Check it against the machine
#
# Autograd does the same walk. All eight derivatives must agree, to the last digits that a computer keeps.

# %%
T1, T2 = (torch.tensor(W, dtype=torch.float64, requires_grad=True) for W in (W1, W2))
c1, c2, inputs, wanted = (torch.tensor(v, dtype=torch.float64) for v in (b1, b2, x, target))
hidden = torch.sigmoid(T1 @ inputs + c1)
output = torch.sigmoid(T2 @ hidden + c2)
((output - wanted) ** 2).sum().div(2).backward()
for hand, machine in ((grad_W1, T1.grad), (grad_W2, T2.grad)):
    torch.testing.assert_close(torch.tensor(hand, dtype=torch.float64), machine, rtol=0, atol=1e-15)
print("by hand = by machine, all eight")

# %% [markdown]
# ## The update, again and again
#
# Every weight takes its step downhill. **All gradients first, then all updates**: who updates $W2$ and then uses the new
# $W2$ to work out the error of the hidden layer makes the most common slip there is.

# %%
losses = []
W1, W2 = torch.tensor(W1), torch.tensor(W2)
b1, b2, x, target = (torch.tensor(v) for v in (b1, b2, x, target))
for _ in range(2000):
    h = torch.sigmoid(W1 @ x + b1)
    y = torch.sigmoid(W2 @ h + b2)
    losses.append(float(((y - target) ** 2).sum() / 2))
    delta2 = (y - target) * y * (1 - y)
    delta1 = (W2.T @ delta2) * h * (1 - h)
    W2 = W2 - 0.5 * torch.outer(delta2, h)
    W1 = W1 - 0.5 * torch.outer(delta1, x)
print("outputs after 2,000 steps:", y.tolist(), " wanted:", target.tolist())
assert losses[-1] < 0.01 * losses[0]
plt.figure(figsize=(4, 2.6), layout="constrained")
plt.semilogy(losses)
plt.xlabel("step")
plt.ylabel("loss")

# %% [markdown]
# ## The same four rules on real digits
#
# A network of 784 pixels, 32 hidden units with the bend ReLU (negative becomes 0; slope 1 or 0) and 10 outputs with the
# softmax. Only two lines differ from above: the error at the outputs (lesson 3) and the slope of the bend.

# %%
digits = steepest.load("mnist5k")
X, labels = digits.train.images.flatten(1) / 255, digits.train.labels
truth = F.one_hot(labels, 10).float()
draws = torch.Generator().manual_seed(0)
V1 = torch.randn(32, 784, generator=draws) / 28  # one over the root of the inputs: sums of size 1
V2 = torch.randn(10, 32, generator=draws) / 6
for _ in range(10):
    for rows in torch.randperm(len(X), generator=draws).split(50):
        before = X[rows] @ V1.T
        hidden = before.clamp(min=0)
        delta2 = (F.softmax(hidden @ V2.T, dim=1) - truth[rows]) / len(rows)
        delta1 = (delta2 @ V2) * (before > 0)
        V2 = V2 - 0.3 * delta2.T @ hidden
        V1 = V1 - 0.3 * delta1.T @ X[rows]
test = digits.test.images.flatten(1) / 255
right = ((test @ V1.T).clamp(min=0) @ V2.T).argmax(dim=1) == digits.test.labels
print(f"{float(right.float().mean()):.1%} of 1,000 unseen digits, with a gradient written by hand")
assert right.float().mean() > 0.91

# %% [markdown]
# ## Exercises
#
# 1. The slope of the sigmoid is at most 0.25. What happens to the error that reaches the first of ten sigmoid layers?
# 2. Start with all weights of the 784-32-10 network at zero. What do the 32 hidden units learn?
# 3. What is the gradient of a bias?
#
# <details>
# <summary>Answers</summary>
#
# 1. It is multiplied by at most 0.25 ten times, which is below a millionth: the gradient *vanishes*. The ReLU's slope of 1
# is one reason why deep networks became trainable.
#
# ```python
# assert 0.25**10 < 1e-6
# ```
#
# 2. Nothing. Zero weights hand no error back ($\delta_1 = 0$) and the hidden values are 0, so $W2$ gets no gradient either.
# With equal but nonzero weights all 32 would stay copies of one another. Initial weights must differ: hence the random draw.
#
# ```python
# zero = torch.zeros(10, 32)
# assert not (truth[:5] @ zero).any()
# ```
#
# 3. The bias enters its sum with the factor 1, so its gradient is the error $\delta$ itself.
# </details>
