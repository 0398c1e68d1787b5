# %% [markdown]
# # 9. Can you trust a comparison?
#
# **One idea:** a network's accuracy is a draw from a lottery. Compare lotteries, not two tickets.

# %%
from dataclasses import replace
from itertools import product
from statistics import mean, stdev

import matplotlib.pyplot as plt
import torch

import steepest
from steepest.config import Config
from steepest.training import loop, prepare

digits = steepest.load("mnist5k")
few = replace(digits, train=digits.train.take(torch.arange(0, 4000, 4)))  # 1,000 pictures: quick


def accuracy(seed, **settings):
    values = {"model": "F64-R-F10", "lr": 0.002, "epochs": 3, "batch_size": 50, "threads": 1, **settings}
    setup = prepare(Config(seed=seed, **values), few)
    for _ in loop(setup):
        pass
    return steepest.evaluate(setup.network, digits.test, digits.classes).accuracy


# %% [markdown]
# ## One setting, ten tickets
#
# The **seed** decides the initial weights and the order of the pictures. Nothing about it is better or worse.

# %%
SEEDS = range(10)
first = [accuracy(seed) for seed in SEEDS]
print([f"{each:.1%}" for each in first])
spread = stdev(first)
print(f"mean {mean(first):.2%}, standard deviation {spread:.2%}, from {min(first):.1%} to {max(first):.1%}")
assert max(first) > min(first)
assert accuracy(3) == first[3]  # the same seed: the same run, to the last bit

# %% [markdown]
# The same program differs from itself by this much. Whoever compares *one* run of A with *one* run of B measures the
# lottery.
#
# There is a second lottery: the test pictures. A thousand others of the same kind would have given another number. For
# one run, the interval in which the accuracy on very many pictures should lie is about two of $\sqrt{a (1 - a) / N}$ to
# either side.

# %%
a, N = first[0], len(digits.test)
print(f"accuracy {a:.1%}, plus or minus {2 * (a * (1 - a) / N) ** 0.5:.1%} for {N:,} test pictures")

# %% [markdown]
# ## An honest comparison: pairs
#
# Is training with a learning rate of 0.003 better than with 0.002? Run both with the *same* seeds: same initial
# weights, same order, same test pictures. Then look at the **difference of each pair**. What both have in common, such
# as a lucky start, falls out.

# %%
second = [accuracy(seed, lr=0.003) for seed in SEEDS]
differences = [b - a for a, b in zip(first, second, strict=True)]
print("differences:", [f"{100 * each:+.1f}" for each in differences], "points")
print(f"mean {100 * mean(differences):+.2f} points")
plt.figure(figsize=(4.5, 2.8), layout="constrained")
for a, b in zip(first, second, strict=True):
    plt.plot([0, 1], [a, b], "o-", color="tab:blue" if b > a else "tab:red", alpha=0.6)
plt.xticks([0, 1], ["lr 0.002", "lr 0.003"])
plt.ylabel("test accuracy")

# %% [markdown]
# ## How often would chance do that?
#
# Suppose the change did nothing. Then each difference could as well have had the other sign. So flip the signs in all
# $2^{10} = 1024$ ways, and count in how many the mean is at least as far from 0 as ours. That share is the **p-value**:
# it needs no formula, only counting.

# %%


def p_value(differences):
    seen = abs(sum(differences))
    flips = product((1, -1), repeat=len(differences))
    sums = [abs(sum(sign * each for sign, each in zip(signs, differences, strict=True))) for signs in flips]
    return sum(total >= seen - 1e-12 for total in sums) / len(sums)


p = p_value(differences)
print(f"p = {p:.3f}: chance alone does this in {1000 * p:.0f} of 1,000 comparisons")

# %% [markdown]
# ## Judge the judge
#
# A judge who calls everything below $p = 0.05$ "better" should be wrong in at most 5 % of cases *where there is no
# difference*. Let us see: many comparisons of a thing with itself, on made-up accuracies with our spread. And the
# common way, "the mean of three runs is higher", beside it.

# %%
draws = torch.Generator().manual_seed(0)
alarms = {"paired test, ten seeds": 0, "three runs each, half a point higher": 0}
TRIALS = 300
for _ in range(TRIALS):
    one, two = (spread * torch.randn(10, generator=draws) for _ in range(2))
    alarms["paired test, ten seeds"] += p_value((two - one).tolist()) < 0.05
    alarms["three runs each, half a point higher"] += abs(float((two - one)[:3].mean())) > 0.005
for judge, count in alarms.items():
    print(f"{judge}: {count / TRIALS:.1%} false alarms")
assert alarms["paired test, ten seeds"] / TRIALS < 0.1
assert alarms["three runs each, half a point higher"] > 2 * alarms["paired test, ten seeds"]

# %% [markdown]
# ## Choosing the best of many is a comparison too
#
# Try twenty seeds, report the best: you report luck. The best of twenty draws lies about 1.9 standard deviations above
# the mean, though nothing is better about it. The same happens when twenty settings are tried on the *test* pictures.

# %%
best = (spread * torch.randn(4000, 20, generator=draws)).max(dim=1).values.mean() / spread
print(f"the best of 20 equal runs: {float(best):.2f} standard deviations above the mean")
assert 1.8 < best < 1.95

# %% [markdown]
# What a fair comparison needs, in one breath: the same seeds on both sides, both sides tuned with the same effort on
# validation pictures, enough seeds, an interval or a p-value, and the word *undecided* where the numbers do not settle
# it.
#
# ## Exercises
#
# 1. All five differences of a comparison are positive. What is the smallest p-value that sign flips can give?
# 2. Why is pairing no help where the two sides share nothing but the number of the seed?
# 3. You test 20 useless ideas at $p < 0.05$. How likely is at least one "success"?
#
# <details>
# <summary>Answers</summary>
#
# 1. Two of $2^5 = 32$ ways (all plus, all minus): 0.0625. Five pairs can never reach 0.05.
#
# ```python
# assert p_value([0.3, 0.1, 0.2, 0.5, 0.4]) == 2 / 32
# ```
#
# 2. Then nothing common falls out: the differences spread as widely as those of any two runs. The test stays valid;
# it only sees less.
# 3. $1 - 0.95^{20} = 64\,\%$.
#
# ```python
# assert round(1 - 0.95**20, 2) == 0.64
# ```
# </details>
