# %% [markdown]
# # 6. A CNN line by line
#
# **One idea:** a convolutional network is a short list of layers, and training it is a loop of five lines.
#
# You know all the parts: convolutions, bends, pooling, weighted sums, softmax, a step downhill. Here they are put together,
# first by hand, then as one line of steepest.

# %%
import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

import steepest
from steepest.config import Config
from steepest.models import layer_table
from steepest.training import Epoch, loop, prepare

digits = steepest.load("mnist5k")
train, test = digits.train, digits.test

# %% [markdown]
# ## The list
#
# In steepest a network is written like this: `16C3p1-R-M2-32C3p1-R-M2-F10`. Read it from left to right: 16 kernels of 3 x 3
# with padding 1, ReLU, max-pool 2, and so on, at the end 10 weighted sums. The same list for torch:

# %%
NOTATION = "16C3p1-R-M2-32C3p1-R-M2-F10"
torch.manual_seed(0)
by_hand = nn.Sequential(
    nn.Conv2d(1, 16, kernel_size=3, padding=1),  # [B,  1, 28, 28] -> [B, 16, 28, 28]
    nn.ReLU(),
    nn.MaxPool2d(2),  #                             [B, 16, 28, 28] -> [B, 16, 14, 14]
    nn.Conv2d(16, 32, kernel_size=3, padding=1),  # [B, 16, 14, 14] -> [B, 32, 14, 14]
    nn.ReLU(),
    nn.MaxPool2d(2),  #                             [B, 32, 14, 14] -> [B, 32,  7,  7]
    nn.Flatten(),  #                                [B, 32,  7,  7] -> [B, 1568]
    nn.Linear(32 * 7 * 7, 10),  #                   [B, 1568]       -> [B, 10]
)
values = train.images[:4] / 255
for layer in by_hand:
    values = layer(values)
    print(f"{layer.__class__.__name__:10} {list(values.shape)}")

# %% [markdown]
# How many numbers does it learn? Each kernel has a table per input map and a bias.

# %%
expected = 16 * (1 * 3 * 3) + 16 + 32 * (16 * 3 * 3) + 32 + 10 * (32 * 7 * 7) + 10
table = layer_table(NOTATION)
print(table.derivation)
assert expected == table.parameters == sum(p.numel() for p in by_hand.parameters())

# %% [markdown]
# ## The loop, line by line
#
# An **epoch** shows every picture once, in a new random order, in small **batches**. Each step uses the gradient of one
# batch: a rough direction, but a hundred rough steps beat one perfect step.

# %%
draws = torch.Generator().manual_seed(1)
velocity = [torch.zeros_like(p) for p in by_hand.parameters()]
losses = []
for epoch in range(2):
    for rows in torch.randperm(len(train), generator=draws).split(50):
        loss = F.cross_entropy(by_hand(train.images[rows] / 255), train.labels[rows])  # 1. how wrong?
        grads = torch.autograd.grad(loss, list(by_hand.parameters()))  #                 2. which way is up?
        with torch.no_grad():
            for p, v, grad in zip(by_hand.parameters(), velocity, grads, strict=True):
                v.mul_(0.9).add_(grad)  #                                                 3. gather speed
                p.sub_(0.05 * v)  #                                                       4. step down
        losses.append(loss.item())  #                                                     5. take note
    print(f"epoch {epoch + 1}: mean loss {sum(losses[-80:]) / 80:.3f}")

# %% [markdown]
# ## How good is it? Only unseen pictures can tell
#
# The network has seen the training pictures and may have learned some of them by heart. The test pictures it has never met.

# %%
with torch.no_grad():
    logits = by_hand(test.images / 255)
accuracy = float((logits.argmax(dim=1) == test.labels).float().mean())
print(f"{accuracy:.1%} of {len(test):,} unseen digits")
assert accuracy > 0.92
plt.figure(figsize=(4, 2.6), layout="constrained")
plt.plot(losses)
plt.xlabel("step")
plt.ylabel("loss of the batch")

# %% [markdown]
# ## The same in one line
#
# `prepare` builds network and optimizer and checks everything before the first step; `loop` trains and yields as it goes.
# (To keep a run on disk, with its report, there is `steepest.train(...)`, and on the command line `steepest train`.)

# %%
config = Config(model=NOTATION, optimizer="momentum", lr=0.05, epochs=2, batch_size=50, threads=1)
setup = prepare(config, digits)
for event in loop(setup):
    if isinstance(event, Epoch):
        print(f"epoch {event.row['epoch']}: mean loss {event.row['train_loss']:.3f}")
evaluation = steepest.evaluate(setup.network, test, digits.classes)
print(evaluation)
assert evaluation.accuracy > 0.92

# %% [markdown]
# The network takes raw pixels: dividing by 255 is its own first layer, so nobody can forget it. With our hand-made weights
# put in, it gives our very numbers:

# %%
names = list(setup.network.state_dict())
setup.network.load_state_dict(dict(zip(names, by_hand.state_dict().values(), strict=True)))
setup.network.eval()
with torch.no_grad():
    torch.testing.assert_close(setup.network(test.images), logits, rtol=1e-4, atol=1e-4)
print("by hand = by machine, on all test pictures")

# %% [markdown]
# ## What it got wrong

# %%
evaluation = steepest.evaluate(setup.network, test, digits.classes)
wrong = evaluation.wrong_images(8)
plt.figure(figsize=(8, 1.8), layout="constrained")
for place, each in enumerate(wrong, start=1):
    plt.subplot(1, 8, place)
    plt.imshow(test.images[each.row, 0].numpy(), cmap="gray")
    plt.title(f"{each.true}, said {each.predicted}", fontsize=8)
    plt.axis("off")

# %% [markdown]
# ## Exercises
#
# 1. Most of the 20,490 weights sit in the last layer. What does `32C3p1-R-M2-64C3p1-R-M2-G-F10` learn, where `G` is the mean
#    of each map?
# 2. How many steps does an epoch take with 4,000 pictures and batches of 64, and how large is the last batch?
# 3. Why may you not use the test accuracy to choose the learning rate?
#
# <details>
# <summary>Answers</summary>
#
# 1. 320 + 18,496 + 650: the last layer now has 64 inputs instead of 1,568.
#
# ```python
# assert table.parameters == 20_490
# assert layer_table("32C3p1-R-M2-64C3p1-R-M2-G-F10").parameters == 320 + 18_496 + 650
# ```
#
# 2. 63 steps; the last has 32 pictures.
#
# ```python
# sizes = [len(rows) for rows in torch.arange(4000).split(64)]
# assert (len(sizes), sizes[-1]) == (63, 32)
# ```
#
# 3. The test pictures would then have had a say in the training. Of many rates one looks best by luck, and the luck does not
# come along to new pictures. Hold some *training* pictures back for choosing: a validation split (`val=0.2`).
# </details>
