# %% [markdown]
# # 1. Tensors and autograd
#
# **One idea:** a machine that remembers how it computed a number can tell you how that number would change.
#
# A picture of a digit is a table of brightness values. A *tensor* is such a table with any number of
# directions: one number, a row, a table, a stack of tables. Let us look at some.

# %%
import matplotlib.pyplot as plt
import torch

import steepest

digits = steepest.load("mnist5k")
images, labels = digits.train.images, digits.train.labels
print("images:", list(images.shape), images.dtype)
print("labels:", list(labels.shape), "the first three:", labels[:3].tolist())

# %% [markdown]
# Four numbers describe the shape of `images`, always in this order: how many images (N), how many channels each
# has (C, 1 for grey), how many rows (H) and how many columns (W). A pixel is a whole number from 0 (black) to
# 255 (white).

# %%
row = 1500
plt.figure(figsize=(5, 2.5), layout="constrained")
plt.subplot(1, 2, 1)
plt.imshow(images[row, 0].numpy(), cmap="gray")
plt.title(f"a {labels[row]}")
plt.subplot(1, 2, 2)
plt.imshow(images[row, 0, 4:12, 12:20].numpy(), cmap="gray")
plt.title("a part, 8 x 8")
print(images[row, 0, 4:12, 12:20])

# %% [markdown]
# ## Arithmetic on whole tables
#
# What you write once happens to every number. Dividing by 255 brings all three million pixels into the range from 0
# to 1, and `mean` over the first direction averages all images of a class.

# %%
pixels = images / 255
average_three = pixels[labels == 3].mean(dim=0)
print("from", float(pixels.min()), "to", float(pixels.max()))
plt.figure(figsize=(2.5, 2.5), layout="constrained")
plt.imshow(average_three[0].numpy(), cmap="gray")
plt.title("the average 3")

# %% [markdown]
# ## How does the result change?
#
# Take a rule with one input: $y = 3x^2 + 2x$. At $x = 2$ it gives 16. Now nudge $x$ a little and watch $y$:

# %%


def rule(x):
    return 3 * x**2 + 2 * x


nudge = 1e-6
change = (rule(2 + nudge) - rule(2)) / nudge
print("y changes", round(change, 3), "times as much as x")

# %% [markdown]
# That number is the **derivative** of $y$ at $x = 2$: how many times as fast as $x$ the result changes. By the rules
# of school it is $6x + 2 = 14$. The nudge agrees.
#
# *Autograd* gives the same number without a nudge. We mark $x$ as something whose influence we want to know. Torch
# then writes down each operation, and `backward` walks that list from its end to its beginning, multiplying
# derivatives as it goes.

# %%
x = torch.tensor(2.0, requires_grad=True)
y = rule(x)
y.backward()
by_hand = 6 * 2.0 + 2
print("autograd:", x.grad.item(), " by hand:", by_hand)
assert x.grad.item() == by_hand

# %% [markdown]
# ## Many inputs at once: the gradient
#
# With many inputs there are many derivatives, one for each. Together they are the **gradient**: a table of the same
# shape as the inputs. Here the result is the brightness-weighted sum $s = \sum_i w_i \, p_i$ over all 784 pixels. If
# the weight $w_i$ grows by a little, $s$ grows by $p_i$ times as much. So the gradient with respect to the weights
# should be the picture itself.

# %%
picture = pixels[row, 0]
weights = torch.zeros(28, 28, requires_grad=True)
s = (weights * picture).sum()
s.backward()
assert torch.equal(weights.grad, picture)
print("the gradient has shape", list(weights.grad.shape), "and is the picture")

# %% [markdown]
# One backward pass gave 784 derivatives. With nudges it would have taken 784 computations more. This is why networks
# with millions of weights can learn at all.
#
# ## Exercises
#
# 1. What is the derivative of $y = (x - 5)^2$ at $x = 1$? Work it out by hand, then ask autograd.
# 2. Which single pixel would you brighten to raise the *mean* brightness of a picture most?
# 3. What does `pixels.mean(dim=(0, 1))` show, and what is its shape?
#
# <details>
# <summary>Answers</summary>
#
# 1. By hand $2(x - 5) = -8$: the result falls as $x$ grows.
#
# ```python
# x = torch.tensor(1.0, requires_grad=True)
# ((x - 5) ** 2).backward()
# assert x.grad.item() == -8
# ```
#
# 2. None in particular: each of the 784 pixels counts 1/784. The gradient is the same everywhere.
#
# ```python
# p = picture.clone().requires_grad_()
# p.mean().backward()
# assert torch.allclose(p.grad, torch.full((28, 28), 1 / 784))
# ```
#
# 3. The average over all images, a grey cloud of shape [28, 28]: bright where strokes are frequent.
#
# ```python
# assert pixels.mean(dim=(0, 1)).shape == (28, 28)
# ```
# </details>
