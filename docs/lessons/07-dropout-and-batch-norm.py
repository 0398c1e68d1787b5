# %% [markdown]
# # 7. Dropout and batch norm
#
# **One idea:** two layers that act differently while learning and while answering: one adds noise so that no unit
# relies on another, the other keeps every unit's values in a useful range.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import torch

import steepest
from steepest.config import Config
from steepest.models import Dropout
from steepest.training import Epoch, loop, prepare

digits = steepest.load("mnist5k")

# %% [markdown]
# ## Dropout by hand
#
# While training, throw away each value with probability $p$ and divide the survivors by $1 - p$. Why divide? So that the
# *mean* stays what it was: a value $v$ becomes $v / (1 - p)$ in a share $1 - p$ of all cases, and 0 in the rest.

# %%
p = 0.25
draws = torch.Generator().manual_seed(0)
values = torch.full((100_000,), 2.0)
kept = torch.rand(values.shape, generator=draws) >= p
dropped = values * kept / (1 - p)
print("values that occur:", dropped.unique().tolist())
print("mean before:", float(values.mean()), " after:", round(float(dropped.mean()), 3))
assert abs(float(dropped.mean()) - 2) < 0.02

layer = Dropout(p)
layer.train()
by_machine = layer(values)
torch.testing.assert_close(by_machine.unique(), dropped.unique())
assert abs(float(by_machine.mean()) - 2) < 0.02
layer.eval()
assert torch.equal(layer(values), values)
print("in evaluation mode nothing is dropped")

# %% [markdown]
# So a network has two modes. Forgetting to switch to evaluation mode before measuring is a classic slip: the answers are
# then noisy and too bad.
#
# ## What it is for
#
# With 300 pictures and 200,000 weights a network can learn its pictures by heart. Watch the two accuracies come apart,
# and what dropout does to that.

# %%
few = replace(digits, train=digits.train.take(torch.arange(0, 4000, 13)))


def train(model, **settings):
    setup = prepare(Config(model=model, batch_size=50, threads=1, **settings), few)
    rows = [event.row for event in loop(setup) if isinstance(event, Epoch)]
    return setup.network, rows


plt.figure(figsize=(4.5, 2.8), layout="constrained")
for model in ("F256-R-F10", "F256-R-D0.5-F10"):
    network, rows = train(model, optimizer="adam", lr=1e-3, epochs=40)
    seen = steepest.evaluate(network, few.train, digits.classes)
    unseen = steepest.evaluate(network, digits.test, digits.classes)
    print(
        f"{model:16} seen {seen.accuracy:.1%} (loss {seen.loss:.3f}), unseen {unseen.accuracy:.1%} (loss {unseen.loss:.3f})"
    )
    plt.plot([row["train_loss"] for row in rows], label=model)
    assert seen.accuracy > 0.98
    assert unseen.accuracy < seen.accuracy
plt.xlabel("epoch")
plt.ylabel("training loss")
plt.legend()

# %% [markdown]
# Both know their own pictures, and both do worse on others: that gap is *overfitting*. With dropout the training loss is
# higher, on purpose: the network is made to solve a harder task, in which no single unit can be relied on. Whether the
# unseen pictures gain depends on the case, and a difference of a percent from one seed proves nothing (lesson 9).
#
# ## Batch norm by hand
#
# Take one unit's values over a batch. Subtract their mean, divide by their standard deviation: now they have mean 0 and
# deviation 1, whatever came in. Then a learned scale and a learned shift let the network undo that where it wants to.

# %%
batch = torch.randn(64, 5, generator=draws) * 40 + 300
scale, shift, eps = torch.ones(5), torch.zeros(5), 1e-5
mean = batch.mean(dim=0)
variance = ((batch - mean) ** 2).mean(dim=0)
by_hand = (batch - mean) / torch.sqrt(variance + eps) * scale + shift

norm = torch.nn.BatchNorm1d(5).train()
torch.testing.assert_close(by_hand, norm(batch), rtol=1e-4, atol=1e-4)
print("mean:", by_hand.mean(dim=0).abs().max().item() < 1e-5, " deviation:", by_hand.std(dim=0).tolist())

# %% [markdown]
# Make every input a hundred times as large and the output stays: a layer's scale no longer matters to the next.
#
# When *answering* there may be one picture only, and no batch to take a mean of. So the layer keeps a running mean and
# variance while training, and uses these. Each batch moves them a tenth of the way:

# %%
torch.testing.assert_close(norm(batch * 100), by_hand, rtol=1e-4, atol=1e-4)

norm = torch.nn.BatchNorm1d(5).train()
norm(batch)
running = 0.9 * torch.zeros(5) + 0.1 * mean
torch.testing.assert_close(norm.running_mean, running)
norm.eval()
one = norm(batch[:1])
torch.testing.assert_close(one, (batch[:1] - running) / torch.sqrt(norm.running_var + eps))
print("in evaluation mode one picture alone gets an answer")

# %% [markdown]
# ## What it is for
#
# Four layers of sigmoids in a row: the error that goes back is multiplied by a small slope each time (lesson 4), and the
# first layers hardly move. With the values kept around 0, where the sigmoid is steepest, the same list of layers learns.

# %%
losses = {}
for model in ("F64-S-F64-S-F64-S-F64-S-F10", "F64-B-S-F64-B-S-F64-B-S-F64-B-S-F10"):
    _, rows = train(model, optimizer="sgd", lr=0.1, epochs=20)
    losses[model] = rows[-1]["train_loss"]
    print(f"{model}: loss {rows[0]['train_loss']:.3f} -> {rows[-1]['train_loss']:.3f}")
plain, normed = losses.values()
assert normed < 1 < 2 < plain

# %% [markdown]
# ## Exercises
#
# 1. A network with `D0.5` gives training accuracy 91 % during the epoch and 95 % on the same pictures afterwards. A bug?
# 2. Why does a convolution or weighted sum directly before a batch norm need no bias?
# 3. What does batch norm give for a batch of one picture in training mode?
#
# <details>
# <summary>Answers</summary>
#
# 1. No: during training half the units were missing, afterwards all are there. (The weights also moved meanwhile.)
# 2. The bias shifts every value of the unit alike, and subtracting the mean takes exactly that away.
#
# ```python
# norm = torch.nn.BatchNorm1d(5).train()
# torch.testing.assert_close(norm(batch + 7.0), norm(batch), rtol=1e-4, atol=1e-4)
# ```
#
# 3. Value minus mean is 0, always. torch refuses it; steepest says so before the first step.
#
# ```python
# try:
#     norm.train()(batch[:1])
# except ValueError as error:
#     print(error)
# else:
#     raise AssertionError
# ```
# </details>
