"""Measure how often the judge is wrong, and write the tables of docs/judge.md.

python scripts/calibrate.py [--comparisons 20000] [--pool benchmarks/pool] [--page docs/judge.md]

Exits with 1 where a rate that is promised lies, by its upper bound, above 6 %.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # calibration/ stands beside the package
from calibration import recorded, simulated  # noqa: E402
from calibration.calibrating import LIMIT, Experiment, Forecast, Row, forecast, run  # noqa: E402
from calibration.pool import STUDIES, read_pool  # noqa: E402
from calibration.simulation import POPULATIONS  # noqa: E402

BEGIN, END = "<!-- calibration: written by `make calibration` -->", "<!-- end of calibration -->"
FOLLOWED = 300  # comparisons a population whose forecasts are followed up
HEADINGS = (
    *("mode", "population", "n", "comparisons", "false", "rate", "upper 95 % bound"),
    *("planted effect", "power", "pairs used", "false beside it"),
)
NO_POOL = "No pool of recorded studies was there: these lines are on simulated studies only."


def main(arguments: list[str] | None = None) -> int:
    """Run every line, write the page, and return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comparisons", type=int, default=20_000)
    parser.add_argument("--pool", type=Path, default=ROOT / "benchmarks/pool")
    parser.add_argument("--page", type=Path, default=ROOT / "docs/judge.md")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    start = perf_counter()
    pool = read_pool(asked.pool) if (asked.pool / STUDIES).exists() else []
    promised = rows((*recorded.experiments(pool), *simulated.experiments()), asked)
    beyond = rows((*recorded.limits(pool), *simulated.limits()), asked)
    forecasts = [forecast(each, min(FOLLOWED, asked.comparisons), asked.seed) for each in POPULATIONS]
    write(asked.page, section(promised, beyond, forecasts, pooled=bool(pool)))
    broken = [each for each in promised if not each.kept]
    print(f"{asked.page.name}: {len(promised) + len(beyond)} lines, {perf_counter() - start:.0f} s")
    for each in broken:
        what = f"{each.experiment.mode}, {each.experiment.population}"
        print(f"above {LIMIT:.0%}: {what}: {each.rate:.2%}, bound {each.bound:.2%}")
    return bool(broken)


def rows(experiments: Iterable[Experiment], asked: argparse.Namespace) -> list[Row]:
    """Run experiments, with a line on standard error for each."""
    return list(_shown(run(each, asked.comparisons, asked.seed) for each in experiments))


def _shown(found: Iterator[Row]) -> Iterator[Row]:
    for row in found:
        print(" | ".join(cells(row)), file=sys.stderr, flush=True)
        yield row


def cells(row: Row) -> list[str]:
    """Return a line of the table."""
    experiment = row.experiment
    bound = f"{row.bound:.2%}"
    return [
        experiment.mode,
        experiment.population,
        str(experiment.n),
        f"{row.comparisons:,}",
        f"{row.false:,}",
        f"{row.rate:.2%}",
        bound if row.bound <= LIMIT else f"**{bound}**",
        experiment.effect,
        f"{row.power:.1%}",
        f"{row.used:.0f}",
        f"{row.false_planted / row.comparisons:.2%}",
    ]


def section(promised: list[Row], beyond: list[Row], forecasts: list[Forecast], pooled: bool) -> str:
    """Return what stands between the markers."""
    parts = [
        "### Where the level is promised",
        "" if pooled else NO_POOL,
        table(HEADINGS, map(cells, promised)),
        "### Where it is not",
        table(HEADINGS, map(cells, beyond)),
        "### Forecasts",
        table(
            ("population", "followed", "decided by then", "share", "told above 100", "median told"),
            map(_forecast_cells, forecasts),
        ),
    ]
    return "\n\n".join(part for part in parts if part).replace("%", " %").replace("  %", " %")


def _forecast_cells(each: Forecast) -> list[str]:
    share = f"{each.decided / each.asked:.0%}" if each.asked else "–"
    numbers = (each.asked, each.decided, share, each.beyond, f"{each.median:.0f}")
    return [each.population, *map(str, numbers)]


def table(headings: Iterable[str], lines: Iterable[list[str]]) -> str:
    """Return a table in Markdown."""
    headings = list(headings)
    body = [headings, ["---"] * len(headings), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in body)


def write(page: Path, text: str) -> None:
    """Put text between the page's markers.

    Raises:
        ValueError: the page has no markers.
    """
    before, _, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page} has no place for the calibration, between {BEGIN} and {END}.")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
