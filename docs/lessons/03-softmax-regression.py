# %% [markdown]
# # 3. Softmax regression
#
# **One idea:** ten weighted sums, turned into ten probabilities, already read nine digits of ten. The gradient is simply
# *what you said minus what was true*.

# %%
import math

import matplotlib.pyplot as plt
import torch
from torch.nn import functional as F

import steepest

digits = steepest.load("mnist5k")
x = digits.train.images.flatten(1) / 255
labels = digits.train.labels
test_x = digits.test.images.flatten(1) / 255
test_labels = digits.test.labels

# %% [markdown]
# ## From scores to probabilities
#
# For each digit there is a row of 784 weights. Multiply them with the pixels and add up: that is the digit's score, its
# **logit**. Scores can be any numbers. The **softmax** turns them into probabilities: raise $e$ to each score, so that
# all are positive, and divide by the sum, so that they add up to 1.

# %%


def softmax_by_hand(scores):
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


scores = [2.0, 1.0, -1.0]
by_hand = softmax_by_hand(scores)
by_machine = F.softmax(torch.tensor(scores, dtype=torch.float64), dim=0)
print([round(p, 4) for p in by_hand], "sum", sum(by_hand))
torch.testing.assert_close(torch.tensor(by_hand, dtype=torch.float64), by_machine)

# %% [markdown]
# Only differences of scores count: add 100 to all of them and nothing changes. (Programs use this: they first subtract
# the largest score, so that no power overflows.)
#
# ## How wrong is that? The cross-entropy
#
# If the true class got the probability $p$, the loss is $-\ln p$: 0 for certainty, large for a confident mistake.
# Guessing among ten digits gives $-\ln 0.1 = 2.303$. That is where every untrained network should begin.

# %%
for p in (0.99, 0.5, 0.1, 0.001):
    print(f"probability {p:5}: loss {-math.log(p):.3f}")
untrained = F.cross_entropy(torch.zeros(len(labels), 10), labels)
assert abs(float(untrained) - math.log(10)) < 1e-6

# %% [markdown]
# ## The gradient is the error
#
# How does the loss change with each score? Take loss $= -\ln p_t$ for the true class $t$, with
# $p_t = e^{s_t} / \sum_k e^{s_k}$. So loss $= \ln \sum_k e^{s_k} - s_t$, and
#
# $$\frac{\partial\,\text{loss}}{\partial s_k} = \frac{e^{s_k}}{\sum_j e^{s_j}} - [k = t] = p_k - [k = t]$$
#
# The bracket is 1 for the true class and 0 for the others. *Said minus true.* Three ways to the same numbers:

# %%
true = 1
hand = [p - (k == true) for k, p in enumerate(by_hand)]

nudge = 1e-6
nudged = []
for k in range(3):
    moved = scores.copy()
    moved[k] += nudge
    rise = -math.log(softmax_by_hand(moved)[true]) + math.log(by_hand[true])
    nudged.append(rise / nudge)

s = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
F.cross_entropy(s[None], torch.tensor([true])).backward()

for name, numbers in (("by hand", hand), ("nudged", nudged), ("autograd", s.grad.tolist())):
    print(f"{name:9}", [round(number, 6) for number in numbers])
torch.testing.assert_close(torch.tensor(hand, dtype=torch.float64), s.grad)

# %% [markdown]
# ## Train it, gradient by hand
#
# Score $k$ is $\sum_i W_{ki} x_i + b_k$, so the weight $W_{ki}$ moves it by $x_i$. Multiply the two derivatives (the chain
# rule): the gradient of $W_{ki}$ is $(p_k - [k = t])\, x_i$, averaged over the batch. No autograd below.

# %%
W, b = torch.zeros(10, 784), torch.zeros(10)
truth = F.one_hot(labels, 10).float()
losses = []
draws = torch.Generator().manual_seed(0)
for _ in range(8):
    for rows in torch.randperm(len(x), generator=draws).split(50):
        error = F.softmax(x[rows] @ W.T + b, dim=1) - truth[rows]
        W -= 0.2 * error.T @ x[rows] / len(rows)
        b -= 0.2 * error.mean(dim=0)
    losses.append(float(F.cross_entropy(x @ W.T + b, labels)))
right = ((test_x @ W.T + b).argmax(dim=1) == test_labels).float().mean()
print("loss after each round:", [round(loss, 3) for loss in losses])
print(f"{float(right):.1%} of {len(test_labels):,} unseen digits are right")
assert right > 0.87

# %% [markdown]
# Each row of weights is a picture of what speaks for (red) and against (blue) its digit. Look at the 0: red ring, blue
# hole.

# %%
plt.figure(figsize=(9, 1.5), layout="constrained")
for digit in range(10):
    plt.subplot(1, 10, digit + 1)
    plt.imshow(W[digit].reshape(28, 28).numpy(), cmap="RdBu_r", vmin=-0.5, vmax=0.5)
    plt.title(str(digit))
    plt.axis("off")

# %% [markdown]
# ## The same by machine
#
# In steepest this network is called `softmax-regression`. Its gradient on one batch, by autograd, is the one we wrote.

# %%
network = steepest.build("softmax-regression", (1, 28, 28), 10)
layer = network.body.fc1
logits = network(digits.train.images[:50])
F.cross_entropy(logits, labels[:50]).backward()
error = F.softmax(logits.detach(), dim=1) - truth[:50]
torch.testing.assert_close(layer.weight.grad, error.T @ x[:50] / 50)
print("autograd and hand agree on all", layer.weight.numel(), "weights")

# %% [markdown]
# ## Exercises
#
# 1. A colleague's untrained digit classifier starts at a loss of 7. What do you suspect?
# 2. Add up the three numbers of the gradient above. Is that chance?
# 3. The softmax belongs into the loss *once*. What happens to the loss of a perfect answer if a network ends with a softmax
#    and the loss applies another?
#
# <details>
# <summary>Answers</summary>
#
# 1. Its scores are far too large: it is *confidently* wrong. Inputs that were not scaled, or initial weights too big.
# 2. No: the probabilities sum to 1, and 1 is taken away. The gradient never moves all scores together, for that would
# change nothing.
#
# ```python
# assert abs(sum(hand)) < 1e-12
# ```
#
# 3. The second softmax sees scores between 0 and 1, so even (1, 0, ..., 0) becomes only $e / (e + 9) = 0.23$. The loss
# cannot fall below 1.46, and the gradients fade.
#
# ```python
# perfect = torch.zeros(1, 10)
# perfect[0, 3] = 1
# assert abs(float(F.cross_entropy(perfect, torch.tensor([3]))) - 1.4612) < 1e-4
# ```
# </details>
