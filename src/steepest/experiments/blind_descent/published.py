"""What the published loop prints, epoch by epoch, and how its network dies within the first hundred steps."""

from statistics import fmean
from typing import TYPE_CHECKING, Any

from ...content.content import Content, Curves, Figure, Line, Panels, Table, Text
from ..context import Context
from .choice import walk
from .verdict import with_spread

if TYPE_CHECKING:
    from ...sweeping import Outcome

FORWARDS_A_STEP = 2  # of the published loop: before the step and after it
DEAD = 0.01  # of the ReLU's outputs: below it next to no gradient gets through
FORMAT = 1  # of what is remembered; raised when the calculation changes


def blind_published(
    context: Context, *, case: str, losses: list[float], accuracies: list[float] | None = None
) -> list[Content]:
    """Return the published losses of each epoch beside ours, and what its accuracies are the shares of.

    Args:
        case: trained by the published loop.
        losses: the training losses that it printed, in nats.
        accuracies: the test accuracies that it printed, in [0, 1], to three decimals.
    """
    outcomes, title = context.outcomes(case), context.experiment.case(case).title
    figures = [
        Figure(
            name=f"{title}: printed training loss of epoch {number + 1}",
            published=published,
            ours=tuple(printed_loss(outcome, number) for outcome in outcomes),
            digits=2,
            comparable=context.comparable(case),
        )
        for number, published in enumerate(losses)
        if number < context.config(case).epochs
    ]
    several = any(len(each.rows) > 1 for each in outcomes)  # one point makes no line
    table, curves = _table(losses, outcomes), [_curves(title, losses, outcomes)] * several
    told = accuracies if accuracies and context.comparable(case) else None
    shares = [_shares(context, case, told)] if told else []
    return [*figures, table, *curves, *shares]


def _shares(context: Context, case: str, accuracies: list[float]) -> Table:
    """Return which classes make up the published accuracies."""
    labels = context.source(context.config(case)).splits["test"].labels
    share = {number: float((labels == number).float().mean()) for number in range(10)}
    rows = tuple(
        (
            epoch,
            f"{published:.1%}",
            ", ".join(f"{k} ({each:.2%})" for k, each in share.items() if alike(each, published)),
        )
        for epoch, published in enumerate(accuracies, 1)
    )
    ours = ", ".join(f"{each.accuracy('test'):.2%}" for each in context.outcomes(case))
    return Table(
        "Test accuracy as printed",
        ("epoch", "published", "digits with this share of the test images"),
        rows,
        "A network that names one digit for every image scores that digit's share, and the digit changes as the "
        f"biases swing. Ours at the end, by seed: {ours}.",
    )


def alike(share: float, printed: float) -> bool:
    """Say whether a share rounds to a printed one, to three decimals.

    >>> alike(0.1028, 0.103), alike(0.1010, 0.103)
    (True, False)
    """
    return round(share, 3) == round(printed, 3)


def _table(losses: list[float], outcomes: "list[Outcome]") -> Table:
    def ours(epoch: int) -> str:
        found = [printed_loss(each, epoch) for each in outcomes if epoch < len(each.rows)]
        if not found:
            return "not trained"
        return f"{fmean(found):.2f}" + f" ({min(found):.2f} to {max(found):.2f})" * (len(found) > 1)

    rows = tuple((n + 1, f"{each:.2f}", ours(n)) for n, each in enumerate(losses))
    return Table(
        "Training loss as printed",
        ("epoch", "published", "ours: mean (lowest to highest seed)"),
        rows,
        "The notebook adds up, for each batch, the lower of the losses before and after the step, and divides by "
        "one more than the number of batches. Guessing all classes alike would score ln 10 = 2.30.",
    )


def printed_loss(outcome: "Outcome", epoch: int) -> float:
    """Return what the notebook would print as an epoch's training loss; infinite where training diverged.

    sum over the n batches of min(loss before the step, loss after it) / (n + 1)

    Its count of batches begins at one; our mean weighs images, where a smaller last batch counts less.

    Args:
        outcome: of the published loop, whose losses are the lower ones already.
        epoch: counted from 0.
    """
    if epoch >= len(outcome.rows):
        return float("inf")
    row = outcome.rows[epoch]
    batches = row["forwards"] / FORWARDS_A_STEP
    return row["train_loss"] * batches / (batches + 1)


def _curves(title: str, losses: list[float], outcomes: "list[Outcome]") -> Curves:
    def line(name: str, values: list[float]) -> Line:
        return Line(name, tuple(map(float, range(1, len(values) + 1))), tuple(values))

    ours = [
        line(f"ours, seed {each.config.seed}", [printed_loss(each, n) for n in range(len(each.rows))])
        for each in outcomes
    ]
    return Curves(f"{title}: training loss as printed", "epoch", "loss, nats", (line("published", losses), *ours))


def blind_death(context: Context, *, cases: list[str], steps: int) -> list[Content]:
    """Return the loss and the live share of the ReLU layer, step by step, for some cases.

    Args:
        cases: the published loop first.
        steps: how many to watch, at the first seed.
    """
    watched = {context.experiment.case(case).title: _watched(context, case, steps) for case in cases}
    numbers = tuple(map(float, range(1, steps + 1)))

    def panel(title: str, label: str, which: str, *, log: bool) -> Curves:
        lines = tuple(Line(name, numbers, tuple(each[which])) for name, each in watched.items())
        return Curves(title, "step", label, lines, log_y=log)

    panels = (
        panel("Loss of the batch before the step", "nats", "loss", log=True),
        panel("ReLU outputs above zero", "fraction", "alive", log=False),
    )
    first = next(iter(watched.values()))
    return [
        Panels(f"The first {steps} steps", panels, "One seed, the batches of the run."),
        Text("", (told_death(first["loss"], first["alive"]),)),
    ]


def _watched(context: Context, case: str, steps: int) -> dict[str, list[float]]:
    from ...training.preparation import prepare

    config = context.config(case)

    def compute() -> dict[str, list[float]]:
        context.note(f"watching the first {steps} steps of {case}")
        taken = list(walk(prepare(config, context.source(config)), steps))
        return {"loss": [each.before for each in taken], "alive": [each.alive for each in taken]}

    key = {"part": "blind-death", "config": config.to_toml(), "steps": steps, "format": FORMAT}
    found: dict[str, Any] = context.remembered(key, compute)
    return found


def told_death(loss: list[float], alive: list[float]) -> str:
    """Return in words what the published loop does to its network.

    Args:
        loss: before each step, in nats.
        alive: the live share of the ReLU layer, before each step.

    >>> told_death([2.3, 1.1, 9.0, 2.3], [0.5, 0.5, 0.4, 0.0])
    'It learns at first: the loss falls to 1.10 at step 2. Then ... no image reaches the output any more.'
    """
    lowest = min(range(len(loss)), key=loss.__getitem__)
    words = f"It learns at first: the loss falls to {loss[lowest]:.2f} at step {lowest + 1}."
    if lowest + 1 < len(loss):
        highest = max(range(lowest + 1, len(loss)), key=loss.__getitem__)
        words += (
            " Then the sum of gradients carries the weights on, past the minimum, and the loss reaches "
            f"{loss[highest]:.1f} at step {highest + 1}."
        )
    dead = next((number for number, share in enumerate(alive) if share < DEAD), None)
    if dead is None:
        return f"{words} The ReLU layer is alive at the end of these steps, with {alive[-1]:.0%} above zero."
    return (
        f"{words} From step {dead + 1} on fewer than {DEAD:.0%} of the ReLU outputs are above zero: no gradient "
        "comes through, and no image reaches the output any more."
    )


CHANCE_AND_A_HALF = 1.5  # times chance: a network that names one class for all images never gets there


def blind_faults(context: Context, *, cases: list[str], alone: list[str], readings: list[str]) -> list[Content]:
    """Return what mending each fault brings.

    Args:
        cases: the published loop, then with one more fault mended each time.
        alone: the published loop with one fault mended.
        readings: the published loop where its text can be read otherwise.
    """
    names = ("", "test accuracy", "test loss", "training loss", "seeds")
    broken, *_ = cases
    one = tuple(_row(context, case) for case in (broken, *alone))
    all_together = tuple(_row(context, case) for case in cases)
    read = tuple(_row(context, case) for case in (broken, *readings))
    return [
        Table("One fault mended, the others left in", names, one, _steps(context, broken)),
        Table("One more fault mended each time", names, all_together),
        Text("", (told_mending(context, broken, alone, cases),)),
        Table("Nothing mended, read otherwise", names, read),
    ]


def _row(context: Context, case: str) -> tuple[str | int, ...]:
    outcomes = context.outcomes(case)
    return (
        _short_title(context, case),
        _accuracies(outcomes),
        f"{fmean(each.loss('test') for each in outcomes):.3g}",
        f"{fmean(_training_loss(each) for each in outcomes):.3g}",
        len(outcomes),
    )


def _short_title(context: Context, case: str) -> str:
    """Return what tells a case from the others: its title behind the first comma."""
    title = context.experiment.case(case).title
    return title.partition(", ")[2] or title


def _training_loss(outcome: "Outcome") -> float:
    return outcome.rows[-1]["train_loss"] if outcome.rows else float("inf")


def _accuracies(outcomes: "list[Outcome]") -> str:
    found = [each.accuracy("test") for each in outcomes]
    diverged = sum(each.diverged is not None for each in outcomes)
    return f"{fmean(found):.1%}" + f", {diverged} diverged" * bool(diverged)


def _steps(context: Context, case: str) -> str:
    outcome = context.outcomes(case)[0]
    return (
        f"After {outcome.backwards} steps of {outcome.config.batch_size} images. The momentum is made anew "
        "several times within them, as at the ends of epochs, so that this fault too can act."
    )


def told_mending(context: Context, broken: str, alone: list[str], cases: list[str]) -> str:
    """Return in words which single fault keeps the published loop at chance; cases as of ``blind_faults``."""
    kinds = len(context.source(context.config(broken)).classes)
    reached = {case: _mean(context, case) for case in alone}
    learns = [case for case, found in reached.items() if found > CHANCE_AND_A_HALF / kinds]
    rest = [found for case, found in reached.items() if case not in learns]
    titles = {case: _short_title(context, case) for case in alone}
    words = f"The published loop ends at {_mean(context, broken):.1%}; chance is {1 / kinds:.0%}. "
    if learns:
        told = " and ".join(f"{titles[case]} ({reached[case]:.1%})" for case in learns)
        words += f"Of the faults mended alone, what makes it learn is: {told}. "
    else:
        words += "None of the faults mended alone makes it learn in these steps. "
    if rest:
        span = f"{min(rest):.1%} to {max(rest):.1%}" if max(rest) > min(rest) else f"{rest[0]:.1%}"
        words += f"The others stay at {span}. "
    return f"{words}With every fault mended it reaches {_mean(context, cases[-1]):.1%}."


def _mean(context: Context, case: str) -> float:
    return fmean(each.accuracy("test") for each in context.outcomes(case))


def blind_ancestor(context: Context, *, cases: list[str]) -> list[Content]:
    """Return what each ancestor reached, and at which price.

    Args:
        cases: of gradient-free search, and what to hold them against.
    """
    rows = tuple(_ancestor_row(context, case) for case in cases)
    return [
        Table(
            "One epoch without a gradient",
            ("", "test accuracy", "test loss", "forwards", "backwards", "seconds a run", "seeds"),
            rows,
            "New biases: every candidate is a new network with copied weights, whose biases are drawn afresh, as "
            "published. Searched biases: they are redrawn near themselves like any weight, which is the idea.",
        )
    ]


def _ancestor_row(context: Context, case: str) -> tuple[str | int, ...]:
    outcomes = context.outcomes(case)
    return (
        context.experiment.case(case).title,
        with_spread(outcomes),
        f"{fmean(each.loss('test') for each in outcomes):.2f}",
        outcomes[0].forwards,
        outcomes[0].backwards,
        f"{fmean(each.seconds for each in outcomes):.1f}",
        len(outcomes),
    )
