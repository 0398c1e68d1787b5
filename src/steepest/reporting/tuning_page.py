"""``tuning.html``: how much a side's accuracy depends on its settings."""

from pathlib import Path

from ..comparison.tuned import Tuned
from ..storage import write_durably
from .commands import train_command
from .comparison_page import SHEETS
from .comparison_words import setting_text
from .document import links, page, sections
from .markup import element, joined, table
from .tuning_charts import EXPLAINED, tuning_panels
from .wording import counted, number, percent


def write_page(tuned: Tuned, path: Path) -> None:
    """Write a tuned side's page."""
    write_durably(path, tuning_page(tuned))


def tuning_page(tuned: Tuned) -> str:
    """Return the whole page."""
    config, best = tuned.side.config, tuned.chosen
    header = element(
        "header",
        element("h1", tuned.side.name, element("small", " tuned on "), config.data),
        element(
            "p",
            f"{config.model}, {counted(config.epochs, 'epoch')}, batches of {config.batch_size}.",
        ),
        element(
            "p",
            element("b", percent(best.accuracy), class_="number"),
            element("span", "validation accuracy, the best of all trials"),
            element("span", setting_text(best.trial.settings), class_="quiet"),
            class_="accuracy",
        ),
    )
    drawn = tuning_panels({tuned.side.name: tuned.trials}, tuned.by_study)
    names = [each.name for each in tuned.space.dimensions]
    rows = [
        (
            *(f"{each.trial.settings[name]:g}" for name in names),
            "diverged" if each.diverged else percent(each.accuracy),
            number(each.loss),
            f"{each.seconds:.2f}",
            each.trial.study,
        )
        for each in sorted(tuned.trials, key=lambda t: t.rank, reverse=True)
    ]
    headings = (*names, "validation accuracy", "validation loss", "seconds", "study")
    command = element(
        "pre", train_command(tuned.config), tabindex=0, role="region", aria_label="Command"
    )
    parts = [
        ("Sensitivity", joined([element("p", EXPLAINED), element("div", drawn, class_="narrow")])),
        (counted(len(rows), "trial"), table(headings, rows, caption="Trials", text_columns=1)),
        ("Train with it", command),
    ]
    return page(f"{tuned.side.name} tuned", header, links(parts), sections(parts), SHEETS)
