"""Verdicts that may be asked for after every pair: they hold wherever one stops."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UserError
from .anytime import anytime_interval, floor, log_evidence, running_p_equivalent, running_p_two_sided
from .bootstrap import bootstrap_interval
from .measure import POINTS, Measure
from .signflip import AT_ONCE, Floats
from .sizing import PROBABLY, sign_is_seen, without_spread
from .verdict import Evidence, Pair, Verdict, check_levels, conclude, finite

MAXIMUM = 100  # pairs; where nothing was decided by then, the verdict is undecided
FUTURES = 400  # drawn to forecast when a verdict comes: its chance is then right within 2 %


class Sequential:
    """One pair's differences as they come, with a verdict after each.

    Args:
        margin: the largest difference that does not matter.
        alpha: the chance that any verdict, at any time, is false is at most this.
        maximum: differences after which one gives up.
        measure: how differences are printed.

    >>> watched = Sequential(margin=0.001)
    >>> while not watched.verdict.decided:
    ...     watched.add(0.004)
    >>> watched.verdict.kind, watched.verdict.n
    ('better', 7)
    """

    def __init__(
        self, *, margin: float, alpha: float = 0.05, maximum: int = MAXIMUM, measure: Measure = POINTS
    ) -> None:
        check_levels(margin, alpha)
        self.margin, self.alpha, self.maximum, self.measure = margin, alpha, maximum, measure
        self.differences: list[float] = []
        self._verdict: Verdict | None = None

    def add(self, difference: float) -> None:
        """Take the next difference, candidate minus reference.

        Raises:
            UserError: it is not finite, or there are as many as the maximum already.
        """
        if len(self.differences) >= self.maximum:
            raise UserError(f"The maximum is {self.measure.counted(self.maximum)}, and so many have come.")
        self.differences.append(float(finite([difference])[0]))
        self._verdict = None

    @property
    def verdict(self) -> Verdict:
        """The verdict on what has come so far."""
        if self._verdict is None:
            self._verdict = judge_anytime(
                self.differences, margin=self.margin, alpha=self.alpha, maximum=self.maximum, measure=self.measure
            )
        return self._verdict

    @property
    def finished(self) -> bool:
        """Whether there is a verdict, or the maximum is reached."""
        return len(self.differences) >= self.maximum or self.verdict.decided


def judge_anytime(
    differences: ArrayLike,
    *,
    margin: float,
    alpha: float = 0.05,
    maximum: int = MAXIMUM,
    measure: Measure = POINTS,
) -> Verdict:
    """Return the verdict on one pair, valid however often it was asked for; see ``judge_all_anytime``.

    >>> [judge_anytime([0.004] * t, margin=0.001).kind for t in (5, 6, 7)]
    ['undecided', 'undecided', 'better']
    """
    one = {0: differences}
    return judge_all_anytime(one, margin=margin, alpha=alpha, maximum=maximum, measure=measure)[0]


def judge_all_anytime(
    differences: Mapping[Pair, ArrayLike],
    *,
    margin: float,
    alpha: float = 0.05,
    maximum: int = MAXIMUM,
    measure: Measure = POINTS,
) -> dict[Pair, Verdict]:
    """Return the verdict on every pair after what has come so far, as often as one likes.

    Assumes that, given its size and all that came before, each difference is as likely to lie above the centre as
    below: independent symmetric differences do. Null hypotheses as in ``judge_all``. Statistic: the winnings of a
    bet on signs (``anytime``), whose mean is 1 under the null hypothesis. By Ville's inequality p-values,
    intervals and verdicts hold at all times together, so one may add differences until a verdict falls: the chance
    that ever any is false is as ``judge_all`` says, at whatever time and for whatever reason one stops. Where none
    has fallen after ``maximum`` differences, it stays undecided.

    Args:
        differences: for each pair [t], in the order in which they came; t may be 0.
        margin: the largest difference that does not matter.
        alpha: the level.
        maximum: differences after which one gives up.
        measure: how differences are printed.

    Raises:
        UserError: a difference is not finite, or margin or alpha make no sense.

    Source: see ``anytime``: Ville 1939; Ramdas, Ruf, Larsson and Koolen 2020, https://arxiv.org/abs/2009.03167.
    """
    check_levels(margin, alpha)
    checked = {pair: finite(values) if np.size(values) else np.empty(0) for pair, values in differences.items()}
    evidence = {pair: _evidence(values, margin, alpha) for pair, values in checked.items()}

    def more(pair: Pair, level: float) -> tuple[int | None, str]:
        return more_until_decided(checked[pair], margin, level, maximum)

    return conclude(evidence, more, margin, alpha, measure)


def _evidence(differences: Floats, margin: float, alpha: float) -> Evidence:
    n = len(differences)
    if n == 0:
        nan, inf = float("nan"), float("inf")
        return Evidence(0, nan, -inf, inf, nan, nan, 1.0, 1.0, 1.0, 0.0, "anytime")
    low, high = anytime_interval(differences, alpha)
    around = bootstrap_interval(differences, alpha)
    return Evidence(
        n=n,
        mean=float(differences.mean()),
        low=low,
        high=high,
        bootstrap_low=around[0],
        bootstrap_high=around[1],
        p=float(running_p_two_sided(differences)[-1]),
        p_equivalent=float(running_p_equivalent(differences, margin)[-1]),
        floor=floor(n),
        side=float(side_of(differences)[-1]),
        method="anytime",
    )


def side_of(differences: Floats) -> Floats:
    """Return 1 where the evidence so far is for "above 0", -1 for "below 0", 0 where the mean says otherwise.

    The bets are on signs, weighed by sizes; the claim is about the mean. Where they disagree (many small gains and
    one large loss) there is no verdict, which can only lower the chance of a false one.

    Args:
        differences: [..., t]; the sides [..., t] are those after each.
    """
    above, below = log_evidence(differences)
    most = np.maximum.accumulate(above, axis=-1) - np.maximum.accumulate(below, axis=-1)
    mean = np.cumsum(differences, axis=-1)
    agreed: Floats = np.where(np.sign(most) == np.sign(mean), np.sign(mean), 0.0)
    return agreed


def more_until_decided(differences: Floats, margin: float, level: float, maximum: int) -> tuple[int | None, str]:
    """Return after how many further differences a verdict has a chance of 80 %, or None and why.

    As ``sizing.more_units``: means and spreads that the differences leave open are drawn, futures from each, and
    the test watches every one of them.
    """
    n = len(differences)
    if n >= maximum:
        return None, "the maximum is reached"
    if n == 0:
        return None, "nothing has come yet"
    if np.ptp(differences) == 0:
        return without_spread(differences, margin, least=1)
    futures = _futures(differences, maximum - n)
    step = max(1, AT_ONCE // maximum)  # a few at a time: many units take no more memory
    count, seen = np.zeros(maximum - n), sign_is_seen(differences)
    for start in range(0, FUTURES, step):
        few = futures[start : start + step]
        p, within = running_p_two_sided(few), running_p_equivalent(few, margin)
        count += (((p <= level) & seen) | (within <= level))[:, n:].sum(axis=0)
    decided = count / FUTURES
    if decided[-1] < PROBABLY:
        return None, f"probably not decided by the maximum of {maximum:,}"
    return int((decided >= PROBABLY).argmax()) + 1, ""


def _futures(differences: Floats, more: int) -> Floats:
    """Return what came so far with what may come [FUTURES, n + more]; see ``more_units``."""
    n = len(differences)
    if differences.mean() < 0:  # both signs must get the same forecast
        return -_futures(-differences, more)
    random = np.random.default_rng(0)
    squares = float(differences.var() * n)
    sd = np.sqrt(squares / random.chisquare(n - 1, (FUTURES, 1)))
    truth = differences.mean() + sd / np.sqrt(n) * random.standard_normal((FUTURES, 1))
    fresh = truth + sd * random.standard_normal((FUTURES, more))
    seen = np.broadcast_to(differences, (FUTURES, n))
    return np.concatenate([seen, fresh], axis=1)
