# %% [markdown]
# # 5. Convolution and pooling by hand
#
# **One idea:** slide one small table of weights over the picture. What it has learned to see, it sees everywhere.
#
# A fully connected layer has a weight of its own for every pixel. Shift a digit by two pixels, and it looks at the wrong
# ones. A convolution has nine weights in all and carries them to every place.

# %%
import matplotlib.pyplot as plt
import torch
from torch.nn import functional as F

import steepest

digits = steepest.load("mnist5k")

# %% [markdown]
# ## One window after the other
#
# Lay the 3 x 3 table, the **kernel**, on the upper left corner of a picture. Multiply each number with the one below it,
# add up the nine products: that is the first number of the result. Move one to the right, do it again; at the end of the
# row, go one down. A small example, typed in:

# %%
picture = [[1, 2, 0, 1], [0, 1, 3, 1], [2, 0, 1, 0], [1, 1, 0, 2]]
kernel = [[1, 0, -1], [1, 0, -1], [1, 0, -1]]


def convolve(picture, kernel, stride=1):
    side = len(kernel)
    places = range(0, len(picture) - side + 1, stride)
    return [
        [sum(kernel[a][b] * picture[i + a][j + b] for a in range(side) for b in range(side)) for j in places]
        for i in places
    ]


for i in range(2):
    for j in range(2):
        products = [kernel[a][b] * picture[i + a][j + b] for a in range(3) for b in range(3)]
        print(f"window ({i}, {j}): {' + '.join(map(str, products))} = {sum(products)}")
by_hand = convolve(picture, kernel)
by_machine = F.conv2d(torch.tensor(picture)[None, None].float(), torch.tensor(kernel)[None, None].float())
assert by_machine[0, 0].tolist() == by_hand

# %% [markdown]
# A 4 x 4 picture has 2 x 2 places for a 3 x 3 window. In general a side of $n$ pixels, a kernel of $k$, zeros of width $p$
# put around (*padding*) and steps of $s$ (*stride*) give
#
# $$\left\lfloor \frac{n - k + 2p}{s} \right\rfloor + 1 \text{ places.}$$

# %%
for n, k, p, s in ((28, 3, 0, 1), (28, 3, 1, 1), (28, 5, 2, 1), (28, 3, 1, 2), (28, 5, 0, 3)):
    places = (n - k + 2 * p) // s + 1
    machine = F.conv2d(torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k), padding=p, stride=s).shape[-1]
    print(f"side {n}, kernel {k}, padding {p}, stride {s}: ({n} - {k} + {2 * p}) // {s} + 1 = {places}")
    assert places == machine

# %% [markdown]
# ## What a kernel sees
#
# The kernel above subtracts what is right from what is left: it answers where brightness *changes* from left to right. Turn
# it, and it answers to horizontal edges. A blur is the mean of nine neighbours.

# %%
digit = digits.train.images[2600, 0] / 255
kernels = {
    "left - right": torch.tensor(kernel).float(),
    "top - bottom": torch.tensor(kernel).float().T,
    "mean of nine": torch.full((3, 3), 1 / 9),
}
plt.figure(figsize=(8, 2.4), layout="constrained")
plt.subplot(1, 4, 1)
plt.imshow(digit.numpy(), cmap="gray")
plt.title("the digit")
for place, (name, weights) in enumerate(kernels.items(), start=2):
    result = F.conv2d(digit[None, None], weights[None, None])[0, 0]
    torch.testing.assert_close(torch.tensor(convolve(digit.tolist(), weights.tolist())), result)
    plt.subplot(1, 4, place)
    largest = float(result.abs().max())
    plt.imshow(result.numpy(), cmap="RdBu_r", vmin=-largest, vmax=largest)
    plt.title(name)

# %% [markdown]
# ## Why sliding is worth it
#
# Shift the digit by three pixels, and the answer shifts by three pixels: the same numbers in another place. Nobody has to
# learn that a stroke is a stroke everywhere.

# %%
shifted = torch.roll(digit, 3, dims=1)
edge = kernels["left - right"][None, None]
here, there = (F.conv2d(each[None, None], edge)[0, 0] for each in (digit, shifted))
assert torch.allclose(here[:, :-3], there[:, 3:])
print("9 weights instead of", 28 * 28 * 26 * 26, "for a fully connected layer with as many outputs")

# %% [markdown]
# ## Several channels
#
# A second convolution reads all maps of the first. Its kernel then has one table *per input map*; it adds everything up and
# adds a bias. For 8 maps in and 16 out that is $16 \times (8 \times 3 \times 3) + 16$ weights.

# %%
draws = torch.Generator().manual_seed(0)
maps = torch.randn(8, 6, 6, generator=draws)
weights = torch.randn(16, 8, 3, 3, generator=draws)
bias = torch.randn(16, generator=draws)
machine = F.conv2d(maps[None], weights, bias)[0]
number = sum((weights[5, channel] * maps[channel, 2:5, 1:4]).sum() for channel in range(8)) + bias[5]
torch.testing.assert_close(machine[5, 2, 1], number)
print("map 5, row 2, column 1:", float(number), "from", 8 * 9, "products and a bias")
assert weights.numel() + bias.numel() == 16 * (8 * 3 * 3) + 16

# %% [markdown]
# ## Pooling
#
# *Max-pooling* cuts the map into 2 x 2 blocks and keeps the largest number of each. It asks "is there such a stroke
# somewhere here?" and forgets exactly where. It has no weights, and leaves a quarter of the numbers.

# %%


def pool(table):
    return [
        [max(table[i][j], table[i][j + 1], table[i + 1][j], table[i + 1][j + 1]) for j in range(0, len(table), 2)]
        for i in range(0, len(table), 2)
    ]


machine = F.max_pool2d(torch.tensor(picture)[None].float(), 2)[0]
print(pool(picture))
assert machine.tolist() == pool(picture)

# %% [markdown]
# And backwards? Only the largest number of a block decided, so only it gets the gradient. The other three could change a
# little, and nothing would happen.

# %%
table = torch.tensor([[1.0, 5.0], [2.0, 3.0]], requires_grad=True)
F.max_pool2d(table[None], 2).sum().backward()
assert table.grad.tolist() == [[0, 1], [0, 0]]

# %% [markdown]
# ## Exercises
#
# 1. A 28 x 28 picture goes through `C5`, `M2`, `C5`, `M2` (convolutions without padding). What side is left?
# 2. Find a 3 x 3 kernel whose result is the picture itself, without its rim.
# 3. How many input pixels does one number see behind two 3 x 3 convolutions?
#
# <details>
# <summary>Answers</summary>
#
# 1. 28 -> 24 -> 12 -> 8 -> 4.
#
# ```python
# out = torch.zeros(1, 1, 28, 28)
# for _ in range(2):
#     out = F.max_pool2d(F.conv2d(out, torch.zeros(1, 1, 5, 5)), 2)
# assert out.shape[-1] == 4
# ```
#
# 2. A 1 in the middle of zeros.
#
# ```python
# middle = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
# assert convolve(picture, middle) == [row[1:3] for row in picture[1:3]]
# ```
#
# 3. 5 x 5: the second sees 3 x 3 numbers, and the outermost of them reach one pixel further each.
# </details>
